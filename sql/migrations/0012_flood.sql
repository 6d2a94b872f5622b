-- What a flood of unverified reports leaves.

comment on table counters is 'Events, mail sent (category sent), and unverified events beyond unverified_per_hour that have no row (category not_kept), per hour; rows of several writers (shard) belong together: sum them, or use counters_hourly';
