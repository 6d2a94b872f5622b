-- Many entries at once: lists of other systems come in, and go.

create function blacklist_import(targets text[], scopes text[], categories text[], reasons text[], notes text[], ends timestamptz[],
	actor text, replaces boolean) returns table (added bigint, replaced bigint, kept bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
	return query
	with given as materialized (
		select distinct on (target collate "C", scope collate "C") * from unnest(targets, scopes, categories, reasons, notes, ends)
			with ordinality as t(target, scope, category, reason, note, expires_at, place)
		order by target collate "C", scope collate "C", place desc
	), before as materialized (
		select b.target, b.scope, b.reference, b.expires_at is null or b.expires_at > now() as in_force
		from given g, lateral (select * from blacklist where target = g.target and scope = g.scope for update) as b
	), made as (
		insert into blacklist as b (target, scope, category, reason, note, expires_at, source)
		select target, scope, g.category, g.reason, g.note, g.expires_at, 'import' from given g left join before o using (target, scope)
		where blacklist_import.replaces or o.in_force is not true
		order by target collate "C", scope collate "C"
		on conflict (target, scope) do update set category = excluded.category, reason = excluded.reason, note = excluded.note,
			expires_at = excluded.expires_at, source = 'import', evidence = '', since = now(), event_at = null, report = null,
			number = excluded.number, probe_every = null, probe_at = null
		where blacklist_import.replaces or b.expires_at <= now()
		returning target, scope, category, reason, reference, expires_at
	), told as (
		insert into audit (target, scope, action, category, actor, reason, detail)
		select m.target, m.scope, case when o.reference is null then 'add' else 'replace' end, m.category,
			coalesce(nullif(blacklist_import.actor, ''), 'sql:' || session_user), m.reason,
			concat_ws(' ', m.reference, 'until ' || coalesce(m.expires_at::text, 'removed'), 'instead of ' || o.reference)
		from made m left join before o using (target, scope) order by m.target, m.scope
		returning action
	)
	select count(*) filter (where action = 'add'), count(*) filter (where action = 'replace'),
		(select count(*) from given) - count(*) from told;
end
$$;
comment on function blacklist_import is 'Puts many targets on the blacklist; what is in force stays unless replaces; writes the audit trail. Targets are normalised and checked by who calls it';

-- All strikes first, then all entries: the order in which Retour locks.
create function blacklist_remove_many(targets text[], scope text, reason text, actor text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	removed bigint;
begin
	perform from strikes s where s.target = any(targets) order by s.target, s.scope, s.category for update;
	perform from blacklist b where b.target = any(targets) order by b.target, b.scope for update;
	select coalesce(sum(blacklist_remove(target, blacklist_remove_many.scope, blacklist_remove_many.reason, blacklist_remove_many.actor)), 0)
	into removed from (select distinct target from unnest(targets) as target order by target) as t;
	return removed;
end
$$;
comment on function blacklist_remove_many is 'blacklist_remove() for many targets in one transaction; returns how many entries went';

revoke all on function blacklist_import, blacklist_remove_many from public;
grant execute on function blacklist_import, blacklist_remove_many to retour_support;
