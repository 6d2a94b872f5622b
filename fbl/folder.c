#include "folder.h"

#include "log.h"

#define BATCH 250       /* messages begun together: one note in the ledger, one FETCH, one MOVE */
#define SUSPECT_TRIES 2 /* begun that often before: alone from now on, so that it drags no other along */

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
		else if (!*round->forgive)
			tried->tries++;
	}
	return mailbox_ledger_save(round->ledger, round->key, round->plan->name, round->mark, error);
}

static bool
note_done(FolderRound *round, uint32_t last, GError **error)
{
	MailboxMark *mark = round->mark;

	if (round->driver->ascending) {
		uint32_t dealt = round->lowest == 0 ? last : MIN(last, round->lowest - 1);

		mark->last_uid = MAX(mark->last_uid, dealt);
	}
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

	for (size_t i = 0; i < count; i++) {
		bool tried_again = false;

		for (unsigned k = 0; k < again->len && !tried_again; k++)
			tried_again = g_array_index(again, uint32_t, k) == uids[i];
		if (!tried_again)
			forget_try(round->mark, uids[i]);
		else if (round->lowest == 0)
			round->lowest = uids[i];
	}
	if (again->len < letters->len) {
		round->committed = true;
		round->failures = 0;
	} else if (letters->len > 0) {
		round->failures++;
	}
}

static bool
work_batch(FolderRound *round, const uint32_t *uids, size_t count, GError **error)
{
	const FolderPlan *plan = round->plan;
	g_autoptr(Delivery) delivery = delivery_new(round->workers);
	const GPtrArray *letters;

	if (!note_begun(round, uids, count, error)
		|| !round->driver->fetch(round->source, uids, count, delivery, error))
		return false;
	letters = delivery_wait(delivery);
	if (!dispose_outcome(round, letters, OUTCOME_RECORDED, plan->handled, error)
		|| !dispose_outcome(round, letters, OUTCOME_UNREADABLE, plan->unreadable, error)
		|| !dispose_outcome(round, letters, OUTCOME_NOT_A_REPORT, plan->not_a_report, error))
		return false;
	sort_tries(round, uids, count, letters);
	return note_done(round, uids[count - 1], error);
}

/* A message that was begun too often without an end. */
static bool
set_aside(FolderRound *round, uint32_t uid, GError **error)
{
	g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	g_autofree char *mailbox = log_value(round->plan->mailbox);
	g_autofree char *folder = log_value(round->plan->name);

	g_array_append_val(uids, uid);
	if (!dispose(round, uids, round->plan->unreadable, error))
		return false;
	g_warning("mailbox=%s folder=%s uid=%u alarm=poisonous tries=%u action=%s", mailbox, folder, uid,
		tries_of(round->mark, uid), *round->plan->unreadable == '\0' ? "left" : "set-aside");
	forget_try(round->mark, uid);
	return note_done(round, uid, error);
}

static bool
work_some(FolderRound *round, const uint32_t *uids, size_t count, size_t *ret_done, GError **error)
{
	size_t together = 0;
	unsigned tries = tries_of(round->mark, uids[0]);

	*ret_done = 1;
	if (tries >= round->plan->tries_max)
		return set_aside(round, uids[0], error);
	if (tries >= SUSPECT_TRIES)
		return work_batch(round, uids, 1, error);
	while (together < MIN(count, BATCH) && tries_of(round->mark, uids[together]) < SUSPECT_TRIES)
		together++;
	*ret_done = together;
	return work_batch(round, uids, together, error);
}

bool
folder_work(FolderRound *round, const uint32_t *uids, size_t count, GError **error)
{
	for (size_t at = 0, done; at < count; at += done) {
		if (!work_some(round, uids + at, count - at, &done, error)) {
			*round->forgive = true;
			return false;
		}
		/* One may be a single message's fault; two are the database's. */
		if (round->failures >= 2)
			break;
	}
	*round->forgive = !round->committed && round->lowest != 0;
	if (!*round->forgive && round->failures < 2)
		return true;
	*round->forgive = true;
	g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "reports cannot be recorded, they stay in the mailbox");
	return false;
}
