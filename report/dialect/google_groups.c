#include "dialects.h"
#include "failures.h"
#include "original.h"

#include <string.h>

/*
 * Google Groups writes its refusals as prose, without any code, in the language of the group's owner: dozens of them. What
 * it says is always the same, so it is told from its links and given in English.
 */
static const char words[] =
	"The group you tried to contact may not exist, or you may not have permission to post messages "
	"to the group.";

/* In every language; in English also where a cut mail has lost the link. */
static const char *const marks[] = { "https://groups.google.com/support/", "/bin/topic.py",
	"the group you tried to contact" };

static bool
is_refusal(const Prose *prose)
{
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (strstr(prose->lower->str, marks[i]) != NULL)
			return true;
	return false;
}

static Report *
read_report(const Message *message, const Inbound *inbound, const Limits *limits)
{
	g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(Prose) prose = NULL;
	GHashTableIter iter;
	gpointer address;
	Report *report;

	if (strcasestr(message_header(message, "From"), "mailer-daemon@google") == NULL
		|| *message->report_type != '\0')
		return NULL;
	failures_take_addresses(groups, message_header(message, "X-Failed-Recipients"));
	if (g_hash_table_size(groups) == 0)
		return NULL;
	prose = prose_read(message, inbound, limits);
	if (!is_refusal(prose))
		return NULL;
	report = report_new(REPORT_BOUNCE, "google-groups");
	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, NULL, &address) && report->events->len < limits->recipients) {
		Event *event = report_add_event(report, ACTION_FAILED);

		report_set(&event->recipient, address);
		report_set(&event->diagnostic, words);
	}
	original_read_headers(&report->original, prose->returned);
	return report;
}

const Reader google_groups_reader = { "google-groups", read_report };
