-- What is kept how long: whole partitions are dropped, the rest goes in small steps, beside running writers.

create function retention_partitions(parent text, keep interval) returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
	select name from (
		select c.relname::text as name, substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \(''([^'']+)''\)')::timestamptz as until
		from pg_inherits i join pg_class c on c.oid = i.inhrelid
		where i.inhparent = to_regclass('public.' || quote_ident(parent)) and parent in ('events', 'reports', 'sent')
	) as partition
	where until <= now() - keep order by until
$$;
comment on function retention_partitions is 'Partitions of events, reports or sent of which every row is older than keep, oldest first';

create function retention_drop(parent text, partition text, keep interval) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set lock_timeout = '500ms' as $$
begin
	if partition not in (select retention_partitions(parent, keep)) then
		return false;
	end if;
	execute format('drop table public.%I', partition);
	return true;
end
$$;
comment on function retention_drop is 'Drops one of retention_partitions(); waits half a second for its lock at most, so that writers do not wait longer either';

create function retention_sweep(what text, keep interval, most integer) returns integer
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
	else
		raise exception 'nothing is swept from "%"', what using errcode = 'invalid_parameter_value';
	end case;
	get diagnostics gone = row_count;
	return gone;
end
$$;
comment on function retention_sweep is 'Deletes at most so many rows older than keep: events and reports outside their months, event_keys, strikes, expired entries';

revoke all on function retention_partitions, retention_drop, retention_sweep from public;
grant execute on function retention_partitions, retention_drop, retention_sweep, make_partitions to retour_admin;
