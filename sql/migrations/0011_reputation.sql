-- What becomes of the counters: days, providers behind domains, rates, states and alerts.

create table counters_days (
	day date not null,
	n bigint not null,
	verified bigint not null,
	provider text collate "C" not null,
	sender_domain text collate "C" not null,
	category text collate "C" not null,
	primary key (day, provider, sender_domain, category)
);
comment on table counters_days is 'Counters of hours that are past, per day (UTC): moved here by counters_roll_up(), so that each event is either here or in counters';

-- What was counted so far keeps its category; from here on mail that is still being tried is "deferred".
comment on column counters.category is 'sent: mail that left, per recipient. delivered: recipients for whom a success notification came. deferred: notifications that mail is still being tried, whatever the reason. Else why mail failed, or what was complained of';

create view counters_daily as
	select day, provider, sender_domain, category, sum(n)::bigint as n, sum(verified)::bigint as verified
	from (
		select day, provider, sender_domain, category, n, verified from counters_days
		union all
		select (hour at time zone 'UTC')::date, provider, sender_domain, category, n, verified from counters
	) as counted
	group by day, provider, sender_domain, category;
comment on view counters_daily is 'Events and mail sent per day (UTC), provider, sender domain and category: all that was ever counted';

-- Hours of three days stay, which is more than the windows of hours look back. An event of long ago that is counted late makes its hour anew, and that one moves like any other.
create function counters_roll_up() returns timestamptz
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
	oldest timestamptz;
begin
	perform pg_advisory_xact_lock(hashtext('retour.counters_roll_up'));
	select min(hour) into oldest from public.counters;
	if oldest is null or oldest >= date_trunc('day', now()) - interval '3 days' then
		return null;
	end if;
	-- In the order in which writers lock them; what a writer adds after this is met by the next call.
	perform from public.counters where hour = oldest order by hour, provider, sender_domain, category, shard for update;
	with gone as (
		delete from public.counters where hour = oldest returning provider, sender_domain, category, n, verified
	)
	insert into public.counters_days as d (day, provider, sender_domain, category, n, verified)
	select oldest::date, provider, sender_domain, category, sum(n), sum(verified) from gone
	group by provider, sender_domain, category having sum(n) <> 0 or sum(verified) <> 0
	on conflict (day, provider, sender_domain, category)
	do update set n = d.n + excluded.n, verified = d.verified + excluded.verified;
	return oldest;
end
$$;
comment on function counters_roll_up is 'Moves the oldest hour of the counters to counters_days when it is more than three days old; returns that hour, null when nothing is left. One transaction per hour: call it until null';

alter table provider_domains
	add column source text collate "C" not null default '' check (source in ('', 'report', 'dns', 'list', 'manual')),
	add column answer text collate "C" not null default '' check (answer in ('', 'found', 'null_mx', 'not_found', 'unknown')),
	add column mx text collate "C" not null default '',
	add column failures smallint not null default 0,
	add column checked_at timestamptz,
	add column due_at timestamptz not null default now(),
	alter column provider set default '';
update provider_domains set source = 'report';
create index provider_domains_due on provider_domains (due_at);
create index provider_domains_provider on provider_domains (provider, domain);
comment on table provider_domains is 'Which provider hosts a domain. Counters keep the domain; reputation_counts() and the views put it under its provider as it is known now, past and present';
comment on column provider_domains.provider is 'By name, or by the organisational domain of its MX; empty: not known yet, the domain stands for itself';
comment on column provider_domains.source is 'How it is known: manual (by a person), list (providers.yaml), dns (MX), report (verified events); a later one of these does not overrule an earlier one. Empty: not yet';
comment on column provider_domains.answer is 'What DNS said last: found, null_mx, not_found or unknown (no answer); empty: not asked';
comment on column provider_domains.mx is 'The most preferred MX; empty: the domain itself, or none';
comment on column provider_domains.failures is 'Answers other than found, one after the other';
comment on column provider_domains.seen_at is 'When the provider was last learned or changed';
comment on column provider_domains.due_at is 'When DNS is asked next';

create function provider_set(domain text, provider text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin
	if coalesce(provider_set.domain, '') !~ '^[^@[:space:][:cntrl:]]+\.[^@[:space:][:cntrl:]]+$' then
		raise exception '"%" is not a domain', provider_set.domain using errcode = 'invalid_parameter_value';
	end if;
	insert into provider_domains as p (domain, provider, source, due_at)
	values (lower(provider_set.domain), coalesce(provider_set.provider, ''),
		case when provider_set.provider is null then '' else 'manual' end,
		case when provider_set.provider is null then now() else 'infinity' end)
	on conflict (domain) do update set provider = excluded.provider, source = excluded.source, due_at = excluded.due_at,
		failures = 0, seen_at = now();
end
$$;
comment on function provider_set is 'Says which provider hosts a domain, for good; provider null: find out again';

create function category_class(category text) returns text
language sql immutable parallel safe as $$
	select case
		when category in ('sent', 'delivered', 'deferred') then category
		when category in ('user_unknown', 'mailbox_moved', 'bad_address_syntax', 'domain_not_found', 'domain_no_mail') then 'hard'
		when category = 'complaint_spam' then 'complaint'
		when category in ('complaint_optout', 'auto_reply', 'not_spam', 'auth_failure_report') then 'other'
		else 'bounced'
	end
$$;
comment on function category_class is 'What a category is to rates: sent, delivered, deferred, hard (a hard bounce), bounced (any other failure), complaint or other';

-- One pass, and no row for each pair of provider and sender domain: there may be a million.
create function reputation_counts(unit text, units integer, until timestamptz default now(), of_provider text default null,
	of_sender text default null)
returns table (earlier boolean, subject text, name text, sent bigint, delivered bigint, deferred bigint, hard bigint, bounced bigint,
	complaints bigint, unverified bigint)
language sql stable parallel safe set timezone = 'UTC' as $$
	with span as materialized (
		select date_trunc(unit, until) - units * ('1 ' || unit)::interval as low,
			date_trunc(unit, until) - 2 * units * ('1 ' || unit)::interval as lowest
	), classes as materialized (
		select category collate "C" as category, category_class(category) as class
		from unnest(array['sent', 'delivered', 'deferred', 'user_unknown', 'mailbox_moved', 'bad_address_syntax', 'domain_not_found',
			'domain_no_mail', 'complaint_spam', 'complaint_optout', 'auto_reply', 'not_spam', 'auth_failure_report']) as known (category)
	), counted as (
		select hour < (select low from span) as earlier, provider, sender_domain, category, n, verified
		from counters where hour >= (select lowest from span) and hour <= until
		union all
		select day < (select low::date from span), provider, sender_domain, category, n, verified
		from counters_days where unit = 'day' and day >= (select lowest::date from span) and day <= until::date
	), placed as (
		select c.earlier, coalesce(nullif(d.provider, ''), c.provider) as provider, c.sender_domain, k.class, c.n, c.verified
		from counted c left join classes k using (category) left join provider_domains d on d.domain = c.provider
	)
	select earlier, case when grouping(provider) = 0 then 'provider' when grouping(sender_domain) = 0 then 'sender' else 'service' end,
		coalesce(provider, sender_domain, ''),
		coalesce(sum(n) filter (where class = 'sent'), 0)::bigint,
		coalesce(sum(verified) filter (where class = 'delivered'), 0)::bigint,
		coalesce(sum(verified) filter (where class = 'deferred'), 0)::bigint,
		coalesce(sum(verified) filter (where class = 'hard'), 0)::bigint,
		coalesce(sum(verified) filter (where class is null), 0)::bigint,
		coalesce(sum(verified) filter (where class = 'complaint'), 0)::bigint,
		coalesce(sum(n - verified), 0)::bigint
	from placed
	where (of_provider is null or provider = of_provider) and (of_sender is null or sender_domain = of_sender)
	group by grouping sets ((earlier), (earlier, provider), (earlier, sender_domain))
$$;
comment on function reputation_counts is 'What was counted in the last so many whole hours or days (UTC) and the one that is under way, and in as many before those (earlier): of the service, of each provider and of each sender domain, or only of mail to one provider or of one sender domain. Only with evidence, but for sent and unverified. Domains stand under their providers';

-- Wilson's score interval, 95 %; core/rate.c computes the same.
create function rate_low(hits bigint, trials bigint) returns double precision
language sql immutable parallel safe as $$
	select case when n = 0 then 0 else greatest((hits + z2 / 2 - sqrt(z2 * (hits * (n - hits) / n + z2 / 4))) / (n + z2), 0) end
	from (select greatest(hits, trials)::double precision as n, 3.841458820694124::double precision as z2) as given
$$;
create function rate_high(hits bigint, trials bigint) returns double precision
language sql immutable parallel safe as $$
	select case when n = 0 then 1 else least((hits + z2 / 2 + sqrt(z2 * (hits * (n - hits) / n + z2 / 4))) / (n + z2), 1) end
	from (select greatest(hits, trials)::double precision as n, 3.841458820694124::double precision as z2) as given
$$;
comment on function rate_low is 'Lower bound of a rate by Wilson, 95 %: with so many hits of so many trials the true rate is hardly below it';
comment on function rate_high is 'Upper bound of a rate by Wilson, 95 %';

create table reputation_states (
	since timestamptz not null default now(),
	subject text collate "C" not null check (subject in ('service', 'provider', 'sender')),
	name text collate "C" not null,
	was text collate "C" not null default '',
	state text collate "C" not null check (state in ('good', 'watch', 'bad')),
	primary key (subject, name)
);
comment on table reputation_states is 'What retour-watch last found where there was enough data to tell';
comment on column reputation_states.was is 'What was found before; empty: nothing';
comment on column reputation_states.name is 'Provider or sender domain; empty for the service as a whole';

create table reputation_alerts (
	id bigint primary key generated always as identity,
	at timestamptz not null default now(),
	told_at timestamptz,
	due_at timestamptz not null default now(),
	tries integer not null default 0,
	subject text collate "C" not null,
	name text collate "C" not null,
	was text collate "C" not null,
	state text collate "C" not null,
	detail text not null
);
create index reputation_alerts_due on reputation_alerts (due_at) where told_at is null;
comment on table reputation_alerts is 'Changes of state, and whether the command for alerts was told';
comment on column reputation_alerts.told_at is 'When the command succeeded, or the alert was given up; null: still to be told';
comment on column reputation_alerts.was is 'State before; empty: there was none';
comment on column reputation_alerts.detail is 'The figures, as JSON, as the command gets them';

create view provider_reputation as
	select p.period, c.name as provider, c.sent, c.delivered, c.deferred, c.bounced, c.hard, rate_low(c.hard, c.sent) as hard_low,
		rate_high(c.hard, c.sent) as hard_high, c.complaints, rate_low(c.complaints, c.sent) as complaints_low,
		rate_high(c.complaints, c.sent) as complaints_high, c.unverified, s.state, s.since
	from (values ('1h', 'hour', 1), ('24h', 'hour', 24), ('7d', 'day', 7)) as p (period, unit, units)
	cross join lateral reputation_counts(p.unit, p.units) c
	left join reputation_states s on s.subject = c.subject and s.name = c.name
	where c.subject = 'provider' and not c.earlier;
create view sender_reputation as
	select p.period, c.name as sender_domain, c.sent, c.delivered, c.deferred, c.bounced, c.hard, rate_low(c.hard, c.sent) as hard_low,
		rate_high(c.hard, c.sent) as hard_high, c.complaints, rate_low(c.complaints, c.sent) as complaints_low,
		rate_high(c.complaints, c.sent) as complaints_high, c.unverified, s.state, s.since
	from (values ('1h', 'hour', 1), ('24h', 'hour', 24), ('7d', 'day', 7)) as p (period, unit, units)
	cross join lateral reputation_counts(p.unit, p.units) c
	left join reputation_states s on s.subject = c.subject and s.name = c.name
	where c.subject = 'sender' and not c.earlier;
comment on view provider_reputation is 'How each provider takes our mail, in the periods 1h, 24h and 7d: whole hours or days and the one under way';
comment on view sender_reputation is 'How mail of each sender domain is taken, in the periods 1h, 24h and 7d; empty: events without evidence of whose mail it was';
comment on column provider_reputation.hard_low is 'Lower bound of the rate hard / sent (Wilson, 95 %); hard_high: the upper one';
comment on column provider_reputation.state is 'As retour-watch last found by the configured limits; null: never enough data to tell';
comment on column sender_reputation.hard_low is 'Lower bound of the rate hard / sent (Wilson, 95 %); hard_high: the upper one';
comment on column sender_reputation.state is 'As retour-watch last found by the configured limits; null: never enough data to tell';

revoke all on function counters_roll_up, provider_set, category_class, reputation_counts, rate_low, rate_high from public;
grant select on counters_days, counters_daily, reputation_states, reputation_alerts, provider_reputation, sender_reputation to retour_support;
grant execute on function provider_set, category_class, reputation_counts, rate_low, rate_high to retour_support;
grant execute on function counters_roll_up to retour_admin;
-- retour-watch works as the milter does.
grant select on counters_days to retour_milter;
grant select, insert, update on reputation_states, reputation_alerts to retour_milter;
grant execute on function category_class, reputation_counts, rate_low, rate_high to retour_milter;
