-- How an event was proven, beside the grade.

alter table events add column proof text collate "C" not null default '';
comment on column events.proof is 'What proves it, in words; of an unverified event why what came with it proves nothing; empty: nothing came with it';
grant update (proof) on events to retour_milter, retour_reader;
