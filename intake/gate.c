#include "gate.h"

#include "address.h"
#include "log.h"

#include <stdatomic.h>
#include <string.h>

#define HASH_DIGITS_LOGGED 16
#define RULES_AGE_MS 5000

G_STATIC_ASSERT(NAMES_LIMIT == 2 * SUBADDRESS_NAMES);

struct Gate {
	Cache *cache;
	Blacklist *blacklist;
	const AddressHash *erasure;
	Absence *absence; /* NULL: none */
	Meter *meter;
	atomic_bool deaf; /* the last question to PostgreSQL was not answered */
};

Gate *
gate_new(Cache *cache, Blacklist *blacklist, Meter *meter)
{
	Gate *gate = g_new0(Gate, 1);

	gate->cache = cache;
	gate->blacklist = blacklist;
	gate->meter = meter;
	return gate;
}

void
gate_use_erasure(Gate *gate, const AddressHash *erasure)
{
	gate->erasure = erasure;
}

void
gate_use_filter(Gate *gate, Absence *absence)
{
	gate->absence = absence;
}

void
gate_free(Gate *gate)
{
	g_free(gate);
}

static void
note_change(Gate *gate, const GError *error)
{
	if (atomic_exchange(&gate->deaf, error != NULL) == (error != NULL))
		return;
	if (error == NULL) {
		g_info("gate=answering");
	} else {
		g_autofree char *reason = log_value(error->message);

		g_warning("gate=unknown error=%s", reason);
	}
}

static GateAnswer
ask_database(Gate *gate, const char *const *names, const char *sender_domain, Listing **ret_listing)
{
	g_autoptr(GError) error = NULL;
	Listing *listing = NULL;
	bool answered = blacklist_check(gate->blacklist, names, sender_domain, &listing, &error);

	note_change(gate, error);
	if (!answered)
		return GATE_UNKNOWN;
	if (listing == NULL)
		return GATE_OPEN;
	*ret_listing = listing;
	return GATE_CLOSED;
}

static bool
has_cache(const Gate *gate)
{
	return gate->cache != NULL && cache_is_configured(gate->cache);
}

static bool
all_absent(const Gate *gate, const char *const *names)
{
	if (gate->absence == NULL)
		return false;
	while (*names != NULL && absence_is_sure(gate->absence, *names))
		names++;
	return *names == NULL;
}

/* sure: these are all the names; else the database alone, which finds the others, has the last word. */
static GateAnswer
ask(Gate *gate, const char *const *names, bool sure, const char *sender_domain, Listing **ret_listing,
	QuestionBy *ret_by)
{
	int64_t now = g_get_real_time() / G_USEC_PER_SEC;
	CacheAnswer answer = CACHE_UNKNOWN;

	if (sure && all_absent(gate, names)) {
		*ret_by = BY_FILTER;
		return GATE_OPEN;
	}
	*ret_by = BY_REDIS;
	if (sure && has_cache(gate))
		answer = cache_check(gate->cache, names, sender_domain, now, ret_listing);
	if (answer == CACHE_UNKNOWN) {
		GateAnswer told = ask_database(gate, names, sender_domain, ret_listing);

		*ret_by = told == GATE_UNKNOWN ? BY_NOBODY : BY_DATABASE;
		if (told != GATE_UNKNOWN || !has_cache(gate))
			return told;
		answer = cache_check_stale(gate->cache, names, sender_domain, now, ret_listing);
		if (answer == CACHE_UNKNOWN)
			return GATE_UNKNOWN;
		*ret_by = BY_STALE_REDIS;
	}
	return answer == CACHE_LISTED ? GATE_CLOSED : GATE_OPEN;
}

/* Where a thread follows the changes it keeps the rules of sub-addressing fresh, too. */
static int64_t
rules_age(const Gate *gate)
{
	return has_cache(gate) || gate->absence != NULL ? 0 : RULES_AGE_MS;
}

/* Under all its names, and under the hash of each. */
static GateAnswer
ask_all(Gate *gate, const char *address, const char *sender_domain, Listing **ret_listing, QuestionBy *ret_by)
{
	g_autoptr(Subaddressing) rules = NULL;
	bool sure = blacklist_subaddressing(gate->blacklist, rules_age(gate), &rules);
	char *owned[NAMES_LIMIT - 1];
	const char *names[NAMES_LIMIT + 1] = { address };
	unsigned spellings = subaddressing_others(rules, address, owned), count = spellings;
	GateAnswer answer;

	for (unsigned i = 0; i < spellings; i++)
		names[i + 1] = owned[i];
	for (unsigned i = 0; gate->erasure != NULL && i <= spellings; i++)
		names[count + 1] = owned[count] = address_hash_of(gate->erasure, names[i]), count++;
	answer = ask(gate, names, sure, sender_domain, ret_listing, ret_by);
	while (count > 0)
		g_free(owned[--count]);
	return answer;
}

GateAnswer
gate_ask(Gate *gate, const char *address, const char *sender_domain, Listing **ret_listing)
{
	static const QuestionAnswer told[] = {
		[GATE_OPEN] = QUESTION_OPEN, [GATE_CLOSED] = QUESTION_LISTED, [GATE_UNKNOWN] = QUESTION_UNANSWERED
	};
	QuestionBy by;
	GateAnswer answer = ask_all(gate, address, sender_domain, ret_listing, &by);

	meter_count_as_both(gate->meter, METRIC_QUESTIONS, told[answer], by);
	return answer;
}

char *
gate_log_name(const Gate *gate, const char *address)
{
	g_autofree char *key = gate->erasure == NULL ? NULL : address_key(address);
	g_autofree char *hash = key == NULL ? NULL : address_hash_of(gate->erasure, key);

	return hash == NULL ? log_value(address) : g_strndup(hash, strlen(ERASED_PREFIX) + HASH_DIGITS_LOGGED);
}

static uint64_t
answered(const Gate *gate, QuestionAnswer answer, QuestionBy by)
{
	return gate->meter == NULL ? 0 : meter_read(gate->meter, METRIC_QUESTIONS, answer * (BY_NOBODY + 1) + by);
}

static uint64_t
answered_by(const Gate *gate, QuestionBy by)
{
	return answered(gate, QUESTION_OPEN, by) + answered(gate, QUESTION_LISTED, by);
}

void
gate_counters(const Gate *gate, GateCounters *ret_counters)
{
	*ret_counters = (GateCounters){
		.from_filter = answered_by(gate, BY_FILTER),
		.from_cache = answered_by(gate, BY_REDIS) + answered_by(gate, BY_STALE_REDIS),
		.from_database = answered_by(gate, BY_DATABASE),
		.unknown = answered(gate, QUESTION_UNANSWERED, BY_NOBODY),
	};
	for (QuestionBy by = 0; by <= BY_NOBODY; by++)
		ret_counters->closed += answered(gate, QUESTION_LISTED, by);
}
