#include "answer.h"

#include "evidence.h"
#include "report.h"
#include "when.h"

#include <string.h>

#define DAY ((int64_t)86400)
#define NOW ((int64_t)1795458400) /* 2026-11-23 18:26:40 UTC */
#define ADDRESS "person@example.org"

typedef struct Entry {
	const char *target, *scope;
	Category category;
	const char *source, *reason, *reference;
	int64_t since, expires_at;
} Entry;

typedef struct Past {
	int64_t at;
	const char *action, *category, *evidence;
} Past;

typedef struct AnswerCase {
	const char *name;
	Entry entries[3];
	Past events[3];
	int64_t sent[2];
	const char *answer;
} AnswerCase;

static const AnswerCase cases[] = {
	{ .name = "nothing",
		.answer = "Nothing is known of " ADDRESS
			  ": no mail to it recorded, no trouble reported, no entry on the blacklist" },
	{ .name = "listed",
		.entries = { { ADDRESS, "*", CATEGORY_USER_UNKNOWN, "auto", "550 5.1.1 no", "R-1042", NOW - DAY,
			NEVER_EXPIRES } },
		.answer = "Mail from all senders to " ADDRESS " is refused by us since 2026-11-22 18:26 because the "
			  "mailbox does not exist (reference R-1042)" },
	{ .name = "listed-for-a-while-and-twice",
		.entries = { { ADDRESS, "shop.example", CATEGORY_COMPLAINT_SPAM, "auto", "", "R-7", NOW - DAY,
				     NOW + DAY },
			{ ADDRESS, "news.example", CATEGORY_COMPLAINT_SPAM, "auto", "", "R-8", NOW - 2 * DAY,
				NEVER_EXPIRES } },
		.answer = "Mail from shop.example to " ADDRESS
			  " is refused by us since 2026-11-22 18:26 because the recipient "
			  "marked mail from this sender as spam (reference R-7, until 2026-11-24 18:26); 1 more entry "
			  "is in force" },
	{ .name = "all-senders-before-one",
		.entries = { { ADDRESS, "shop.example", CATEGORY_COMPLAINT_SPAM, "auto", "", "R-7", NOW,
				     NEVER_EXPIRES },
			{ "@example.org", "*", CATEGORY_POLICY_OTHER, "manual", "the company is no more", "R-9",
				NOW - DAY, NEVER_EXPIRES } },
		.answer =
			"Mail from all senders to " ADDRESS
			" is refused by us since 2026-11-22 18:26, as all of example.org is, because somebody entered "
			"it: the company is no more (reference R-9); 1 more entry is in force" },
	{ .name = "expired",
		.entries = { { ADDRESS, "*", CATEGORY_USER_UNKNOWN, "auto", "", "R-1", NOW - DAY, NOW } },
		.sent = { NOW - DAY },
		.answer = "No obstacle known for " ADDRESS ": mail last sent 2026-11-22 18:26, no bounce since" },
	{ .name = "bounced",
		.events = { { NOW - DAY, "failed", "mailbox_full", "known_message" } },
		.sent = { NOW - DAY },
		.answer = "Mail to " ADDRESS
			  " is not refused by us, but on 2026-11-22 18:26 mail failed because the mailbox is full" },
	{ .name = "bounced-unproven",
		.events = { { NOW - DAY, "failed", "user_unknown", "unverified" } },
		.answer = "Mail to " ADDRESS
			  " is not refused by us, but on 2026-11-22 18:26 mail failed because the mailbox "
			  "does not exist (not proven: anybody could have sent that report)" },
	{ .name = "sent-after-a-bounce",
		.events = { { NOW - 2 * DAY, "failed", "mailbox_full", "local" } },
		.sent = { NOW - DAY, NOW - 2 * DAY },
		.answer = "No obstacle known for " ADDRESS ": mail last sent 2026-11-22 18:26, no bounce since" },
	{ .name = "a-reply-is-no-trouble",
		.events = { { NOW, "replied", "auto_reply", "local" },
			{ NOW - DAY, "delayed", "greylisted", "local" } },
		.answer = "Mail to " ADDRESS
			  " is not refused by us, but on 2026-11-22 18:26 mail was delayed, and tried again, "
			  "because the provider asks to try again later" },
	{ .name = "complained",
		.events = { { NOW - DAY, "complained", "complaint_spam", "reporter" } },
		.answer = "Mail to " ADDRESS
			  " is not refused by us, but on 2026-11-22 18:26 the recipient complained about mail "
			  "(the recipient marked mail from this sender as spam)" },
	/* what a later version of the schema may hold */
	{ .name = "unknown-category",
		.events = { { NOW - DAY, "failed", "eaten_by_the_dog", "local" } },
		.answer = "Mail to " ADDRESS
			  " is not refused by us, but on 2026-11-22 18:26 mail failed because eaten_by_the_dog" },
};

static Listing *
listing_of(const Entry *entry)
{
	Listing *listing = listing_new();

	report_set(&listing->target, entry->target);
	report_set(&listing->scope, entry->scope);
	report_set(&listing->source, entry->source);
	report_set(&listing->reason, entry->reason);
	report_set(&listing->reference, entry->reference);
	listing->category = entry->category;
	listing->since = entry->since;
	listing->expires_at = entry->expires_at;
	return listing;
}

static LookupEvent *
event_of(const Past *past)
{
	LookupEvent *event = g_new0(LookupEvent, 1);

	event->at = past->at;
	event->action = g_strdup(past->action);
	event->category = g_strdup(past->category);
	event->evidence = g_strdup(past->evidence);
	return event;
}

static void
event_free(void *data)
{
	LookupEvent *event = data;

	g_free(event->action);
	g_free(event->category);
	g_free(event->evidence);
	g_free(event);
}

static void
test_answer(const void *data)
{
	const AnswerCase *expected = data;
	g_autoptr(GPtrArray) listings = g_ptr_array_new_with_free_func((GDestroyNotify)listing_free);
	g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func(event_free);
	g_autoptr(GPtrArray) sent = g_ptr_array_new_with_free_func(g_free);
	Lookup lookup = { .address = (char[]){ ADDRESS }, .listings = listings, .events = events, .sent = sent };
	g_autofree char *answer = NULL;

	for (size_t i = 0; expected->entries[i].target != NULL; i++)
		g_ptr_array_add(listings, listing_of(&expected->entries[i]));
	for (size_t i = 0; expected->events[i].action != NULL; i++)
		g_ptr_array_add(events, event_of(&expected->events[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(expected->sent) && expected->sent[i] != 0; i++) {
		LookupSent *mail = g_new0(LookupSent, 1);

		mail->at = expected->sent[i];
		g_ptr_array_add(sent, mail);
	}
	answer = answer_text(&lookup, NOW);
	g_assert_cmpstr(answer, ==, expected->answer);
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", "UTC", TRUE);
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/support/answer/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_answer);
	}
	return g_test_run();
}
