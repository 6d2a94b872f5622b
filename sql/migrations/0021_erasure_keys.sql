-- An erased address is found by its hash alone, so entries made under another key than the one in use refuse nobody.

create table erasure_keys (
	first_at timestamptz not null default now(),
	mark text collate "C" primary key
);
comment on table erasure_keys is 'Under which keys addresses were erased; a mark says which key it was and nothing about it';
comment on column erasure_keys.mark is 'A fixed text, hashed with the key as an address is';

create function erasure_key_note(mark text, another boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
	lock table erasure_keys in exclusive mode;
	if not another and exists (select from erasure_keys)
		and not exists (select from erasure_keys k where k.mark = erasure_key_note.mark) then
		return false;
	end if;
	insert into erasure_keys (mark) values (erasure_key_note.mark) on conflict do nothing;
	return true;
end
$$;
comment on function erasure_key_note is 'Part of retour forget: notes the key in use; false, and nothing is noted, when others were used before and another is not meant';

revoke all on function erasure_key_note from public;
grant execute on function erasure_key_note to retour_admin;
grant select on erasure_keys to retour_support;
