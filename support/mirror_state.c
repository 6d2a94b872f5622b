#include "mirror_state.h"

#include "changes.h"
#include "listing_out.h"

bool
mirror_state_read(Cache *cache, Blacklist *blacklist, MirrorState *ret_state, GError **error)
{
	g_autofree char *database = changes_database_id(blacklist, error);
	Listing *listing = NULL;
	ChangePosition to;

	*ret_state = (MirrorState){ 0 };
	if (database == NULL || !cache_position(cache, database, &ret_state->usable, &ret_state->position, error))
		return false;
	if (!ret_state->usable)
		return true;
	g_autoptr(GPtrArray) changes = changes_since(blacklist, ret_state->position, 1, &to, error);
	if (changes == NULL)
		return false;
	ret_state->pending = changes->len > 0;
	/* Nobody can list an address of a reserved domain, so the answer tells only whether the mirror is trusted. */
	ret_state->fresh =
		cache_check(cache, ONLY_NAME("nobody@retour.invalid"), "", now_seconds(), &listing) != CACHE_UNKNOWN;
	listing_free(listing);
	return true;
}

const char *
mirror_state_text(const MirrorState *state)
{
	if (!state->usable)
		return "Redis holds no mirror of this database: run 'retour cache rebuild', or start retour-milter.";
	if (!state->fresh)
		return "Redis holds a mirror of this database that nobody keeps fresh, so look-ups go to PostgreSQL: "
		       "is "
		       "retour-milter running?";
	if (state->pending)
		return "Redis mirrors this database; changes are on their way.";
	return "Redis mirrors this database and is up to date.";
}
