#include "backend.h"

bool
backend_open_lists(Backend *backend, const StoreSettings *store, const CacheSettings *cache, unsigned connections,
	int64_t timeout_ms, GError **error)
{
	StoreSettings counted_store = *store;
	CacheSettings counted_cache = *cache;

	counted_store.meter = counted_cache.meter = backend->meter;
	backend->blacklist = blacklist_open(&counted_store, connections, timeout_ms, error);
	if (backend->blacklist == NULL)
		return false;
	backend->cache = cache_open(&counted_cache, error);
	if (backend->cache == NULL)
		return false;
	if (!cache_is_configured(backend->cache))
		return true;
	backend->mirror = mirror_start(backend->cache, backend->blacklist, backend->meter, error);
	return backend->mirror != NULL;
}

Gate *
backend_open_gate(Backend *backend, const StoreSettings *store, GError **error)
{
	Gate *gate;

	if (store->erasure_key != NULL && *store->erasure_key != '\0') {
		backend->erasure = address_hash_load(store->erasure_key, error);
		if (backend->erasure == NULL)
			return NULL;
	}
	gate = gate_new(backend->cache, backend->blacklist, backend->meter);
	gate_use_erasure(gate, backend->erasure);
	return gate;
}

bool
backend_open_filter(Backend *backend, Gate *gate, uint64_t limit, int64_t fresh_ms, GError **error)
{
	backend->absence = absence_start(backend->blacklist, limit, fresh_ms, error);
	gate_use_filter(gate, backend->absence);
	return backend->absence != NULL;
}

bool
backend_open_intake(Backend *backend, const StoreSettings *store, Rulebook *book, GError **error)
{
	StoreSettings counted = *store;

	counted.meter = backend->meter;
	backend->store = store_open(&counted, error);
	if (backend->store == NULL)
		return false;
	backend->intake =
		intake_new(backend->store, book, &limits_default, backend->meter, mirror_poke, backend->mirror);
	return true;
}

void
backend_compare_subaddressing(const Backend *backend, const Rulebook *book)
{
	g_autoptr(Subaddressing) held = NULL, none = subaddressing_new();
	const char *domain;

	if (!blacklist_subaddressing(backend->blacklist, 0, &held)
		|| subaddressing_folds_alike(held == NULL ? none : held, book->subaddressing, &domain))
		return;
	g_warning("subaddressing=differs domain=%s: the configuration and the database disagree, and the database "
		  "holds; run retour blacklist rekey",
		domain);
}

void
backend_close(Backend *backend)
{
	intake_free(backend->intake);
	store_close(backend->store);
	absence_stop(backend->absence);
	mirror_stop(backend->mirror);
	if (backend->cache != NULL)
		cache_close(backend->cache);
	blacklist_close(backend->blacklist);
	address_hash_free(backend->erasure);
	*backend = (Backend){ 0 };
}
