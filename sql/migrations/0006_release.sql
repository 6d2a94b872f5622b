-- Entries that end before their time: mail was delivered, or the domain is back.

alter table blacklist add probe_every interval, add probe_at timestamptz,
	add check (probe_every > interval '0');
comment on column blacklist.probe_every is 'How often DNS is asked whether the domain takes mail again; null: never';
comment on column blacklist.probe_at is 'When it is asked next; null: never';
create index blacklist_probe_at on blacklist (probe_at) where probe_at is not null;

alter table audit drop constraint audit_action_check;
alter table audit add constraint audit_action_check
	check (action in ('list', 'extend', 'renew', 'release', 'add', 'replace', 'remove'));
comment on column audit.action is 'list, extend, renew (after it had expired), release (before it had): by Retour; add, replace, remove: by a person';

-- The view names the columns that the table had when it was made.
create or replace view blacklist_now as
	select * from blacklist where expires_at is null or expires_at > now();

do $$
begin
	if not exists (select from pg_roles where rolname = 'retour_admin') then
		create role retour_admin nologin;
	end if;
exception
	when duplicate_object or unique_violation then
		null; -- another database of this cluster was first
end
$$;
grant retour_support to retour_admin;

create function blacklist_probes(most integer) returns setof text
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
	with due as (
		select target, scope from blacklist where probe_at <= now() and (expires_at is null or expires_at > now())
		order by probe_at limit most for update skip locked
	), taken as (
		update blacklist b set probe_at = now() + b.probe_every from due
		where b.target = due.target and b.scope = due.scope returning b.target
	)
	select distinct substr(target, 2) from taken
$$;
comment on function blacklist_probes is 'Listed domains of which DNS is to be asked now; each is handed out once until its next turn';

create function blacklist_probed(domain text, answer text) returns integer
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
	with ended as (
		update blacklist b set expires_at = now(), probe_at = null
		where b.target = '@' || blacklist_probed.domain and b.source = 'auto' and b.probe_every is not null
		and (b.expires_at is null or b.expires_at > now())
		returning *
	), told as (
		insert into audit (target, scope, action, category, actor, reason, detail)
		select target, scope, 'release', category, 'auto', 'the domain takes mail again: ' || blacklist_probed.answer,
			reference || ' since ' || since
		from ended order by scope
	)
	select count(*)::integer from ended
$$;
comment on function blacklist_probed is 'DNS says that a listed domain takes mail again (answer: in words): ends its automatic entries; returns how many';

revoke all on function blacklist_probes, blacklist_probed from public;
grant usage on schema public to retour_admin;
grant execute on function blacklist_probes, blacklist_probed to retour_admin;
