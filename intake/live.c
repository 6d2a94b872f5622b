#include "live.h"

#include "changes.h"
#include "reputation_json.h"

static LiveFigures *
figures_of(const GPtrArray *found, ReputationWindow window)
{
	LiveFigures *figures = live_figures_new();

	for (unsigned i = 0; i < found->len; i++) {
		const Reputation *reputation = g_ptr_array_index(found, i);
		char *text = reputation_json_text(reputation, window);

		if (reputation->subject == SUBJECT_SERVICE)
			figures->service = text;
		else
			g_hash_table_insert(
				reputation->subject == SUBJECT_PROVIDER ? figures->providers : figures->senders,
				g_strdup(reputation->name), text);
	}
	return figures;
}

bool
live_publish(Cache *cache, Blacklist *blacklist, ReputationWindow window, int64_t as_of, const GPtrArray *found,
	int64_t lifetime_ms, GError **error)
{
	g_autofree char *database = changes_database_id(blacklist, error);

	if (database == NULL)
		return false;
	g_autoptr(LiveFigures) figures = figures_of(found, window);

	figures->as_of = as_of;
	return cache_live_publish(cache, database, reputation_windows[window], figures, lifetime_ms, error);
}

static bool
take_figures(GPtrArray *found, ReputationSubject subject, const char *name, const char *text)
{
	Reputation *reputation = reputation_new(subject, name);

	g_ptr_array_add(found, reputation);
	return reputation_json_parse(reputation, text);
}

static bool
take_all(GPtrArray *found, ReputationSubject subject, GHashTable *texts)
{
	GHashTableIter iter;
	void *name, *text;

	g_hash_table_iter_init(&iter, texts);
	while (g_hash_table_iter_next(&iter, &name, &text))
		if (!take_figures(found, subject, name, text))
			return false;
	return true;
}

GPtrArray *
live_read(Cache *cache, Blacklist *blacklist, ReputationWindow window, const ReputationSettings *settings,
	int64_t *ret_as_of, GError **error)
{
	g_autofree char *database = changes_database_id(blacklist, error);
	g_autoptr(GPtrArray) found = reputations_new();
	g_autoptr(LiveFigures) figures = NULL;

	if (database == NULL || !cache_live_read(cache, database, reputation_windows[window], &figures, error))
		return NULL;
	if (figures == NULL || !take_figures(found, SUBJECT_SERVICE, "", figures->service)
		|| !take_all(found, SUBJECT_PROVIDER, figures->providers)
		|| !take_all(found, SUBJECT_SENDER, figures->senders)) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY,
			"Redis holds no such figures of this database: is retour-watch running?");
		return NULL;
	}
	reputations_judge(found, settings);
	*ret_as_of = figures->as_of;
	return g_steal_pointer(&found);
}
