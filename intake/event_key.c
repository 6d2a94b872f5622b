#include "event_key.h"

#include <string.h>

#define PURPOSE "retour event 1"

/* Every part with its length before it, so that no two lists of parts read the same. */
static void
add(GChecksum *sum, const char *part)
{
	size_t length = strlen(part);
	guint64 size = GUINT64_TO_BE((guint64)length);

	g_checksum_update(sum, (const guchar *)&size, sizeof size);
	g_checksum_update(sum, (const guchar *)part, (gssize)length);
}

static void
add_original(GChecksum *sum, const Report *report, bool hidden, const char *message)
{
	const Original *original = &report->original;
	bool by_report = hidden && report->kind == REPORT_COMPLAINT;

	if (message != NULL) {
		add(sum, "message");
		add(sum, message);
	} else if (!by_report && *original->message_id != '\0') {
		add(sum, "message");
		add(sum, original->message_id);
	} else if (!by_report && *original->queue_id != '\0') {
		add(sum, "queue");
		add(sum, original->queue_id);
		add(sum, report->reporting_mta);
		add(sum, original->arrival_date);
	} else {
		add(sum, "report");
		add(sum, report->digest);
	}
}

static void
add_recipient(GChecksum *sum, unsigned index, const char *address)
{
	char place[16];

	g_snprintf(place, sizeof place, "%u", index);
	add(sum, *address == '\0' ? "hidden" : "address");
	add(sum, *address == '\0' ? place : address);
}

void
event_key(const Report *report, unsigned index, const char *address, const char *message,
	unsigned char ret_key[static EVENT_KEY_SIZE])
{
	const Event *event = g_ptr_array_index(report->events, index);
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 digest[32];
	gsize size = sizeof digest;

	add(sum, PURPOSE);
	add_original(sum, report, *address == '\0', message);
	add_recipient(sum, index, address);
	add(sum, action_name(event->action));
	if (event->action == ACTION_COMPLAINED)
		add(sum, report->feedback_type);
	g_checksum_get_digest(sum, digest, &size);
	g_checksum_free(sum);
	G_STATIC_ASSERT(sizeof digest >= EVENT_KEY_SIZE);
	memmove(ret_key, digest, EVENT_KEY_SIZE);
}
