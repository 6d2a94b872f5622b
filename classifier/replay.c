#include "replay.h"

#include "address.h"
#include "listing.h"

#include <string.h>

#define DAY INT64_C(86400)
#define LAG (2 * DAY)

typedef struct Strike {
	Category category;
	int64_t day; /* since the epoch, UTC */
} Strike;

typedef struct Place {
	char *target;
	const char *scope; /* of the replay's chunk: there are few */
	GArray *strikes;   /* Strike, distinct, oldest first; NULL: none */
	PastEntry now, then;
	bool held;
} Place;

struct Replay {
	const Policy *policy;
	int64_t decides_from;
	GStringChunk *scopes;
	GHashTable *places; /* Place set, by target and scope */
};

static guint
place_hash(gconstpointer data)
{
	const Place *place = data;

	return g_str_hash(place->target) * 31 + g_str_hash(place->scope);
}

static gboolean
place_equal(gconstpointer a, gconstpointer b)
{
	const Place *left = a, *right = b;

	return strcmp(left->target, right->target) == 0 && strcmp(left->scope, right->scope) == 0;
}

static void
forget_strikes(Place *place)
{
	g_clear_pointer(&place->strikes, g_array_unref);
}

static void
place_free(void *data)
{
	Place *place = data;

	forget_strikes(place);
	g_free(place->target);
	g_free(place);
}

Replay *
replay_new(const Policy *policy, int64_t decides_from)
{
	Replay *replay = g_new0(Replay, 1);

	replay->policy = policy;
	replay->decides_from = decides_from;
	replay->scopes = g_string_chunk_new(4096);
	replay->places = g_hash_table_new_full(place_hash, place_equal, place_free, NULL);
	return replay;
}

void
replay_free(Replay *replay)
{
	if (replay == NULL)
		return;
	g_hash_table_unref(replay->places);
	g_string_chunk_free(replay->scopes);
	g_free(replay);
}

static Place *
find_place(const Replay *replay, const char *target, const char *scope)
{
	Place wanted = { .target = (char *)(uintptr_t)target, .scope = scope };

	return g_hash_table_lookup(replay->places, &wanted);
}

static Place *
make_place(Replay *replay, const char *target, const char *scope)
{
	Place *place = find_place(replay, target, scope);

	if (place != NULL)
		return place;
	place = g_new0(Place, 1);
	place->target = g_strdup(target);
	place->scope = g_string_chunk_insert_const(replay->scopes, scope);
	g_hash_table_add(replay->places, place);
	return place;
}

void
replay_entry(
	Replay *replay, const char *target, const char *scope, const PastEntry *now, const PastEntry *before, bool held)
{
	Place *place = make_place(replay, target, scope);

	place->now = *now;
	place->then = *before;
	place->held = held;
}

/* Days come in order, so the newest is this one; those of other categories are none of this window's business. */
static unsigned
count_strike(Place *place, const Plan *plan, const PastFact *fact)
{
	Strike strike = { fact->verdict.category, fact->at / DAY };
	unsigned kept = 0, days = 1;

	if (place->strikes == NULL)
		place->strikes = g_array_new(FALSE, FALSE, sizeof(Strike));
	for (unsigned i = 0; i < place->strikes->len; i++) {
		Strike earlier = g_array_index(place->strikes, Strike, i);
		bool own = earlier.category == strike.category;

		if (own && (earlier.day == strike.day || earlier.day <= strike.day - (int64_t)plan->window_days))
			continue;
		days += own;
		g_array_index(place->strikes, Strike, kept++) = earlier;
	}
	g_array_set_size(place->strikes, kept);
	g_array_append_val(place->strikes, strike);
	return days;
}

static void
list_place(Place *place, const PastFact *fact, int64_t expires_at)
{
	PastEntry *entry = &place->then;
	bool listed = entry->expires_at > fact->at;

	if (listed && (entry->expires_at == NEVER_EXPIRES || expires_at < entry->expires_at + DAY))
		return;
	*entry = (PastEntry){
		.category = fact->verdict.category,
		.expires_at = expires_at,
		.event_at = fact->at,
		.strikes = entry->strikes + !listed,
	};
}

static void
apply_failure(Replay *replay, const Plan *plan, const PastFact *fact)
{
	const char *scope = plan->scope == SCOPE_EVERYBODY ? SCOPE_ALL : fact->scope;
	g_autofree char *domain = plan->whole_domain ? g_strconcat("@", address_domain(fact->target), NULL) : NULL;
	Place *place = make_place(replay, domain != NULL ? domain : fact->target, scope);
	bool listed = place->then.expires_at > fact->at;
	History history = {
		.strike_days = plan->kind == PLAN_COUNT ? count_strike(place, plan, fact) : 0,
		.listings = place->then.strikes - (listed && place->then.strikes > 0),
		.listed = listed,
		.manual = listed && place->then.manual,
	};
	Decision decision = policy_decide(plan, &history, fact->at);

	if (decision.list && fact->at >= replay->decides_from)
		list_place(place, fact, decision.expires_at);
}

static void
release_place(const Replay *replay, const Plan *plan, const PastFact *fact, const char *target, const char *scope)
{
	Place *place = find_place(replay, target, scope);

	if (place == NULL)
		return;
	forget_strikes(place);
	if (fact->at >= replay->decides_from && !(place->then.manual && place->then.expires_at > fact->at)
		&& place->then.expires_at > fact->at && fact->at > place->then.event_at
		&& ((plan->released >> place->then.category) & 1) != 0)
		place->then.expires_at = fact->at;
}

static void
apply_delivery(const Replay *replay, const Plan *plan, const PastFact *fact)
{
	g_autofree char *domain = g_strconcat("@", address_domain(fact->target), NULL);

	for (int whole_domain = 0; whole_domain <= 1; whole_domain++) {
		const char *target = whole_domain ? domain : fact->target;

		release_place(replay, plan, fact, target, SCOPE_ALL);
		if (*fact->scope != '\0')
			release_place(replay, plan, fact, target, fact->scope);
	}
}

static void
apply_event(Replay *replay, const PastFact *fact)
{
	Case subject = {
		.action = fact->action,
		.verdict = fact->verdict,
		.evidence = fact->evidence,
		.has_recipient = *fact->target != '\0',
		.has_sender_domain = *fact->scope != '\0',
	};
	Plan plan = policy_plan(replay->policy, &subject);

	if (plan.kind == PLAN_RELEASE)
		apply_delivery(replay, &plan, fact);
	else if (plan.kind != PLAN_NOTHING)
		apply_failure(replay, &plan, fact);
}

/* What people and DNS did holds under any policy. */
static void
apply_deed(Replay *replay, const PastFact *fact)
{
	Place *place = make_place(replay, fact->target, fact->scope);
	PastEntry *entry = &place->then;

	if (fact->kind == PAST_REMOVED)
		forget_strikes(place);
	if (fact->at < replay->decides_from)
		return;
	if (fact->kind == PAST_REMOVED)
		*entry = (PastEntry){ 0 };
	else if (fact->kind == PAST_ADDED)
		*entry = (PastEntry){ fact->verdict.category, fact->expires_at, 0, entry->strikes, true };
	else if (entry->expires_at > fact->at && !entry->manual)
		entry->expires_at = fact->at;
}

void
replay_fact(Replay *replay, const PastFact *fact)
{
	if (fact->kind == PAST_EVENT)
		apply_event(replay, fact);
	else
		apply_deed(replay, fact);
}

const char *
replay_change_name(ReplayChange change)
{
	static const char *const names[REPLAY_CHANGES] = {
		[REPLAY_LISTED] = "listed",
		[REPLAY_RELEASED] = "released",
		[REPLAY_LONGER] = "longer",
		[REPLAY_SHORTER] = "shorter",
	};

	return names[change];
}

/* REPLAY_CHANGES: none. A person's entry is never a difference: no policy makes or ends it. */
static ReplayChange
compare(const Place *place, int64_t now)
{
	const PastEntry *is = &place->now, *would = &place->then;
	bool listed = is->expires_at > now;

	if ((listed && is->manual) || place->held)
		return REPLAY_CHANGES;
	if (listed != (would->expires_at > now))
		return listed ? REPLAY_RELEASED : REPLAY_LISTED;
	if (!listed)
		return REPLAY_CHANGES;
	if (is->expires_at < NEVER_EXPIRES - LAG && would->expires_at >= is->expires_at + LAG)
		return REPLAY_LONGER;
	if (would->expires_at < NEVER_EXPIRES - LAG && is->expires_at >= would->expires_at + LAG)
		return REPLAY_SHORTER;
	return REPLAY_CHANGES;
}

static gint
order(gconstpointer a, gconstpointer b)
{
	const ReplayDifference *left = a, *right = b;
	int targets = strcmp(left->target, right->target);

	if (left->change != right->change)
		return left->change < right->change ? -1 : 1;
	return targets != 0 ? targets : strcmp(left->scope, right->scope);
}

GArray *
replay_differences(const Replay *replay, int64_t now)
{
	GArray *differences = g_array_new(FALSE, FALSE, sizeof(ReplayDifference));
	GHashTableIter iter;
	void *key;

	g_hash_table_iter_init(&iter, replay->places);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const Place *place = key;
		ReplayDifference difference = {
			.change = compare(place, now),
			.target = place->target,
			.scope = place->scope,
			.category = place->then.expires_at > now ? place->then.category : place->now.category,
			.expires_now = place->now.expires_at,
			.expires_then = place->then.expires_at,
		};

		if (difference.change != REPLAY_CHANGES)
			g_array_append_val(differences, difference);
	}
	g_array_sort(differences, order);
	return differences;
}
