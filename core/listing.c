#include "listing.h"

#include <string.h>

Listing *
listing_new(void)
{
	Listing *listing = g_new0(Listing, 1);
	char **texts[] = { &listing->target, &listing->scope, &listing->reason, &listing->reference, &listing->source,
		&listing->evidence, &listing->note };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup("");
	return listing;
}

void
listing_free(Listing *listing)
{
	if (listing == NULL)
		return;
	g_free(listing->target);
	g_free(listing->scope);
	g_free(listing->reason);
	g_free(listing->reference);
	g_free(listing->source);
	g_free(listing->evidence);
	g_free(listing->note);
	g_free(listing);
}

bool
listing_applies(const Listing *listing, const char *sender_domain, int64_t now)
{
	return listing->expires_at > now
	       && (strcmp(listing->scope, SCOPE_ALL) == 0 || strcmp(listing->scope, sender_domain) == 0);
}

TargetState *
target_state_new(const char *target)
{
	TargetState *state = g_new0(TargetState, 1);

	state->target = g_strdup(target);
	state->listings = g_ptr_array_new_with_free_func((GDestroyNotify)listing_free);
	return state;
}

void
target_state_free(TargetState *state)
{
	if (state == NULL)
		return;
	g_free(state->target);
	g_ptr_array_unref(state->listings);
	g_free(state);
}
