#include "mirror_fill.h"

#include "changes.h"

#define CHANGES_AT_ONCE 500

static bool
go_on(const MirrorFill *fill, GError **error)
{
	if (fill->stop == NULL || !atomic_load(fill->stop))
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "stopped");
	return false;
}

/* A rebuild on its way through changes_all(). */
typedef struct Stream {
	const MirrorFill *fill;
	CacheRebuild *rebuild;
	uint64_t done;
	GError *error;
} Stream;

static bool
write_target(void *context, const TargetState *state)
{
	Stream *stream = context;

	if (!go_on(stream->fill, &stream->error) || !cache_rebuild_add(stream->rebuild, state, &stream->error))
		return false;
	stream->done++;
	if (stream->fill->progress != NULL)
		stream->fill->progress(stream->fill->context, stream->done);
	return true;
}

bool
mirror_fill_rebuild(const MirrorFill *fill, uint64_t *ret_targets, GError **error)
{
	g_autofree char *database = changes_database_id(fill->blacklist, error);
	Stream stream = { .fill = fill };
	g_autoptr(GError) problem = NULL;
	ChangePosition position;

	if (database == NULL)
		return false;
	stream.rebuild = cache_rebuild_begin(fill->cache, database, error);
	if (stream.rebuild == NULL)
		return false;
	bool streamed = changes_all(fill->blacklist, write_target, &stream, &position, &problem);

	if (stream.error != NULL || !streamed) {
		cache_rebuild_abandon(stream.rebuild);
		g_propagate_error(error, stream.error != NULL ? stream.error : g_steal_pointer(&problem));
		return false;
	}
	*ret_targets = stream.done;
	return cache_rebuild_finish(stream.rebuild, position, error);
}

/* Only changes of erased addresses can have lost a name. */
static bool
check_names(const MirrorFill *fill, const GPtrArray *states, ChangePosition from, ChangePosition to, bool *ret_lost,
	GError **error)
{
	*ret_lost = false;
	for (unsigned i = 0; i < states->len; i++)
		if (g_str_has_prefix(((const TargetState *)g_ptr_array_index(states, i))->target, ERASED_PREFIX))
			return changes_lost_name(fill->blacklist, from, to, ret_lost, error);
	return true;
}

/*
 * One step of the feed. *ret_end: it is empty. *ret_lost: a change lost the name of what it changed. When changes are held back
 * there, "fresh" is left to expire and look-ups go to PostgreSQL until they come.
 */
static bool
apply_some(const MirrorFill *fill, const char *database, ChangePosition from, bool *ret_end, bool *ret_lost,
	GError **error)
{
	ChangePosition to = from;
	g_autoptr(GPtrArray) states = changes_since(fill->blacklist, from, CHANGES_AT_ONCE, &to, error);
	bool applied, held_back = true;

	if (states == NULL)
		return false;
	if (!check_names(fill, states, from, to, ret_lost, error))
		return false;
	if (*ret_lost)
		return true;
	if (states->len == 0 && !changes_held_back(fill->blacklist, from, &held_back, error))
		return false;
	if (!cache_apply(fill->cache, database, from, to, states, !held_back, &applied, error))
		return false;
	*ret_end = states->len == 0 && applied;
	return true;
}

/* Redis holds no mirror of this database: once that is mended; twice means that somebody keeps destroying it. */
static bool
rebuild_once(const MirrorFill *fill, bool *rebuilt, GError **error)
{
	uint64_t targets;

	if (*rebuilt) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "redis: the mirror is gone right after it was rebuilt");
		return false;
	}
	*rebuilt = true;
	return mirror_fill_rebuild(fill, &targets, error);
}

/* Each step asks where Redis stands, for another process may have moved it on: that is help, not an error. */
bool
mirror_fill_catch_up(const MirrorFill *fill, bool *ret_rebuilt, GError **error)
{
	g_autofree char *database = changes_database_id(fill->blacklist, error);
	bool rebuilt = false, end = false, lost = false;

	/* By which names an address is asked for has to be known before there are entries under them. */
	if (database == NULL || !blacklist_refresh_subaddressing(fill->blacklist, error))
		return false;
	while (!end) {
		ChangePosition from;
		bool usable;

		if (!go_on(fill, error) || !cache_position(fill->cache, database, &usable, &from, error))
			return false;
		if (usable && !lost && !apply_some(fill, database, from, &end, &lost, error))
			return false;
		if ((!usable || lost) && !rebuild_once(fill, &rebuilt, error))
			return false;
		lost = false;
	}
	*ret_rebuilt = rebuilt;
	return true;
}
