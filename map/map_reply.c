#include "map_reply.h"

#include "refusal.h"

#define UNAVAILABLE "TEMP the list of blocked recipients cannot be consulted at the moment"

static char *
reject(const MapListener *listener, const Listing *listing, const char *recipient)
{
	g_autofree char *text = refusal_text(listing, recipient, listener->blocking.support);

	switch ((MapFormat)listener->format) {
	case FORMAT_ACCESS:
		return g_strconcat("OK " REFUSAL_CODE " " REFUSAL_STATUS " ", text, NULL);
	case FORMAT_TRANSPORT:
		return g_strconcat("OK error:" REFUSAL_STATUS " ", text, NULL);
	case FORMAT_SENDMAIL:
		/* Quoted, or parentheses would be taken for a comment. */
		return g_strdup_printf(
			"OK ERROR:" REFUSAL_STATUS ":\"" REFUSAL_CODE " %s\"", g_strdelimit(text, "\"\\", '\''));
	}
	g_assert_not_reached();
}

char *
map_reply(const MapListener *listener, GateAnswer answer, const Listing *listing, const char *recipient)
{
	if (answer == GATE_UNKNOWN && listener->blocking.when_unavailable == UNAVAILABLE_TEMPFAIL)
		return g_strdup(UNAVAILABLE);
	if (answer != GATE_CLOSED)
		return g_strdup(REPLY_NOT_FOUND);
	switch (blocking_mode(&listener->blocking, listing)) {
	case BLOCK_REJECT:
		return reject(listener, listing, recipient);
	case BLOCK_DISCARD: /* transport only, see map_settings.c */
		return g_strdup_printf("OK discard:%s %s", listing->reference, category_name(listing->category));
	case BLOCK_MARK: /* access only */
		return g_strdup_printf("OK PREPEND %s: %s %s", listener->blocking.mark_header, listing->reference,
			category_name(listing->category));
	case BLOCK_LOG:
		break;
	}
	return g_strdup(REPLY_NOT_FOUND);
}
