#include "absence.h"

#include "bloom.h"
#include "changes.h"
#include "monotonic.h"
#include "quiet_thread.h"

#include <stdatomic.h>
#include <string.h>

#define PERIOD_MS 500
#define TOO_LONG_PERIOD_MS 60000
#define CHANGES_AT_ONCE 500
#define ROOM 65536 /* for changes, beside a quarter of the list */

struct Absence {
	Blacklist *blacklist;
	uint64_t limit;
	int64_t fresh_ms;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stopping;
	bool stop; /* under lock */

	pthread_rwlock_t swap;
	Bloom *bloom;                    /* under swap; NULL: never loaded */
	atomic_int_fast64_t valid_until; /* monotonic ms */

	/* The thread's own. */
	char *database;
	ChangePosition position;
	uint64_t capacity, added;
	bool too_long;
};

static int64_t
now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void
forget(Absence *absence, Bloom *next)
{
	atomic_store(&absence->valid_until, 0);
	pthread_rwlock_wrlock(&absence->swap);
	Bloom *old = absence->bloom;

	absence->bloom = next;
	pthread_rwlock_unlock(&absence->swap);
	bloom_free(old);
}

static bool
is_stopping(Absence *absence)
{
	pthread_mutex_lock(&absence->lock);
	bool stop = absence->stop;

	pthread_mutex_unlock(&absence->lock);
	return stop;
}

typedef struct Load {
	Absence *absence;
	Bloom *bloom;
	uint64_t count;
} Load;

static bool
load_target(void *context, const char *target)
{
	Load *load = context;

	bloom_add(load->bloom, target);
	return ++load->count % CHANGES_AT_ONCE != 0 || !is_stopping(load->absence);
}

/* Whether the list may be kept here; what it says to the log when that changes. */
static bool
fits(Absence *absence, uint64_t count)
{
	bool too_long = count > absence->limit;

	if (too_long && !absence->too_long)
		g_warning("filter=off entries=%" G_GUINT64_FORMAT " limit=%" G_GUINT64_FORMAT, count, absence->limit);
	absence->too_long = too_long;
	return !too_long;
}

/* True without a filter: the list is too long. */
static bool
load_all(Absence *absence, const char *database, GError **error)
{
	uint64_t count;

	if (!changes_count(absence->blacklist, &count, error))
		return false;
	if (!fits(absence, count)) {
		forget(absence, NULL);
		return true;
	}
	Load load = { .absence = absence, .bloom = bloom_new(count + count / 4 + ROOM) };

	if (!changes_targets(absence->blacklist, load_target, &load, &absence->position, error)) {
		bloom_free(load.bloom);
		return false;
	}
	absence->capacity = count + count / 4 + ROOM;
	absence->added = load.count;
	g_free(absence->database);
	absence->database = g_strdup(database);
	forget(absence, load.bloom);
	g_info("filter=loaded entries=%" G_GUINT64_FORMAT, load.count);
	return true;
}

/* Only this thread changes the filter, so it needs no lock to add to it. */
static bool
follow(Absence *absence, GError **error)
{
	for (;;) {
		int64_t asked_at = now_ms();
		bool held_back;
		g_autoptr(GPtrArray) changed = changes_since(
			absence->blacklist, absence->position, CHANGES_AT_ONCE, &absence->position, error);

		if (changed == NULL)
			return false;
		for (unsigned i = 0; i < changed->len; i++)
			bloom_add(absence->bloom, ((const TargetState *)g_ptr_array_index(changed, i))->target);
		absence->added += changed->len;
		if (changed->len > 0)
			continue;
		if (!changes_held_back(absence->blacklist, absence->position, &held_back, error))
			return false;
		if (!held_back)
			atomic_store(&absence->valid_until, asked_at + absence->fresh_ms);
		return true;
	}
}

/* A change of what stood there already wears the filter, too: what is removed from the list stays in it. */
static bool
needs_loading(const Absence *absence, const char *database)
{
	return absence->bloom == NULL || absence->added > absence->capacity || strcmp(absence->database, database) != 0;
}

static bool
turn(Absence *absence, GError **error)
{
	g_autofree char *database = changes_database_id(absence->blacklist, error);

	/* By which names an address is asked for has to be known before there are entries under them. */
	if (database == NULL || !blacklist_refresh_subaddressing(absence->blacklist, error))
		return false;
	if (absence->bloom != NULL && strcmp(absence->database, database) != 0)
		forget(absence, NULL);
	if (needs_loading(absence, database) && !load_all(absence, database, error))
		return false;
	return absence->bloom == NULL || follow(absence, error);
}

/* False: it is over. */
static bool
wait_for_turn(Absence *absence)
{
	struct timespec until;

	monotonic_after(&until, absence->too_long ? TOO_LONG_PERIOD_MS : PERIOD_MS);
	pthread_mutex_lock(&absence->lock);
	while (!absence->stop && !monotonic_has_passed(&until))
		pthread_cond_timedwait(&absence->stopping, &absence->lock, &until);
	bool go_on = !absence->stop;

	pthread_mutex_unlock(&absence->lock);
	return go_on;
}

/* PostgreSQL being away is said by others. */
static void *
run(void *data)
{
	Absence *absence = data;

	do {
		g_autoptr(GError) error = NULL;

		if (!turn(absence, &error))
			g_debug("filter=behind error=\"%s\"", error->message);
	} while (wait_for_turn(absence));
	return NULL;
}

static void
absence_free(Absence *absence)
{
	bloom_free(absence->bloom);
	pthread_rwlock_destroy(&absence->swap);
	pthread_cond_destroy(&absence->stopping);
	pthread_mutex_destroy(&absence->lock);
	g_free(absence->database);
	g_free(absence);
}

Absence *
absence_start(Blacklist *blacklist, uint64_t limit, int64_t fresh_ms, GError **error)
{
	Absence *absence = g_new0(Absence, 1);

	absence->blacklist = blacklist;
	absence->limit = limit;
	absence->fresh_ms = fresh_ms;
	pthread_mutex_init(&absence->lock, NULL);
	monotonic_cond_init(&absence->stopping);
	pthread_rwlock_init(&absence->swap, NULL);
	int problem = quiet_thread_start(&absence->thread, run, absence);

	if (problem == 0)
		return absence;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "no thread for the filter: %s", g_strerror(problem));
	absence_free(absence);
	return NULL;
}

void
absence_stop(Absence *absence)
{
	if (absence == NULL)
		return;
	pthread_mutex_lock(&absence->lock);
	absence->stop = true;
	pthread_cond_signal(&absence->stopping);
	pthread_mutex_unlock(&absence->lock);
	pthread_join(absence->thread, NULL);
	absence_free(absence);
}

bool
absence_is_sure(Absence *absence, const char *target)
{
	const char *domain = strrchr(target, '@');
	bool sure = false;

	pthread_rwlock_rdlock(&absence->swap);
	/* What it says of the time is stored after what was added up to then. */
	if (now_ms() < atomic_load(&absence->valid_until))
		sure = !bloom_may_hold(absence->bloom, target)
		       && (domain == NULL || !bloom_may_hold(absence->bloom, domain));
	pthread_rwlock_unlock(&absence->swap);
	return sure;
}
