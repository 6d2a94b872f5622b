-- What came back: reports, their events, and the keys that tell a new event from one told again.

create table rule_sets (
	hash text collate "C" primary key,
	first_seen timestamptz not null default now(),
	active_since timestamptz not null default now()
);
comment on table rule_sets is 'Rule sets that have judged reports; the one with the latest active_since is in use';

-- A writer takes a thousand numbers at a time.
create sequence report_ids increment by 1000;
comment on sequence report_ids is 'Report numbers, handed out in blocks of 1000; numbers have gaps';

create table reports (
	id bigint not null,
	received_at timestamptz not null,
	source text not null,
	source_id text not null,
	kind text not null,
	dialect text not null,
	digest text not null,
	message_id text not null,
	sender text not null,
	envelope_sender text not null,
	client_address text not null,
	reporting_mta text not null,
	subject text not null,
	original_message_id text not null,
	original_sender text not null,
	original_queue_id text not null,
	envelope_id text not null,
	feedback_type text not null,
	user_agent text not null,
	source_ip text not null,
	rule_set text not null,
	primary key (id, received_at)
) partition by range (received_at);
comment on table reports is 'One row per bounce, complaint or other report that brought something new; partitioned by month. Empty text: the report does not say';
comment on column reports.received_at is 'When Retour received it, by its own clock';
comment on column reports.source is 'milter, imap or file';
comment on column reports.source_id is 'Queue id, mailbox and UID, or path';
comment on column reports.kind is 'bounce, delay, success, complaint, optout or auto_reply';
comment on column reports.dialect is 'The reader that understood it';
comment on column reports.digest is 'SHA-256 over the message without trace headers';
comment on column reports.sender is 'Address of the report''s own From:';
comment on column reports.original_message_id is 'Message-ID of the mail that came back';
comment on column reports.original_sender is 'Envelope sender of the mail that came back';
comment on column reports.rule_set is 'Hash of the rule set that judged it, see rule_sets';

create table events (
	at timestamptz not null,
	report bigint not null,
	key uuid not null,
	reply_code smallint not null,
	recipient text collate "C" not null,
	failed_recipient text collate "C" not null,
	sender_domain text collate "C" not null,
	provider text collate "C" not null,
	action text collate "C" not null,
	category text collate "C" not null,
	confidence text collate "C" not null,
	evidence text collate "C" not null,
	rule text collate "C" not null,
	list text collate "C" not null,
	status text collate "C" not null,
	stage text collate "C" not null,
	remote_mta text collate "C" not null,
	diagnostic text not null
) partition by range (at);
comment on table events is 'What a report says of one recipient, and how it was judged; partitioned by month. An event told again is no second row';
comment on column events.at is 'When the report was received; the time of reports.received_at';
comment on column events.report is 'reports.id; report and at together lead to the report';
comment on column events.key is 'The same event told again has the same key, see event_keys';
comment on column events.recipient is 'The address that we mailed, lower case; empty when the report hides it';
comment on column events.failed_recipient is 'The address that failed, where it is another one (forwarding)';
comment on column events.sender_domain is 'Whose mail it was; from our own records where evidence says known_message, else as the report claims';
comment on column events.provider is 'Mailbox provider by name, or the domain of the recipient; what it was counted under, so "other" for unverified events of unknown providers';
comment on column events.category is 'Why, see the documentation of categories';
comment on column events.evidence is 'How much the report proves: in_session, local, signed, reporter, known_message or unverified';
comment on column events.rule is 'Id of the rule that judged it, or code.x for a bare status or reply code';
comment on column events.list is 'DNS blocklist that the reply names';
comment on column events.diagnostic is 'What the remote side said, at most 2 KB';

create index events_recipient on events (recipient, at);
create index events_at on events using brin (at) with (autosummarize = on);

create table reports_default partition of reports default;
create table events_default partition of events default;
comment on table reports_default is 'Net for months that have no partition yet; make_partitions() moves its rows where they belong';
comment on table events_default is 'Net for months that have no partition yet; make_partitions() moves its rows where they belong';

-- The grade is that of core/evidence.h: lower is better.
create table event_keys (
	first_at timestamptz not null,
	key uuid primary key,
	grade smallint not null,
	improved boolean not null default false
);
create index event_keys_first_at on event_keys using brin (first_at) with (autosummarize = on);
comment on table event_keys is 'Every event that was told, with the best evidence so far; a copy with no better evidence changes nothing';
comment on column event_keys.first_at is 'When it was first told; events.at of its row';
comment on column event_keys.grade is '0 in_session, 1 local, 2 signed, 3 reporter, 4 known_message, 5 unverified';
comment on column event_keys.improved is 'It was told again with better evidence';

-- Makes one partition. Attaching lets writers go on, and rows that waited in the default partition move along.
create function make_partition(parent text, name text, key text, low timestamptz, high timestamptz) returns void
language plpgsql as $$
begin
	if to_regclass('public.' || quote_ident(name)) is not null then
		return;
	end if;
	execute format('create table public.%I (like public.%I including all)', name, parent);
	if to_regclass('public.' || quote_ident(parent || '_default')) is not null then
		execute format('with moved as (delete from public.%I where %I >= %L and %I < %L returning *) insert into public.%I select * from moved',
			parent || '_default', key, low, key, high, name);
	end if;
	execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)', parent, name, low, high);
end
$$;
comment on function make_partition is 'Part of make_partitions()';

create function make_partitions() returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
	month timestamptz;
begin
	perform pg_advisory_xact_lock(hashtext('retour.make_partitions'));
	for ahead in 0..2 loop
		month := date_trunc('month', now()) + ahead * interval '1 month';
		perform public.make_partition('reports', 'reports_' || to_char(month, 'YYYY_MM'), 'received_at', month, month + interval '1 month');
		perform public.make_partition('events', 'events_' || to_char(month, 'YYYY_MM'), 'at', month, month + interval '1 month');
	end loop;
end
$$;
comment on function make_partitions is 'Makes the partitions of this and the coming two months; Retour calls it by itself, again and again';
select make_partitions();
