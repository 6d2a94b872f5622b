#include "store.h"

#include "committer.h"
#include "settings.h"

const Setting store_settings[] = {
	{ "url", SETTING_TEXT, offsetof(StoreSettings, url), "postgresql:///retour", false, 0, 0, NULL },
	{ "connections", SETTING_NUMBER, offsetof(StoreSettings, connections), "2", false, 1, 16, NULL },
	{ "commit_timeout", SETTING_DURATION, offsetof(StoreSettings, commit_timeout_ms), "20s", false, 500, 300000,
		NULL },
	{ "queue_events", SETTING_NUMBER, offsetof(StoreSettings, queue_events), "20000", false, 256, 1000000, NULL },
	{ "unverified_per_hour", SETTING_NUMBER, offsetof(StoreSettings, unverified_per_hour), "5000", false, 0,
		1000000000, NULL },
	{ "unverified_per_source", SETTING_NUMBER, offsetof(StoreSettings, unverified_per_source), "1000", false, 0,
		1000000000, NULL },
	{ "erasure_key", SETTING_TEXT, offsetof(StoreSettings, erasure_key), NULL, false, 0, 0, NULL },
	{ NULL, SETTING_TEXT, 0, NULL, false, 0, 0, NULL },
};

struct Store {
	CommitQueue *queue;
	Flood *flood;
	GPtrArray *committers;
};

bool
store_probe(const char *url, int64_t timeout_ms, GError **error)
{
	g_autoptr(Database) database = database_open(url, timeout_ms, error);

	return database != NULL && schema_check(database, error);
}

/* A schema that is too old is found at once; a database that is away may come back. */
static bool
check_schema(const StoreSettings *settings, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (store_probe(settings->url, settings->commit_timeout_ms, &problem)
		|| !g_error_matches(problem, RETOUR_ERROR, ERROR_CONFIG))
		return true;
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

Store *
store_open(const StoreSettings *settings, GError **error)
{
	Store *store;

	if (!check_schema(settings, error))
		return NULL;
	store = g_new0(Store, 1);
	store->queue = commit_queue_new(settings);
	store->flood = flood_new(settings->unverified_per_hour, settings->unverified_per_source);
	store->committers = g_ptr_array_new();
	for (int64_t i = 0; i < settings->connections; i++)
		g_ptr_array_add(store->committers, committer_start(store->queue, store->flood, settings, i == 0));
	return store;
}

void
store_close(Store *store)
{
	if (store == NULL)
		return;
	commit_queue_close(store->queue);
	for (unsigned i = 0; i < store->committers->len; i++)
		committer_join(g_ptr_array_index(store->committers, i));
	g_ptr_array_unref(store->committers);
	commit_queue_free(store->queue);
	flood_free(store->flood);
	g_free(store);
}

bool
store_record(Store *store, const Submission *submission, Recorded *ret_recorded, GError **error)
{
	return commit_queue_wait(store->queue, submission, ret_recorded, error);
}
