-- Roles belong to the whole cluster, so they may be there already; none can log in: grant them to users that can.
do $$
declare
	name text;
begin
	foreach name in array array['retour_milter', 'retour_reader', 'retour_support'] loop
		begin
			if not exists (select from pg_roles where rolname = name) then
				execute format('create role %I nologin', name);
			end if;
		exception
			when duplicate_object or unique_violation then
				null; -- another database of this cluster was first
		end;
	end loop;
end
$$;

revoke all on function make_partition, make_partitions, audit_is_append_only, blacklist_check, blacklist_add, blacklist_remove
	from public;

-- Record and check: what automation does. Nobody but the owner deletes.
grant usage on schema public to retour_milter, retour_reader, retour_support;
grant select on migrations, identity, rule_sets, event_keys, strikes, blacklist, blacklist_now, sent to retour_milter, retour_reader;
grant insert on reports, events, audit to retour_milter, retour_reader;
grant insert, update on event_keys, strikes, blacklist, rule_sets, counters, provider_domains to retour_milter, retour_reader;
grant select on events, counters, provider_domains, audit to retour_milter, retour_reader;
grant update (evidence, category, confidence, rule, list, sender_domain, provider) on events to retour_milter, retour_reader;
grant usage on sequence report_ids, blacklist_numbers to retour_milter, retour_reader;
grant execute on function blacklist_check, make_partitions to retour_milter, retour_reader;

-- Only the milter sees mail leave.
grant insert on sent to retour_milter;

-- Support reads all and writes through functions that leave a trail.
grant select on migrations, identity, rule_sets, reports, events, event_keys, strikes, blacklist, blacklist_now, audit, sent,
	counters, counters_hourly, provider_domains, address_history to retour_support;
grant execute on function blacklist_check, blacklist_add, blacklist_remove to retour_support;
