-- One mailbox, many spellings: where a provider ignores dots, or what follows a tag, the blacklist holds the mailbox once.
-- Events, tokens and recorded mail keep the address as it was written. Off until retour blacklist rekey brings rules here.

create table subaddressing (
	since timestamptz not null default now(),
	dots boolean not null,
	folds boolean not null,
	domain text collate "C" not null,
	tag text collate "C" not null,
	primary key (domain, dots, tag),
	check (length(tag) <= 1 and (dots or tag <> ''))
);
create unique index subaddressing_folds on subaddressing (domain) where folds;
comment on table subaddressing is 'Which spellings of an address are one mailbox to the blacklist, by domain; as configured when retour blacklist rekey was last run';
comment on column subaddressing.dots is 'Dots in the local part mean nothing';
comment on column subaddressing.tag is 'What begins with this character means nothing; empty: there is no such thing';
comment on column subaddressing.folds is 'New entries are made by it; false: switched off again, and entries of that time are still found by it';
comment on column subaddressing.since is 'When it was switched on or off';

-- core/subaddressing.c does the same, by the same cases (tests/unit/core/subaddress_cases.h).
create function subaddress_fold(address text, dots boolean, tag text) returns text
language sql immutable parallel safe as $$
	select case when address like '"%' or address like '%@%@%' then address else coalesce(
		nullif(replace(left(local, cut), case when dots then '.' else '' end, ''), '') || '@' || split_part(address, '@', 2), address) end
	from (select local, case when tag <> '' and strpos(local, tag) > 1 then strpos(local, tag) - 1 else length(local) end as cut
		from (select split_part(address, '@', 1) as local) as a) as b
$$;
comment on function subaddress_fold is 'The mailbox behind an address (lower case), by one rule; what is quoted, or has nothing left, stays';

create function blacklist_key(address text) returns text
language sql stable parallel safe as $$
	select coalesce((select subaddress_fold(address, r.dots, r.tag) from subaddressing r
		where r.domain = split_part(address, '@', -1) and r.folds), address)
$$;
comment on function blacklist_key is 'Under what the blacklist holds an address (lower case): the address, or its mailbox where rules of sub-addressing say so';

create function blacklist_names(address text) returns text[]
language sql stable parallel safe as $$
	select array(select address union select subaddress_fold(address, r.dots, r.tag) from subaddressing r
		where r.domain = split_part(address, '@', -1))
$$;
comment on function blacklist_names is 'All targets under which the blacklist may hold an address (lower case); itself alone without rules of sub-addressing';

create or replace function blacklist_check(recipient text, sender_domain text) returns setof blacklist
language sql stable as $$
	select * from blacklist
	where target = any(blacklist_names(lower(recipient)) || ('@' || split_part(lower(recipient), '@', -1)))
	and scope in ('*', lower(sender_domain)) and (expires_at is null or expires_at > now())
	order by target like '@%', scope <> '*' limit 1
$$;
comment on function blacklist_check is 'The entry that forbids mail from sender_domain to recipient, if there is one: address before domain, everybody before sender domain. Erased addresses are listed by a hash whose key is kept out of the database: when blacklist_has_erased(), no row means "not by name", and retour lookup knows. The hash itself may be asked for, too';

-- Which domain an erased address had is not kept, so there is no more to tell than that.
create function blacklist_has_erased() returns boolean
language sql stable as $$
	select exists (select from blacklist where target >= 'hash:' and target < 'hash;' and (expires_at is null or expires_at > now()))
$$;
comment on function blacklist_has_erased is 'Are there entries of erased addresses in force? Then what blacklist_check() and the tables do not show may be refused all the same; retour lookup ADDRESS, which has the key, tells';

-- core/category.c has the same; a test compares.
create function categories() returns text[]
language sql immutable parallel safe as $$
	select array['user_unknown', 'mailbox_disabled', 'mailbox_moved', 'bad_address_syntax', 'domain_not_found',
		'domain_no_mail', 'mailbox_full', 'recipient_rate_limited', 'greylisted', 'remote_system_error', 'dns_failure',
		'connection_failed', 'routing_error', 'delivery_expired', 'recipient_blocked_sender', 'rate_limited',
		'tls_failure', 'blocklisted', 'reputation_blocked', 'spam_content', 'virus_detected', 'content_rejected',
		'message_too_large', 'auth_failure', 'sender_dns_invalid', 'sender_rejected', 'relay_denied', 'policy_other',
		'protocol_error', 'suppressed_upstream', 'complaint_spam', 'complaint_optout', 'auto_reply', 'not_spam',
		'auth_failure_report', 'delivered', 'undetermined']
$$;
comment on function categories is 'The categories there are; what they mean says retour-rules(5)';
revoke all on function categories from public;
grant execute on function categories to retour_support;

create or replace function blacklist_add(target text, scope text default '*', category text default 'policy_other', reason text default '',
	note text default '', expires_at timestamptz default null, actor text default '', source text default 'manual') returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	args record;
	old record;
	made record;
begin
	select lower(btrim(blacklist_add.target)) as given, blacklist_key(lower(btrim(blacklist_add.target))) as target,
		lower(coalesce(nullif(btrim(blacklist_add.scope), ''), '*')) as scope into args;
	if coalesce(args.target, '') !~ '^[^[:cntrl:]]*@[^@[:space:][:cntrl:]]+$' then
		raise exception '"%" is neither an address nor "@domain"', blacklist_add.target using errcode = 'invalid_parameter_value';
	end if;
	if coalesce(btrim(blacklist_add.reason), '') = '' then
		raise exception 'a reason is required' using errcode = 'invalid_parameter_value';
	end if;
	if blacklist_add.category <> all (categories()) is not false then
		raise exception 'there is no category "%"; see categories()', blacklist_add.category using errcode = 'invalid_parameter_value';
	end if;
	if blacklist_add.expires_at <= now() then
		raise exception 'the end of the entry is in the past' using errcode = 'invalid_parameter_value';
	end if;
	select b.reference into old from blacklist b where b.target = args.target and b.scope = args.scope for update;
	insert into blacklist as b (target, scope, category, reason, note, expires_at, source)
	values (args.target, args.scope, blacklist_add.category, blacklist_add.reason, coalesce(blacklist_add.note, ''),
		blacklist_add.expires_at, blacklist_add.source)
	on conflict (target, scope) do update set category = excluded.category, reason = excluded.reason, note = excluded.note,
		expires_at = excluded.expires_at, source = excluded.source, evidence = '', since = now(), event_at = null, report = null,
		number = excluded.number
	returning b.reference into made;
	insert into audit (target, scope, action, category, actor, reason, detail)
	values (args.target, args.scope, case when old.reference is null then 'add' else 'replace' end, blacklist_add.category,
		coalesce(nullif(blacklist_add.actor, ''), 'sql:' || session_user), blacklist_add.reason,
		concat_ws(' ', made.reference, 'until ' || coalesce(blacklist_add.expires_at::text, 'removed'), 'instead of ' || old.reference,
			'for ' || nullif(args.given, args.target)));
	return made.reference;
end
$$;

create or replace function blacklist_remove(target text, scope text default null, reason text default '', actor text default '') returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	args record;
	removed integer;
begin
	select blacklist_names(lower(btrim(blacklist_remove.target))) as targets, lower(nullif(btrim(blacklist_remove.scope), '')) as scope
	into args;
	if coalesce(btrim(blacklist_remove.reason), '') = '' then
		raise exception 'a reason is required' using errcode = 'invalid_parameter_value';
	end if;
	-- Strikes first: that is the order in which Retour locks. A person who removes an entry gives a new start.
	perform from strikes s where s.target = any(args.targets) and (args.scope is null or s.scope = args.scope)
		order by s.target, s.scope, s.category for update;
	delete from strikes s where s.target = any(args.targets) and (args.scope is null or s.scope = args.scope);
	perform from blacklist b where b.target = any(args.targets) and (args.scope is null or b.scope = args.scope)
		order by b.target, b.scope for update;
	with gone as (
		delete from blacklist b where b.target = any(args.targets) and (args.scope is null or b.scope = args.scope) returning *
	), told as (
		insert into audit (target, scope, action, category, actor, reason, detail)
		select target, scope, 'remove', category, coalesce(nullif(blacklist_remove.actor, ''), 'sql:' || session_user),
			blacklist_remove.reason, reference || ' of ' || source || ' since ' || since
		from gone order by target, scope
	)
	select count(*) into removed from gone;
	return removed;
end
$$;
comment on function blacklist_remove is 'Takes a target, under all its names, off the blacklist (scope null: all scopes) and forgets its strikes; writes the audit trail; returns how many entries went';

create or replace function blacklist_import(targets text[], scopes text[], categories text[], reasons text[], notes text[], ends timestamptz[],
	actor text, replaces boolean) returns table (added bigint, replaced bigint, kept bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
	return query
	with given as materialized (
		select distinct on (target collate "C", scope collate "C") *
		from (select blacklist_key(target) as target, scope, category, reason, note, expires_at, place
			from unnest(targets, scopes, categories, reasons, notes, ends)
				with ordinality as t(target, scope, category, reason, note, expires_at, place)) as folded
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

create or replace function blacklist_remove_many(targets text[], scope text, reason text, actor text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	removed bigint;
	names text[] := array(select distinct name from unnest(targets) as t(target), unnest(blacklist_names(t.target)) as name);
begin
	perform from strikes s where s.target = any(names) order by s.target, s.scope, s.category for update;
	perform from blacklist b where b.target = any(names) order by b.target, b.scope for update;
	select coalesce(sum(blacklist_remove(target, blacklist_remove_many.scope, blacklist_remove_many.reason, blacklist_remove_many.actor)), 0)
	into removed from (select distinct target from unnest(targets) as target order by target) as t;
	return removed;
end
$$;

-- Entries that stood under another name before a rule came.

alter table audit drop constraint audit_action_check;
alter table audit add constraint audit_action_check
	check (action in ('list', 'extend', 'renew', 'release', 'add', 'replace', 'remove', 'erase', 'forget', 'rekey'));
comment on column audit.action is 'list, extend, renew (after it had expired), release (before it had): by Retour; add, replace, remove: by a person; erase (an entry went, its hash came), forget (the address was replaced by its hash everywhere): retour forget; rekey (an entry goes to or comes from another spelling of the address, or @domain gets other rules): retour blacklist rekey';

create function subaddressing_set(domains text[], dots boolean[], tags text[], actor text) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	changed integer;
begin
	lock table subaddressing in exclusive mode;
	with wanted as materialized (
		select * from unnest(domains, subaddressing_set.dots, tags) as w(domain, dots, tag)
	), off as (
		update subaddressing s set folds = false, since = now()
		where s.folds and (s.domain, s.dots, s.tag) not in (select domain, dots, tag from wanted)
		returning s.domain, s.dots, s.tag
	), told as (
		insert into audit (target, scope, action, category, actor, reason)
		select '@' || domain, '*', 'rekey', '', coalesce(nullif(subaddressing_set.actor, ''), 'sql:' || session_user),
			'sub-addressing off' from off
	)
	select count(*) into changed from off;
	with wanted as materialized (
		select * from unnest(domains, subaddressing_set.dots, tags) as w(domain, dots, tag)
	), made as (
		insert into subaddressing as s (domain, dots, tag, folds) select domain, dots, tag, true from wanted
		on conflict (domain, dots, tag) do update set folds = true, since = now() where not s.folds
		returning s.domain, s.dots, s.tag
	), told as (
		insert into audit (target, scope, action, category, actor, reason)
		select '@' || domain, '*', 'rekey', '', coalesce(nullif(subaddressing_set.actor, ''), 'sql:' || session_user),
			'sub-addressing on: ' || concat_ws(', ', case when dots then 'dots' end, 'tag ' || nullif(tag, '')) from made
	)
	select changed + count(*) into changed from made;
	return changed;
end
$$;
comment on function subaddressing_set is 'Makes these the rules of sub-addressing; others that held are switched off, which leaves their entries to be found; returns how many changed. Then call blacklist_rekey()';

-- Of entries that fall together: in force before expired, of people before automatic ones, the longer before the shorter.
create function blacklist_rekey_ranks(targets text[]) returns table (number bigint, target text, scope text, key text, category text,
	place bigint, together bigint, strikes integer, told text)
language sql stable set search_path = pg_catalog, public, pg_temp as $$
	select number, target, scope, key, category, row_number() over (partition by key, scope order by in_force desc, source <> 'auto' desc,
		expires_at desc nulls first, number desc), count(*) over (partition by key, scope), max(strikes) over (partition by key, scope),
		reference || ' of ' || source || ' until ' || coalesce(expires_at::text, 'removed')
	from (
		select *, blacklist_key(target) as key, expires_at is null or expires_at > now() as in_force from blacklist
		where target = any(targets) or target = any(array(select blacklist_key(t) from unnest(targets) as t))
	) as b
$$;
comment on function blacklist_rekey_ranks is 'Part of blacklist_rekey(): which entry of those that fall together stays (place 1)';

create function blacklist_rekey(after text, most integer, actor text) returns table (last text, moved bigint, merged bigint)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	names text[];
	places text[];
	who text := coalesce(nullif(blacklist_rekey.actor, ''), 'sql:' || session_user);
begin
	if not exists (select from subaddressing where folds) then
		return;
	end if;
	names := array(select target from (
		(select distinct target from blacklist where target > after and blacklist_key(target) <> target order by target limit most)
		union (select distinct target from strikes where target > after and blacklist_key(target) <> target order by target limit most)
		union (select distinct target from held where target > after and blacklist_key(target) <> target order by target limit most)
	) as t order by target limit most);
	if cardinality(names) = 0 then
		return;
	end if;
	places := names || array(select blacklist_key(name) from unnest(names) as name);
	perform from strikes where target = any(places) order by target, scope, category for update;
	perform from blacklist where target = any(places) order by target, scope for update;

	with gone as (
		delete from strikes where target = any(names) returning *
	)
	insert into strikes as s (target, scope, category, last_at, window_days, days)
	select blacklist_key(target), scope, category, max(last_at), max(window_days),
		coalesce(array_agg(distinct day order by day) filter (where day is not null), '{}')
	from gone left join lateral unnest(days) as day on true group by 1, 2, 3 order by 1, 2, 3
	on conflict (target, scope, category) do update set last_at = greatest(s.last_at, excluded.last_at),
		window_days = greatest(s.window_days, excluded.window_days),
		days = array(select distinct day from unnest(s.days || excluded.days) as day order by day);

	with gone as (
		delete from held where target = any(names) returning *
	)
	insert into held (held_at, expires_at, event_at, report, probe, strikes, target, scope, provider, category, evidence, reason)
	select distinct on (key, scope) held_at, expires_at, event_at, report, probe, strikes, key, scope, provider, category, evidence, reason
	from (select *, blacklist_key(target) as key from gone) as g order by key, scope, held_at
	on conflict (target, scope) do nothing;

	-- What comes before what goes: a mirror that has applied a part of it refuses more, not less.
	insert into audit (target, scope, action, category, actor, reason, detail)
	select key, scope, 'rekey', category, who, 'sub-addressing', told || case when together > 1 then ', strictest of ' || together else '' end
	from blacklist_rekey_ranks(names) where place = 1 and (together > 1 or target <> key) order by key, scope;
	insert into audit (target, scope, action, category, actor, reason, detail)
	select target, scope, 'rekey', category, who, 'sub-addressing', told || ', now under ' || key
	from blacklist_rekey_ranks(names) where target <> key order by target, scope;

	last := names[cardinality(names)];
	update blacklist b set strikes = r.strikes from blacklist_rekey_ranks(names) r where r.number = b.number and r.place = 1;
	delete from blacklist b using blacklist_rekey_ranks(names) r where r.number = b.number and r.place > 1;
	get diagnostics merged = row_count;
	update blacklist b set target = blacklist_key(b.target) where b.target = any(names);
	get diagnostics moved = row_count;
	return next;
end
$$;
comment on function blacklist_rekey is 'Brings entries, strikes and held entries of at most so many targets behind after under their blacklist_key(); what falls together is merged, the stricter and manual ones win; writes the audit trail. No row: nothing is left. Call it until then, with last as after';

create function blacklist_rekey_count() returns table (entries bigint, merged bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
	select count(*) filter (where moves), count(*) - count(distinct (key, scope)) from (
		select key, scope, target <> key as moves, bool_or(target <> key) over (partition by key, scope) as matters
		from (select target, scope, blacklist_key(target) as key from blacklist) as b
	) as c where matters
$$;
comment on function blacklist_rekey_count is 'What blacklist_rekey() has before it: entries under another name than their key, and how many will be one with another. Reads all of the list';

-- With rules for its domain an address is erased in every spelling; its pattern, which the caller makes, fits them all.

create or replace function forget_in(name text, address text, pattern text, hash text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
	own text;
	is_own text := case when exists (select from subaddressing where domain = split_part(address, '@', -1)) then '%s ~* $2' else '%s = $1' end;
	whole text := '^(' || pattern || ')$';
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
		execute format('delete from reports r using public.%I e where ' || format(is_own, 'e.recipient')
			|| ' and r.id = e.report and r.received_at = e.at and not exists (select from events o where o.report = e.report'
			|| ' and o.at = e.at and not (' || format(is_own, 'o.recipient') || '))', name) using address, whole;
	end if;
	if own is not null then
		execute format('delete from public.%I where ' || format(is_own, quote_ident(own)), name) using address, whole;
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

create or replace function forget_trail(address text, pattern text, hash text, actor text, reason text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	changed bigint;
begin
	insert into audit (target, scope, action, category, actor, reason)
	values (forget_trail.hash, '*', 'forget', '', coalesce(nullif(forget_trail.actor, ''), 'sql:' || session_user), forget_trail.reason);
	update audit a set
		target = case when a.target = forget_trail.address or a.target ~* ('^(' || forget_trail.pattern || ')$') then forget_trail.hash else a.target end,
		reason = regexp_replace(a.reason, forget_trail.pattern, forget_trail.hash, 'gi'),
		detail = regexp_replace(a.detail, forget_trail.pattern, forget_trail.hash, 'gi')
	where a.target = forget_trail.address or concat_ws(' ', a.target, a.reason, a.detail) ~* forget_trail.pattern;
	get diagnostics changed = row_count;
	return changed;
end
$$;

revoke all on function subaddress_fold, blacklist_key, blacklist_names, blacklist_has_erased, subaddressing_set, blacklist_rekey_ranks,
	blacklist_rekey, blacklist_rekey_count from public;
grant select on subaddressing to retour_milter, retour_reader, retour_support;
grant execute on function subaddress_fold, blacklist_key, blacklist_names, blacklist_has_erased to retour_milter, retour_reader, retour_support;
grant execute on function subaddressing_set, blacklist_rekey, blacklist_rekey_count to retour_admin;
