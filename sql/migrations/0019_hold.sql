-- A rate that swings about a limit is no news: what is found and not forced by the bounds counts once it has held for a while
-- (alert_hold), for which any watcher on any host must know since when.
alter table reputation_states add column leaning text collate "C" not null default '' check (leaning in ('', 'good', 'watch', 'bad')),
	add column leaning_since timestamptz;
comment on column reputation_states.leaning is 'What is found instead, and not yet for long enough; empty: nothing';
comment on column reputation_states.leaning_since is 'Since when it leans there; null: it does not';
