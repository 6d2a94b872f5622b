-- Which message a signed token is of.

alter table sent add token bigint not null default 0;
comment on column sent.token is 'The message number in the signed tokens of this mail; 0: it got none. A token also has the second of at, so: where at = to_timestamp(..) and token = ..';
-- Rows come in the order of time, so a few pages per second are read, and the index is as good as free.
create index sent_at on sent using brin (at) with (pages_per_range = 16, autosummarize = on);
