-- Feedback programmes: whose report it was, and which of them has fallen silent.

alter table reports add column programme text not null default '';
alter table reports add column feedback_id text not null default '';
alter table reports add column incidents bigint not null default 1;
comment on column reports.programme is 'Complaints: feedback programme of providers.yaml by name, other for none of them; recognised, not proven';
comment on column reports.feedback_id is 'CFBL-Feedback-ID of the mail that came back (RFC 9477)';
comment on column reports.incidents is 'Complaints: how many it stands for, as it says (RFC 5965)';

create table programme_days (
	last_at timestamptz not null,
	day date not null,
	shard smallint not null,
	reports integer not null,
	complaints integer not null,
	unattributed integer not null,
	verified integer not null,
	programme text collate "C" not null,
	primary key (programme, day, shard)
) with (fillfactor = 60);
comment on table programme_days is 'What feedback programmes told per day; rows of several writers (shard) belong together. View programmes sums up';
comment on column programme_days.day is 'Day (UTC) on which the reports were received';
comment on column programme_days.reports is 'Events of any kind; an event told again is not counted again';
comment on column programme_days.complaints is 'Those that say somebody complained or unsubscribed; not authentication reports, not "this is no spam"';
comment on column programme_days.unattributed is 'Complaints that name nobody';
comment on column programme_days.verified is 'Events with evidence';

-- A programme is silent when nothing came for three times as long as its pauses usually are (nine of ten are no longer),
-- and for more than two days; before it was heard on five days nobody can tell.
create view programmes as
	with days as (
		select programme, day, max(last_at) as last_at, sum(reports) as reports, sum(complaints) as complaints,
			sum(unattributed) as unattributed, sum(verified) as verified,
			day - lag(day) over (partition by programme order by day) as pause
		from programme_days where day > current_date - 180 group by programme, day
	), sums as (
		select programme, max(last_at) as last_at, count(*) as days_heard, current_date - max(day) as silent_days,
			percentile_disc(0.9) within group (order by pause) as usual_days,
			coalesce(sum(reports) filter (where day > current_date - 30), 0)::bigint as reports,
			coalesce(sum(complaints) filter (where day > current_date - 30), 0)::bigint as complaints,
			coalesce(sum(unattributed) filter (where day > current_date - 30), 0)::bigint as unattributed,
			coalesce(sum(verified) filter (where day > current_date - 30), 0)::bigint as verified
		from days group by programme
	)
	select programme, last_at, silent_days, usual_days, days_heard >= 5 and silent_days > greatest(2, 3 * usual_days) as silent,
		reports, complaints, unattributed, verified
	from sums;
comment on view programmes is 'Feedback programmes that were heard in the last 180 days; counts are of the last 30';
comment on column programmes.usual_days is 'Nine of ten pauses between days with reports were no longer; null: heard on one day only';
comment on column programmes.silent is 'It has been quiet for much longer than usual';

grant select (id, received_at, incidents) on reports to retour_milter, retour_reader;
grant select, insert, update on programme_days to retour_milter, retour_reader;
grant select on programme_days, programmes to retour_support;
grant select on programmes to retour_milter, retour_reader;
