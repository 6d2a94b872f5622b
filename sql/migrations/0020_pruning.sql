-- What retour-watch learned and told grew for ever.

create or replace function retention_sweep(what text, keep interval, most integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
	gone integer;
begin
	case what
	when 'events' then
		delete from events_default where ctid = any(array(
			select ctid from events_default where at < now() - keep limit most for update skip locked));
	when 'reports' then
		delete from reports_default where ctid = any(array(
			select ctid from reports_default where received_at < now() - keep limit most for update skip locked));
	when 'event_keys' then
		delete from event_keys where ctid = any(array(
			select ctid from event_keys where first_at < now() - keep limit most for update skip locked));
	when 'strikes' then
		delete from strikes where ctid = any(array(
			select ctid from strikes where last_at < now() - greatest(keep, make_interval(days => window_days))
			limit most for update skip locked));
	when 'blacklist' then
		with gone as (
			delete from blacklist where ctid = any(array(
				select ctid from blacklist where expires_at < now() - keep limit most for update skip locked))
			returning *
		)
		insert into audit (target, scope, action, category, actor, reason, detail)
		select target, scope, 'remove', category, 'auto', 'expired long ago', reference || ' of ' || source || ' since ' || since
		from gone order by target, scope;
	when 'provider_domains' then
		-- What a person said stays; a domain that is counted again is learned again.
		delete from provider_domains where ctid = any(array(
			select p.ctid from provider_domains p where p.seen_at < now() - keep and p.source <> 'manual'
			and not exists (select from counters_days c where c.provider = p.domain and c.day >= (now() - keep)::date)
			and not exists (select from counters c where c.provider = p.domain)
			limit most for update skip locked));
	when 'reputation_alerts' then
		delete from reputation_alerts where ctid = any(array(
			select ctid from reputation_alerts where told_at < now() - keep limit most for update skip locked));
	else
		raise exception 'nothing is swept from "%"', what using errcode = 'invalid_parameter_value';
	end case;
	get diagnostics gone = row_count;
	return gone;
end
$$;
comment on function retention_sweep is 'Deletes at most so many rows older than keep: events and reports outside their months, event_keys, strikes, expired entries, provider_domains to which no mail was counted since, reputation_alerts that were told';
