-- Erasure: an address goes, a keyed hash of it (trust/address_hash.h) keeps the entry working.

alter table blacklist drop constraint blacklist_check;
alter table blacklist add constraint blacklist_check
	check ((strpos(target, '@') > 0 or target ~ '^hash:[0-9a-f]{64}$') and scope <> '');
comment on column blacklist.target is 'Address, lower case, or @domain for all of a domain; hash:... for an address that was erased on request';

alter table audit drop constraint audit_action_check;
alter table audit add constraint audit_action_check
	check (action in ('list', 'extend', 'renew', 'release', 'add', 'replace', 'remove', 'erase', 'forget'));
comment on column audit.action is 'list, extend, renew (after it had expired), release (before it had): by Retour; add, replace, remove: by a person; erase (an entry went, its hash came), forget (the address was replaced by its hash everywhere): retour forget';
comment on table audit is 'Every change of the blacklist: who, when, what, why. Rows are added, never changed; where an address is erased, its hash takes its place, and a row "forget" of the same transaction says so';

-- One lawful change: in a transaction that has written its own trace, an address becomes its hash, and words that hold it go. What was done, when and by whom stays.
create function audit_is_replaced_lawfully() returns trigger
language plpgsql as $$
begin
	if tg_level = 'STATEMENT' then
		if exists (select from public.audit where xid = pg_current_xact_id() and action = 'forget') then
			return null;
		end if;
	elsif (new.xid, new.id, new.at, new.scope, new.action, new.category, new.actor, new.db_user)
		is not distinct from (old.xid, old.id, old.at, old.scope, old.action, old.category, old.actor, old.db_user)
		and exists (select from public.audit a where a.xid = pg_current_xact_id() and a.action = 'forget'
			and new.target in (a.target, old.target))
	then
		return new;
	end if;
	raise exception 'the audit trail is append-only' using errcode = 'insufficient_privilege';
end
$$;
drop trigger append_only on audit;
create trigger append_only before delete or truncate on audit
	for each statement execute function audit_is_append_only();
create trigger append_only_update before update on audit
	for each statement execute function audit_is_replaced_lawfully();
create trigger append_only_rows before update on audit
	for each row execute function audit_is_replaced_lawfully();
alter table audit enable always trigger append_only;
alter table audit enable always trigger append_only_update;
alter table audit enable always trigger append_only_rows;

-- The first step: from here on the hash is what refuses. "erase" tells mirrors by name what to take away.
create function forget_entry(address text, hash text, actor text, reason text) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	moved integer;
begin
	if coalesce(forget_entry.hash, '') !~ '^hash:[0-9a-f]{64}$' or coalesce(forget_entry.address, '') !~ '^[^@].*@[^@]+$' then
		raise exception 'an address and its hash are wanted' using errcode = 'invalid_parameter_value';
	end if;
	if coalesce(btrim(forget_entry.reason), '') = '' then
		raise exception 'a reason is required' using errcode = 'invalid_parameter_value';
	end if;
	perform from strikes s where s.target = forget_entry.address order by s.target, s.scope, s.category for update;
	delete from strikes s where s.target = forget_entry.address;
	perform from blacklist b where b.target in (forget_entry.address, forget_entry.hash) order by b.target, b.scope for update;
	with gone as (
		delete from blacklist b where b.target = forget_entry.address returning *
	), made as (
		insert into blacklist as b (number, since, expires_at, event_at, strikes, target, scope, category, source, evidence, reason)
		select number, since, expires_at, event_at, strikes, forget_entry.hash, scope, category, source, evidence,
			replace(category, '_', ' ')
		from gone
		on conflict (target, scope) do update set number = excluded.number, since = excluded.since, expires_at = excluded.expires_at,
			event_at = excluded.event_at, strikes = excluded.strikes, category = excluded.category, source = excluded.source,
			evidence = excluded.evidence, reason = excluded.reason
		where b.expires_at <= excluded.expires_at or excluded.expires_at is null
		returning *
	), told as (
		insert into audit (target, scope, action, category, actor, reason, detail)
		select t.target, g.scope, t.action, g.category, coalesce(nullif(forget_entry.actor, ''), 'sql:' || session_user),
			forget_entry.reason, g.reference
		from gone g, (values (forget_entry.address, 'erase'), (forget_entry.hash, 'forget')) as t(target, action)
	)
	select count(*) into moved from gone;
	return moved;
end
$$;
comment on function forget_entry is 'First step of retour forget: moves the entries of an address to its hash and forgets its strikes; returns how many entries moved';

-- Where text of people may stand. Tables to come are among them by themselves.
create function forget_tables() returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
	select c.relname::text from pg_class c
	where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
	and c.relname not in ('migrations', 'identity', 'rule_sets', 'mailbox_folders')
	-- Trails of who did what: append-only.
	and not exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgfoid = 'audit_is_append_only'::regproc)
	and exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
		and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype))
	order by c.relname
$$;
comment on function forget_tables is 'Tables and partitions that forget_in() and person_in() look through';

create function person_columns(name text) returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
	select string_agg(format('%I', a.attname), ', ' order by a.attnum) from pg_attribute a
	where a.attrelid = to_regclass('public.' || quote_ident(name)) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
	and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
$$;
comment on function person_columns is 'Part of person_in() and forget_in()';

create function person_in(name text, pattern text) returns setof jsonb
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
begin
	if name <> 'audit' and name not in (select forget_tables()) then
		raise exception '"%" holds nothing of people', name using errcode = 'invalid_parameter_value';
	end if;
	return query execute format('select to_jsonb(t) from public.%I t where concat_ws('' '', %s) ~* $1', name, person_columns(name))
		using pattern;
end
$$;
comment on function person_in is 'Rows of a table in which the pattern of an address stands anywhere';

create function forget_in(name text, address text, pattern text, hash text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
	own text;
	assignments text;
	gone bigint := 0;
	changed bigint;
begin
	if name not in (select forget_tables()) then
		raise exception '"%" holds nothing of people', name using errcode = 'invalid_parameter_value';
	end if;
	-- A row that is about the address goes as a whole, and with an event the report that told of nobody else.
	select a.attname into own from pg_attribute a
	where a.attrelid = to_regclass('public.' || quote_ident(name)) and a.attname in ('recipient', 'address') and not a.attisdropped;
	if name like 'events%' then
		execute format('delete from reports r using public.%I e where e.recipient = $1 and r.id = e.report and r.received_at = e.at'
			' and not exists (select from events o where o.report = e.report and o.at = e.at and o.recipient <> $1)', name) using address;
	end if;
	if own is not null then
		execute format('delete from public.%I where %I = $1', name, own) using address;
		get diagnostics gone = row_count;
	end if;
	select string_agg(format('%I = regexp_replace(%I::text, $1, $2, ''gi'')::%s', a.attname, a.attname, format_type(a.atttypid, null)), ', ')
	into assignments from pg_attribute a
	where a.attrelid = to_regclass('public.' || quote_ident(name)) and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
	and a.atttypid in ('text'::regtype, 'text[]'::regtype, 'jsonb'::regtype);
	-- Mirrors hold the words of an entry, too.
	execute format(case when name = 'blacklist'
		then 'with changed as (update public.%I set %s where concat_ws('' '', %s) ~* $1 returning *)'
			' insert into audit (target, scope, action, category, actor, reason)'
			' select target, scope, ''forget'', category, ''auto'', ''words that named an erased address'' from changed'
		else 'update public.%I set %s where concat_ws('' '', %s) ~* $1' end, name, assignments, person_columns(name))
		using pattern, hash;
	get diagnostics changed = row_count;
	return gone + changed;
end
$$;
comment on function forget_in is 'Deletes what a table holds about an address, and replaces it by its hash wherever else its pattern stands; returns how many rows';

create function forget_trail(address text, pattern text, hash text, actor text, reason text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	changed bigint;
begin
	insert into audit (target, scope, action, category, actor, reason)
	values (forget_trail.hash, '*', 'forget', '', coalesce(nullif(forget_trail.actor, ''), 'sql:' || session_user), forget_trail.reason);
	update audit a set target = case when a.target = forget_trail.address then forget_trail.hash else a.target end,
		reason = regexp_replace(a.reason, forget_trail.pattern, forget_trail.hash, 'gi'),
		detail = regexp_replace(a.detail, forget_trail.pattern, forget_trail.hash, 'gi')
	where a.target = forget_trail.address or concat_ws(' ', a.target, a.reason, a.detail) ~* forget_trail.pattern;
	get diagnostics changed = row_count;
	return changed;
end
$$;
comment on function forget_trail is 'Last step of retour forget: an address becomes its hash in the audit trail, which says so itself; returns how many rows';

revoke all on function audit_is_replaced_lawfully, forget_entry, forget_tables, person_columns, person_in, forget_in, forget_trail from public;
grant execute on function forget_entry, forget_tables, person_in, forget_in, forget_trail to retour_admin;
grant execute on function forget_tables, person_in to retour_support;
