-- Mail that left, what was counted, and what was learned about providers.

create table sent (
	at timestamptz not null,
	mail_key bigint not null,
	recipient text collate "C" not null,
	message_id text collate "C" not null,
	sender_domain text collate "C" not null,
	provider text collate "C" not null,
	queue_id text collate "C" not null,
	sender text not null
) partition by range (at);
create index sent_mail_key on sent (mail_key, at);
create index sent_recipient on sent (recipient, at);
comment on table sent is 'Mail that left, per recipient; partitioned by day. It ties a report to mail that was really sent';
comment on column sent.mail_key is 'Hash of message_id and recipient: the way in for a report; with the recipient, for list mail has one Message-ID for all';
comment on column sent.recipient is 'Address, lower case';
comment on column sent.sender is 'Envelope sender';
comment on column sent.sender_domain is 'Domain of From:, else of the envelope sender';

create table counters (
	hour timestamptz not null,
	n bigint not null,
	verified bigint not null,
	shard smallint not null,
	provider text collate "C" not null,
	sender_domain text collate "C" not null,
	category text collate "C" not null,
	primary key (hour, provider, sender_domain, category, shard)
) with (fillfactor = 60);
comment on table counters is 'Events, and mail sent (category sent), per hour; rows of several writers (shard) belong together: sum them, or use counters_hourly';
comment on column counters.n is 'How many; a shard alone may be negative, the sum is exact';
comment on column counters.verified is 'How many of them with evidence';
comment on column counters.provider is 'Unverified events of unknown providers: other';
comment on column counters.sender_domain is 'Empty for unverified events: anybody could claim any domain';

create view counters_hourly as
	select hour, provider, sender_domain, category, sum(n)::bigint as n, sum(verified)::bigint as verified
	from counters group by hour, provider, sender_domain, category;
comment on view counters_hourly is 'Events and mail sent per hour, provider, sender domain and category';

create table provider_domains (
	domain text collate "C" primary key,
	provider text collate "C" not null,
	seen_at timestamptz not null default now()
);
comment on table provider_domains is 'Which provider hosts a domain, as last learned from verified events';

create view address_history as
	select at, recipient as address, 'event' as what, action, category, sender_domain, provider,
		concat_ws(' ', nullif(status, ''), nullif(diagnostic, '')) as text, evidence as by
	from events
	union all
	select at, recipient, 'sent', 'sent', '', sender_domain, provider, message_id, queue_id from sent
	union all
	select at, target, 'blacklist', action, category, scope, '', concat_ws(': ', reason, nullif(detail, '')), actor from audit;
comment on view address_history is 'All that happened to an address; say: where address = ... order by at';

create or replace function make_partitions() returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
	month timestamptz;
	day timestamptz;
begin
	perform pg_advisory_xact_lock(hashtext('retour.make_partitions'));
	for ahead in 0..2 loop
		month := date_trunc('month', now()) + ahead * interval '1 month';
		perform public.make_partition('reports', 'reports_' || to_char(month, 'YYYY_MM'), 'received_at', month, month + interval '1 month');
		perform public.make_partition('events', 'events_' || to_char(month, 'YYYY_MM'), 'at', month, month + interval '1 month');
	end loop;
	for ahead in -1..3 loop
		day := date_trunc('day', now()) + ahead * interval '1 day';
		perform public.make_partition('sent', 'sent_' || to_char(day, 'YYYY_MM_DD'), 'at', day, day + interval '1 day');
	end loop;
end
$$;
comment on function make_partitions is 'Makes the partitions of this and the coming two months and days; Retour calls it by itself, again and again';
select make_partitions();
