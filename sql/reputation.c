#include "reputation.h"

#include "listing_rows.h"

#include <string.h>

#define SUBJECTS_KEPT 10000 /* of a kind; the query hands them over by volume */

typedef struct Span {
	const char *unit;
	int64_t units;
} Span;

static const Span spans[WINDOW_COUNT] = {
	[WINDOW_1H] = { "hour", 1 },
	[WINDOW_24H] = { "hour", 24 },
	[WINDOW_7D] = { "day", 7 },
};

static const Statement read_counts = { "reputation_read",
	"select array_position(array['service', 'provider', 'sender'], subject) - 1, name,"
	" sum(sent) filter (where not earlier), sum(delivered) filter (where not earlier),"
	" sum(deferred) filter (where not earlier), sum(bounced) filter (where not earlier),"
	" sum(hard) filter (where not earlier), sum(complaints) filter (where not earlier),"
	" sum(unverified) filter (where not earlier),"
	" sum(sent) filter (where earlier), sum(delivered) filter (where earlier),"
	" sum(deferred) filter (where earlier), sum(bounced) filter (where earlier),"
	" sum(hard) filter (where earlier), sum(complaints) filter (where earlier),"
	" sum(unverified) filter (where earlier)"
	" from reputation_counts($1::text, $2::bigint::integer, coalesce($3::timestamptz, now()), $4::text, $5::text)"
	" group by subject, name order by 1, sum(sent + bounced + hard + complaints) desc, 2" };

static const Statement ask_now = { "reputation_now", "select floor(extract(epoch from now()))::bigint" };

static const Statement roll_up = { "counters_roll_up", "select counters_roll_up() is not null" };

const char *
reputation_subject_name(ReputationSubject subject)
{
	static const char *const names[] = { "service", "provider", "sender" };

	g_assert(subject < G_N_ELEMENTS(names));
	return names[subject];
}

static void
reputation_free(void *data)
{
	Reputation *reputation = data;

	g_free(reputation->name);
	g_free(reputation);
}

static ReputationCounts
counts_read(const Rows *rows, int row, int first)
{
	return (ReputationCounts){
		.sent = rows_number(rows, row, first),
		.delivered = rows_number(rows, row, first + 1),
		.deferred = rows_number(rows, row, first + 2),
		.bounced = rows_number(rows, row, first + 3),
		.hard = rows_number(rows, row, first + 4),
		.complaints = rows_number(rows, row, first + 5),
		.unverified = rows_number(rows, row, first + 6),
	};
}

static void
weigh(Reputation *reputation, const ReputationSettings *settings)
{
	const ReputationCounts *now = &reputation->now, *before = &reputation->before;
	Rate bounces_before = rate_make(before->hard, before->sent);
	Rate complaints_before = rate_make(before->complaints, before->sent);

	reputation->hard_bounces = rate_make(now->hard, now->sent);
	reputation->complaints = rate_make(now->complaints, now->sent);
	reputation->hard_bounces_trend = rate_trend(&bounces_before, &reputation->hard_bounces);
	reputation->complaints_trend = rate_trend(&complaints_before, &reputation->complaints);
	reputation->hard_bounces_standing = rate_standing(&reputation->hard_bounces, &settings->hard_bounces);
	reputation->complaints_standing = rate_standing(&reputation->complaints, &settings->complaints);
	reputation->standing = standing_worst(reputation->hard_bounces_standing, reputation->complaints_standing);
	reputation->range = standing_range_worst(standing_range(&reputation->hard_bounces, &settings->hard_bounces),
		standing_range(&reputation->complaints, &settings->complaints));
}

Reputation *
reputation_new(ReputationSubject subject, const char *name)
{
	Reputation *reputation = g_new0(Reputation, 1);

	reputation->subject = subject;
	reputation->name = g_strdup(name);
	return reputation;
}

static Reputation *
reputation_from(const Rows *rows, int row)
{
	Reputation *reputation = reputation_new((ReputationSubject)rows_number(rows, row, 0), rows_text(rows, row, 1));

	reputation->now = counts_read(rows, row, 2);
	reputation->before = counts_read(rows, row, 9);
	return reputation;
}

GPtrArray *
reputations_new(void)
{
	return g_ptr_array_new_with_free_func(reputation_free);
}

static GPtrArray *
reputations_from(const Rows *rows)
{
	GPtrArray *found = reputations_new();
	unsigned kept[SUBJECT_SENDER + 1] = { 0 };

	/* Without any mail there is no row, and the service has a reputation all the same: none. */
	if (rows_count(rows) == 0)
		g_ptr_array_add(found, reputation_new(SUBJECT_SERVICE, ""));
	for (int row = 0; row < rows_count(rows); row++) {
		int64_t subject = rows_number(rows, row, 0);

		/* Events of nobody knows whose mail count for the service alone. */
		if (subject == SUBJECT_SERVICE || (*rows_text(rows, row, 1) != '\0' && kept[subject]++ < SUBJECTS_KEPT))
			g_ptr_array_add(found, reputation_from(rows, row));
	}
	return found;
}

/* How far a rate surely is beyond its limit: what orders those that stand alike. */
static double
excess(const Reputation *reputation, const ReputationSettings *settings)
{
	return MAX(reputation->hard_bounces.low / settings->hard_bounces.watch,
		reputation->complaints.low / settings->complaints.watch);
}

static int
compare(gconstpointer a, gconstpointer b, gpointer data)
{
	const Reputation *left = *(const Reputation *const *)a, *right = *(const Reputation *const *)b;
	double difference;

	if (left->subject != right->subject)
		return left->subject < right->subject ? -1 : 1;
	if (left->standing != right->standing)
		return left->standing > right->standing ? -1 : 1;
	difference = excess(left, data) - excess(right, data);
	if (difference < 0 || difference > 0)
		return difference > 0 ? -1 : 1;
	if (left->now.sent != right->now.sent)
		return left->now.sent > right->now.sent ? -1 : 1;
	return strcmp(left->name, right->name);
}

void
reputations_judge(GPtrArray *found, const ReputationSettings *settings)
{
	for (unsigned i = 0; i < found->len; i++)
		weigh(g_ptr_array_index(found, i), settings);
	g_ptr_array_sort_with_data(found, compare, (void *)(uintptr_t)settings);
}

bool
reputation_now(Blacklist *blacklist, int64_t *ret_now, GError **error)
{
	g_autoptr(Rows) rows = pool_read(blacklist_pool(blacklist), &ask_now, NULL, error);

	if (rows == NULL)
		return false;
	*ret_now = rows_number(rows, 0, 0);
	return true;
}

GPtrArray *
reputation_read(Blacklist *blacklist, const ReputationQuery *query, const ReputationSettings *settings, GError **error)
{
	g_autoptr(Params) params = params_new();
	g_autoptr(Rows) rows = NULL;
	GPtrArray *found;

	params_add_text(params, spans[query->window].unit);
	params_add_number(params, spans[query->window].units);
	params_add_time(params, query->until == 0 ? NEVER_EXPIRES : query->until);
	params_add_text(params, query->provider);
	params_add_text(params, query->sender_domain);
	rows = pool_read(blacklist_pool(blacklist), &read_counts, params, error);
	if (rows == NULL)
		return NULL;
	found = reputations_from(rows);
	reputations_judge(found, settings);
	return found;
}

bool
counters_roll_up(Blacklist *blacklist, bool *ret_moved, GError **error)
{
	g_autoptr(Rows) rows = pool_write(blacklist_pool(blacklist), &roll_up, NULL, error);

	if (rows == NULL)
		return false;
	*ret_moved = rows_bool(rows, 0, 0);
	return true;
}
