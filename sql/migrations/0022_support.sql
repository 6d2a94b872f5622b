-- retour blacklist list goes through the newest entries until enough of them fit: with these not through those of everybody.
-- Nearly all entries are for everybody and of one category, which needs none.

create index blacklist_domain on blacklist (split_part(target, '@', -1), number);
create index blacklist_category on blacklist (category, number) where category <> 'user_unknown';
create index blacklist_scope on blacklist (scope, number) where scope <> '*';
-- The newest of a provider, which holds very many when it holds any.
drop index held_provider;
create index held_provider on held (provider, held_at);

comment on index blacklist_domain is 'Entries of a domain''s addresses, newest first';
comment on index blacklist_category is 'Entries of a category, newest first';
comment on index blacklist_scope is 'Entries of a sender domain, newest first';

comment on view address_history is 'All that happened to an address; say: where address = ... order by at; with sub-addressing, what happened to its entries too: where address = any(blacklist_names(...))';
