-- Archives of old reports.

create table imports (
	id bigint not null generated always as identity primary key,
	at timestamptz not null default now(),
	actor text not null,
	trust text not null,
	sources text not null,
	db_user text not null default session_user
);
comment on table imports is 'Archives for which somebody vouched (retour import --trust): their reports count as proven. Rows are added, never changed';
comment on column imports.actor is 'Who, as the program says (cli:alice)';
comment on column imports.trust is 'The grade of evidence that the reports were given';
comment on column imports.sources is 'Files and directories, as they were named';

create trigger append_only before update or delete or truncate on imports
	for each statement execute function audit_is_append_only();
alter table imports enable always trigger append_only;

create function make_month(moment timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set lock_timeout = '10s' as $$
declare
	month timestamptz := date_trunc('month', moment);
begin
	if moment > now() or moment < '1980-01-01' then
		raise exception 'no reports are imported into %', moment::date using errcode = 'invalid_parameter_value';
	end if;
	perform pg_advisory_xact_lock(hashtext('retour.make_partitions'));
	perform public.make_partition('reports', 'reports_' || to_char(month, 'YYYY_MM'), 'received_at', month, month + interval '1 month');
	perform public.make_partition('events', 'events_' || to_char(month, 'YYYY_MM'), 'at', month, month + interval '1 month');
end
$$;
comment on function make_month is 'Makes the partitions of a past month, into which an archive is to be imported';
revoke all on function make_month from public;

grant insert on imports to retour_milter, retour_reader;
grant select on imports to retour_support;
grant execute on function make_month to retour_milter, retour_reader;
