-- People quote the reference that stood in a refusal, also when its entry has been replaced or removed since. The audit trail knows
-- every reference ever given: it begins the detail of what was done with the entry.
create index audit_reference on audit (substring(detail from '^R-[0-9]+'));
comment on index audit_reference is 'Whom a reference was given for, after its entry is gone';
