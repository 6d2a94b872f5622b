#include "folder.h"

#include "log.h"

#include <stdlib.h>

#define BATCH 250       /* messages begun together: one note in the ledger, one FETCH, one MOVE */
#define SUSPECT_TRIES 2 /* begun that often before: alone from now on, and after all others */

static MailboxTry *
find_try(const MailboxMark *mark, uint32_t uid)
{
	for (unsigned i = 0; i < mark->tried->len; i++) {
		MailboxTry *tried = &g_array_index(mark->tried, MailboxTry, i);

		if (tried->uid == uid)
			return tried;
	}
	return NULL;
}

static unsigned
tries_of(const MailboxMark *mark, uint32_t uid)
{
	const MailboxTry *tried = find_try(mark, uid);

	return tried == NULL ? 0 : tried->tries;
}

static void
forget_try(MailboxMark *mark, uint32_t uid)
{
	for (unsigned i = 0; i < mark->tried->len; i++)
		if (g_array_index(mark->tried, MailboxTry, i).uid == uid) {
			g_array_remove_index_fast(mark->tried, i);
			return;
		}
}

/* Before anything is looked at: a message that kills the process must be found by its count afterwards. */
static bool
note_begun(FolderRound *round, const uint32_t *uids, size_t count, GError **error)
{
	for (size_t i = 0; i < count; i++) {
		MailboxTry *tried = find_try(round->mark, uids[i]);
		MailboxTry first = { uids[i], 1 };

		if (tried == NULL)
			g_array_append_val(round->mark->tried, first);
		else if (!round->past->forgive)
			tried->tries++;
	}
	return mailbox_ledger_save(round->ledger, round->key, round->plan->name, round->mark, error);
}

/* Up to the last one of those that were begun in order, but for what is not finished. */
static bool
note_done(FolderRound *round, uint32_t last, GError **error)
{
	MailboxMark *mark = round->mark;

	for (unsigned i = 0; i < mark->tried->len; i++)
		last = MIN(last, g_array_index(mark->tried, MailboxTry, i).uid - 1);
	if (round->driver->ascending)
		mark->last_uid = MAX(mark->last_uid, last);
	return mailbox_ledger_save(round->ledger, round->key, round->plan->name, mark, error);
}

/* The letters with one outcome. */
static GArray *
select_outcome(const GPtrArray *letters, Outcome outcome)
{
	GArray *uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (unsigned i = 0; i < letters->len; i++) {
		const Letter *letter = letters->pdata[i];

		if (letter->outcome == outcome)
			g_array_append_val(uids, letter->uid);
	}
	return uids;
}

static int
compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static bool
dispose(FolderRound *round, GArray *uids, const char *destination, GError **error)
{
	const uint32_t *first = (const uint32_t *)(void *)uids->data;

	g_array_sort(uids, compare);
	if (uids->len == 0)
		return true;
	if (*destination != '\0')
		return round->driver->move(round->source, first, uids->len, destination, error);
	g_array_append_vals(round->left, first, uids->len);
	return true;
}

static bool
dispose_outcome(FolderRound *round, const GPtrArray *letters, Outcome outcome, const char *destination, GError **error)
{
	g_autoptr(GArray) uids = select_outcome(letters, outcome);

	return dispose(round, uids, destination, error);
}

/* What is to be tried again, and what is over. */
static void
sort_tries(FolderRound *round, const uint32_t *uids, size_t count, const GPtrArray *letters)
{
	g_autoptr(GArray) again = select_outcome(letters, OUTCOME_RETRY);
	g_autoptr(GArray) recorded = select_outcome(letters, OUTCOME_RECORDED);

	for (size_t i = 0; i < count; i++) {
		bool tried_again = false;

		for (unsigned k = 0; k < again->len && !tried_again; k++)
			tried_again = g_array_index(again, uint32_t, k) == uids[i];
		if (!tried_again)
			forget_try(round->mark, uids[i]);
	}
	round->again = round->again || again->len > 0;
	round->committed = round->committed || recorded->len > 0;
	if (again->len < letters->len)
		round->failures = 0;
	else if (letters->len > 0)
		round->failures++;
}

static void
count_letters(Meter *meter, const GPtrArray *letters)
{
	for (unsigned i = 0; i < letters->len; i++)
		meter_count_as(meter, METRIC_MAILBOX_MESSAGES, ((const Letter *)letters->pdata[i])->outcome);
	if (letters->len > 0)
		meter_set(meter, METRIC_MAILBOX_TIME, (uint64_t)(g_get_real_time() / G_USEC_PER_SEC));
}

/* Messages that are in hand together. */
typedef struct Lot {
	GArray *uids;  /* uint32_t */
	uint32_t last; /* of those that were begun in order */
	Delivery *delivery;
} Lot;

static Lot *
lot_new(const FolderRound *round, const uint32_t *uids, size_t count, uint32_t last)
{
	Lot *lot = g_new0(Lot, 1);

	lot->uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_array_append_vals(lot->uids, uids, (guint)count);
	lot->last = last;
	lot->delivery = delivery_new(round->workers);
	return lot;
}

static void
lot_free(Lot *lot)
{
	if (lot == NULL)
		return;
	delivery_free(lot->delivery);
	g_array_unref(lot->uids);
	g_free(lot);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lot, lot_free)

/* Hands it to the workers. */
static bool
begin_lot(FolderRound *round, const Lot *lot, GError **error)
{
	const uint32_t *uids = (const uint32_t *)(void *)lot->uids->data;

	return note_begun(round, uids, lot->uids->len, error)
	       && round->driver->fetch(round->source, uids, lot->uids->len, lot->delivery, error);
}

/* Waits for the commits, and moves what they hold. */
static bool
settle_lot(FolderRound *round, const Lot *lot, GError **error)
{
	const FolderPlan *plan = round->plan;
	const GPtrArray *letters = delivery_wait(lot->delivery);

	count_letters(plan->meter, letters);
	if (!dispose_outcome(round, letters, OUTCOME_RECORDED, plan->handled, error)
		|| !dispose_outcome(round, letters, OUTCOME_UNREADABLE, plan->unreadable, error)
		|| !dispose_outcome(round, letters, OUTCOME_NOT_A_REPORT, plan->not_a_report, error))
		return false;
	sort_tries(round, (const uint32_t *)(void *)lot->uids->data, lot->uids->len, letters);
	return note_done(round, lot->last, error);
}

/* NULL: there is none. */
static bool
settle_in_hand(FolderRound *round, Lot **in_hand, GError **error)
{
	g_autoptr(Lot) lot = g_steal_pointer(in_hand);

	return lot == NULL || settle_lot(round, lot, error);
}

/*
 * Reads the next lot while the one in hand is still being committed, then settles that; after a round that failed one after
 * the other, so that something gets done before it fails again. What the server refuses of the next one is no reason to leave
 * the one in hand where it is.
 */
static bool
work_ahead(FolderRound *round, Lot **in_hand, Lot *next, GError **error)
{
	g_autoptr(Lot) begun = next;
	g_autoptr(GError) problem = NULL;

	if (round->past->forgive && !settle_in_hand(round, in_hand, error))
		return false;
	begin_lot(round, begun, &problem);
	if ((problem == NULL || g_error_matches(problem, RETOUR_ERROR, ERROR_INPUT))
		&& !settle_in_hand(round, in_hand, error))
		return false;
	if (problem != NULL) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	*in_hand = g_steal_pointer(&begun);
	return true;
}

/* A message that was begun too often without an end. */
static bool
set_aside(FolderRound *round, uint32_t uid, uint32_t last, GError **error)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autofree char *mailbox = log_value(round->plan->mailbox);
	g_autofree char *folder = log_value(round->plan->name);

	g_array_append_val(uids, uid);
	if (!dispose(round, uids, round->plan->unreadable, error))
		return false;
	g_warning("mailbox=%s folder=%s uid=%u alarm=poisonous tries=%u action=%s", mailbox, folder, uid,
		tries_of(round->mark, uid), *round->plan->unreadable == '\0' ? "left" : "set-aside");
	meter_count(round->plan->meter, METRIC_MAILBOX_SET_ASIDE);
	forget_try(round->mark, uid);
	return note_done(round, last, error);
}

/* What was begun once and is there no more needs no remembering. */
static void
forget_gone(FolderRound *round, const uint32_t *uids, size_t count)
{
	GArray *tried = round->mark->tried;

	for (unsigned i = tried->len; i-- > 0;) {
		uint32_t uid = g_array_index(tried, MailboxTry, i).uid;

		if (uid <= uids[count - 1] && bsearch(&uid, uids, count, sizeof uid, compare) == NULL)
			g_array_remove_index_fast(tried, i);
	}
}

/* One batch that cannot be recorded may be a single message's fault; two are the database's. */
static bool
is_hopeless(const FolderRound *round)
{
	return round->failures >= 2;
}

/* Those without a past, in order and together. Appends the others to suspects. */
static bool
work_together(FolderRound *round, const uint32_t *uids, size_t count, GArray *suspects, GError **error)
{
	g_autoptr(GArray) batch = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autoptr(Lot) in_hand = NULL;

	for (size_t i = 0; i < count && !is_hopeless(round); i++) {
		MailboxTry tried = { uids[i], tries_of(round->mark, uids[i]) };
		Lot *next;

		if (tried.tries >= SUSPECT_TRIES)
			g_array_append_val(suspects, tried);
		else
			g_array_append_val(batch, uids[i]);
		if (batch->len == 0 || (batch->len < BATCH && i + 1 < count))
			continue;
		next = lot_new(round, (const uint32_t *)(void *)batch->data, batch->len, uids[i]);
		if (!work_ahead(round, &in_hand, next, error))
			return false;
		g_array_set_size(batch, 0);
	}
	return settle_in_hand(round, &in_hand, error);
}

static bool
work_one(FolderRound *round, uint32_t uid, uint32_t last, GError **error)
{
	g_autoptr(Lot) lot = lot_new(round, &uid, 1, last);

	return begin_lot(round, lot, error) && settle_lot(round, lot, error);
}

static int
compare_tries(const void *a, const void *b)
{
	const MailboxTry *left = a, *right = b;

	return (left->tries > right->tries) - (left->tries < right->tries);
}

static bool
work_alone(FolderRound *round, GArray *suspects, uint32_t last, GError **error)
{
	g_array_sort(suspects, compare_tries);
	for (unsigned i = 0; i < suspects->len && !is_hopeless(round); i++) {
		const MailboxTry *suspect = &g_array_index(suspects, MailboxTry, i);
		bool done = suspect->tries >= round->plan->tries_max ? set_aside(round, suspect->uid, last, error)
								     : work_one(round, suspect->uid, last, error);

		if (!done)
			return false;
	}
	return true;
}

/* Something was recorded, here or for another folder, since a round of this one last could record nothing. */
static bool
others_go_through(const FolderRound *round)
{
	uint64_t before = round->past->recorded;

	round->past->recorded = workers_recorded(round->workers);
	return before > 0 && round->past->recorded > before;
}

bool
folder_work(FolderRound *round, const uint32_t *uids, size_t count, GError **error)
{
	g_autoptr(GArray) suspects = g_array_new(FALSE, FALSE, sizeof(MailboxTry));

	if (!round->begun)
		forget_gone(round, uids, count);
	round->begun = true;
	if (!work_together(round, uids, count, suspects, error)
		|| !work_alone(round, suspects, uids[count - 1], error)) {
		round->past->forgive = true;
		return false;
	}
	round->past->forgive = is_hopeless(round) || (!round->committed && round->again && !others_go_through(round));
	if (!round->past->forgive)
		return true;
	g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "reports cannot be recorded, they stay in the mailbox");
	return false;
}
