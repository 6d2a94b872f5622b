#include "readers.h"

#include "address.h"
#include "content_type.h"
#include "dialect/dialects.h"
#include "digest.h"
#include "generic.h"
#include "original.h"
#include "reader.h"

#include <string.h>

/* Asked in this order: the strict formats first, what must guess from wording last. */
static const Reader *const readers[] = {
	&xarf_reader, /* which may call itself ARF */
	&arf_reader,
	&rfc3464_reader,
	&mdn_reader,
	&sns_reader,
	&spamcop_reader,
	&google_groups_reader,
	&fml_reader,
	&auto_reply_reader,
	&unsubscribe_reader, /* after what machines answer to such an address */
	&generic_reader,
	&other_reader,
};

/* The same order; a pointer table of its own because readers are known to the linker, not to the compiler. */
const char *const *
report_reader_names(void)
{
	static const char *const names[] = { "xarf", "arf", "rfc3464", "mdn", "amazon-sns", "spamcop", "google-groups",
		"fml", "auto_reply", "unsubscribe", "generic", "other", NULL };

	G_STATIC_ASSERT(G_N_ELEMENTS(names) == G_N_ELEMENTS(readers) + 1);
	return names;
}

static void
read_own_headers(Report *report, const Message *message)
{
	g_autofree char *id = message_id_parse(message_header(message, "Message-ID"));
	g_autofree char *from = address_parse(message_header(message, "From"));

	text_fill(&report->message_id, id);
	text_fill(&report->subject, message_header(message, "Subject"));
	text_fill(&report->from, from);
	report->kept[0] = g_byte_array_ref(message->guarded.headers);
	report->kept[1] = g_byte_array_ref(message->guarded.mime);
	report->kept[2] = g_byte_array_ref(message->guarded.original);
}

void
report_name(Report *report)
{
	digest_message(report->kept[0], report->kept[1], report->kept[2], report->digest);
}

/* By its outermost type alone: a person who forwards a bounce sends no garbled one. */
static bool
is_garbled(const Report *report, const Message *message)
{
	g_autofree char *type = content_type_name(message_header(message, "Content-Type"));

	return report->kind == REPORT_OTHER && report->events->len == 0 && g_strcmp0(type, "multipart/report") == 0
	       && (strcmp(message->report_type, "delivery-status") == 0
		       || strcmp(message->report_type, "feedback-report") == 0);
}

Report *
report_read(const Inbound *inbound, const Limits *limits)
{
	g_autoptr(Message) message = message_parse(inbound, limits);
	Report *report = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(readers) && report == NULL; i++)
		report = readers[i]->read(message, inbound, limits);
	g_assert(report != NULL);
	read_own_headers(report, message);
	report->garbled = is_garbled(report, message);
	return report;
}
