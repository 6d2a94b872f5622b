-- When one provider suddenly calls very many recipients unknown, it is the provider that fails: entries are held for a person.

create table provider_holds (
	since timestamptz not null default now(),
	ended_at timestamptz,
	muted_until timestamptz not null default '-infinity',
	failed bigint not null,
	sent bigint not null,
	provider text collate "C" primary key,
	ended_by text not null default ''
);
comment on table provider_holds is 'Providers whose failures were too many to be true; while ended_at is null, new entries of their recipients go to table held';
comment on column provider_holds.failed is 'Final failures of this hour and the one before, when the hold began';
comment on column provider_holds.sent is 'Mail sent to the provider in that time';
comment on column provider_holds.muted_until is 'After a decision no new hold begins for a while';

create table held (
	held_at timestamptz not null default now(),
	expires_at timestamptz,
	event_at timestamptz not null,
	report bigint not null,
	probe bigint not null,
	strikes integer not null,
	target text collate "C" not null,
	scope text collate "C" not null,
	provider text collate "C" not null,
	category text collate "C" not null,
	evidence text collate "C" not null,
	reason text not null,
	primary key (target, scope)
);
create index held_provider on held (provider);
comment on table held is 'Blacklist entries that wait for held_confirm() or held_release(), because their provider seems to be out of order; nobody is refused by them';

create function held_end(provider text, actor text) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
	update provider_holds h set ended_at = now(), ended_by = held_end.actor, muted_until = now() + interval '2 hours'
	where h.provider = held_end.provider and h.ended_at is null
$$;
comment on function held_end is 'Part of held_confirm() and held_release()';

create function held_release(provider text, actor text) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	gone integer;
begin
	with gone as (
		delete from held h where h.provider = held_release.provider returning h.target, h.scope, h.category
	), forgotten as (
		delete from strikes s using gone g where (s.target, s.scope, s.category) = (g.target, g.scope, g.category)
	)
	select count(*) into gone from gone;
	perform held_end(held_release.provider, held_release.actor);
	return gone;
end
$$;
comment on function held_release is 'The provider was out of order: forgets the entries held for it, and the strikes that led to them; returns how many';

create function held_confirm(provider text, actor text) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	made integer;
begin
	with gone as (
		delete from held h where h.provider = held_confirm.provider returning *
	), made as (
		insert into blacklist as b (target, scope, category, reason, source, evidence, expires_at, strikes, event_at, report,
			probe_every, probe_at)
		select target, scope, category, reason, 'auto', evidence, expires_at, strikes, event_at, report,
			make_interval(secs => nullif(probe, 0)), now() + make_interval(secs => nullif(probe, 0))
		from gone where expires_at is null or expires_at > now() order by target, scope
		on conflict (target, scope) do update set category = excluded.category, reason = excluded.reason, source = 'auto',
			evidence = excluded.evidence, strikes = excluded.strikes, event_at = excluded.event_at, report = excluded.report,
			probe_every = excluded.probe_every, probe_at = excluded.probe_at, expires_at = excluded.expires_at, since = now(),
			number = excluded.number, note = ''
		where b.expires_at <= now()
		returning *
	), told as (
		insert into audit (target, scope, action, category, actor, reason, detail)
		select target, scope, case when strikes > 1 then 'renew' else 'list' end, category, held_confirm.actor, reason,
			reference || ' until ' || coalesce(expires_at::text, 'removed') || ' on ' || evidence || ', was held'
		from made order by target, scope
		returning 1
	)
	select count(*) into made from told;
	perform held_end(held_confirm.provider, held_confirm.actor);
	return made;
end
$$;
comment on function held_confirm is 'The provider was right: lists the entries held for it; returns how many';

revoke all on function held_end, held_release, held_confirm from public;
grant select, insert, update on provider_holds to retour_milter, retour_reader;
grant select, insert on held to retour_milter, retour_reader;
grant select on provider_holds, held to retour_support;
grant execute on function held_release, held_confirm to retour_support;
