-- Who may not be mailed any more, by whom, why, until when and on what evidence; and how that came about.

create sequence blacklist_numbers;

create table blacklist (
	number bigint not null default nextval('blacklist_numbers') unique,
	since timestamptz not null default now(),
	expires_at timestamptz,
	event_at timestamptz,
	report bigint,
	strikes integer not null default 0,
	target text collate "C" not null,
	scope text collate "C" not null default '*',
	category text collate "C" not null,
	source text collate "C" not null,
	evidence text collate "C" not null default '',
	reason text not null,
	note text not null default '',
	reference text collate "C" not null generated always as ('R-' || number::text) stored,
	primary key (target, scope),
	check (strpos(target, '@') > 0 and scope <> ''),
	check (source in ('auto', 'manual', 'import', 'api')),
	check (evidence <> 'unverified')
);
alter sequence blacklist_numbers owned by blacklist.number;
comment on table blacklist is 'Who may not be mailed; entries that have expired stay for the record, see blacklist_now for those in force. Change it through blacklist_add() and blacklist_remove()';
comment on column blacklist.reference is 'What the refused sender quotes: R-1042. Look it up by number';
comment on column blacklist.target is 'Address, lower case, or @domain for all of a domain';
comment on column blacklist.scope is '* for mail from everybody, or the sender domain that may not mail the target';
comment on column blacklist.since is 'In force since; a renewal after it had expired begins anew';
comment on column blacklist.expires_at is 'In force until; null: until removed';
comment on column blacklist.event_at is 'When the event happened that made or last extended it; null: a person made it';
comment on column blacklist.report is 'reports.id of that event';
comment on column blacklist.strikes is 'How often Retour itself has listed it; escalates the period';
comment on column blacklist.source is 'auto, manual, import or api; all but auto are left alone by Retour while in force';
comment on column blacklist.evidence is 'How much the event proved; empty for entries by people';
comment on column blacklist.reason is 'Shown to people: the reply of the remote side, or the words of who made it';

create view blacklist_now as
	select * from blacklist where expires_at is null or expires_at > now();
comment on view blacklist_now is 'Blacklist entries in force';

create function blacklist_check(recipient text, sender_domain text) returns setof blacklist
language sql stable as $$
	select * from blacklist
	where target in (lower(recipient), '@' || split_part(lower(recipient), '@', -1)) and scope in ('*', lower(sender_domain))
	and (expires_at is null or expires_at > now())
	order by target like '@%', scope <> '*' limit 1
$$;
comment on function blacklist_check is 'The entry that forbids mail from sender_domain to recipient, if there is one: address before domain, everybody before sender domain';

create table strikes (
	last_at timestamptz not null,
	window_days integer not null,
	target text collate "C" not null,
	scope text collate "C" not null,
	category text collate "C" not null,
	days date[] not null,
	primary key (target, scope, category)
);
comment on table strikes is 'Failures that list a target only when they come on several days';
comment on column strikes.window_days is 'How many days a strike counts, as the policy last said';
comment on column strikes.days is 'The distinct days (UTC) within the window of the policy; empty: forgotten after a delivery';

-- Also the change feed for mirrors: (xid, id) below the oldest running transaction never changes any more.
create table audit (
	xid xid8 not null default pg_current_xact_id(),
	id bigint not null generated always as identity,
	at timestamptz not null default now(),
	target text collate "C" not null,
	scope text collate "C" not null,
	action text collate "C" not null,
	category text collate "C" not null,
	actor text not null,
	reason text not null,
	detail text not null default '',
	db_user text not null default session_user,
	primary key (xid, id),
	check (action in ('list', 'extend', 'renew', 'add', 'replace', 'remove'))
);
create index audit_target on audit (target);
comment on table audit is 'Every change of the blacklist: who, when, what, why. Rows are added, never changed';
comment on column audit.action is 'list, extend, renew (after it had expired): by Retour; add, replace, remove: by a person';
comment on column audit.actor is 'auto, or who as the program says (cli:alice)';
comment on column audit.db_user is 'Who as the database knows';
comment on column audit.detail is 'What became of the entry: reference, end, evidence';

create function audit_is_append_only() returns trigger
language plpgsql as $$
begin
	raise exception 'the audit trail is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete or truncate on audit
	for each statement execute function audit_is_append_only();
alter table audit enable always trigger append_only;

create function blacklist_add(target text, scope text, category text, reason text, note text, expires_at timestamptz, actor text,
	source text default 'manual') returns text
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	args record;
	old record;
	made record;
begin
	select lower(btrim(blacklist_add.target)) as target, lower(coalesce(nullif(btrim(blacklist_add.scope), ''), '*')) as scope into args;
	if coalesce(args.target, '') !~ '^[^[:cntrl:]]*@[^@[:space:][:cntrl:]]+$' then
		raise exception '"%" is neither an address nor "@domain"', blacklist_add.target using errcode = 'invalid_parameter_value';
	end if;
	if coalesce(btrim(blacklist_add.reason), '') = '' then
		raise exception 'a reason is required' using errcode = 'invalid_parameter_value';
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
		concat_ws(' ', made.reference, 'until ' || coalesce(blacklist_add.expires_at::text, 'removed'), 'instead of ' || old.reference));
	return made.reference;
end
$$;
comment on function blacklist_add is 'Puts an address or @domain on the blacklist by hand; replaces what stands there; writes the audit trail; returns the reference';

create function blacklist_remove(target text, scope text, reason text, actor text) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
	args record;
	removed integer;
begin
	select lower(btrim(blacklist_remove.target)) as target, lower(nullif(btrim(blacklist_remove.scope), '')) as scope into args;
	if coalesce(btrim(blacklist_remove.reason), '') = '' then
		raise exception 'a reason is required' using errcode = 'invalid_parameter_value';
	end if;
	-- Strikes first: that is the order in which Retour locks. A person who removes an entry gives a new start.
	perform from strikes s where s.target = args.target and (args.scope is null or s.scope = args.scope)
		order by s.target, s.scope, s.category for update;
	delete from strikes s where s.target = args.target and (args.scope is null or s.scope = args.scope);
	perform from blacklist b where b.target = args.target and (args.scope is null or b.scope = args.scope)
		order by b.target, b.scope for update;
	with gone as (
		delete from blacklist b where b.target = args.target and (args.scope is null or b.scope = args.scope) returning *
	), told as (
		insert into audit (target, scope, action, category, actor, reason, detail)
		select target, scope, 'remove', category, coalesce(nullif(blacklist_remove.actor, ''), 'sql:' || session_user),
			blacklist_remove.reason, reference || ' of ' || source || ' since ' || since
		from gone order by scope
	)
	select count(*) into removed from gone;
	return removed;
end
$$;
comment on function blacklist_remove is 'Takes a target off the blacklist (scope null: all scopes) and forgets its strikes; writes the audit trail; returns how many entries went';

-- Together with the id of the cluster and of the database it names this database and no copy of it.
create table identity (
	id uuid not null default gen_random_uuid(),
	singleton boolean primary key default true check (singleton)
);
insert into identity default values;
comment on table identity is 'Which blacklist this is, so that a mirror of another one is known as foreign';
