#include "complained.h"

#include "address.h"
#include "original.h"

#include <string.h>

#define MASK_LIMIT 254

static bool
is_known(const Report *report, const char *address)
{
	for (guint i = 0; i < report->events->len; i++) {
		const Event *event = g_ptr_array_index(report->events, i);

		if (g_ascii_strcasecmp(event->recipient, address) == 0)
			return true;
	}
	return false;
}

void
complained_mask(Report *report, const char *value)
{
	const char *at = strrchr(value, '@'), *start = at;
	g_autofree char *mask = NULL;
	Event *event;

	if (at == NULL || report->events->len != 1)
		return;
	event = g_ptr_array_index(report->events, 0);
	while (start > value && strchr(" <:;,\"", start[-1]) == NULL)
		start--;
	mask = g_strndup(start, strcspn(start, " \t>,;)"));
	if (*event->recipient == '\0' && strlen(mask) <= MASK_LIMIT && address_is_redacted(mask))
		text_fill(&event->mask, mask);
}

void
complained_add(Report *report, const char *value, size_t limit)
{
	g_autoptr(GPtrArray) addresses = address_list_parse(value, limit);

	for (guint i = 0; i < addresses->len && report->events->len < limit; i++) {
		const char *address = g_ptr_array_index(addresses, i);
		Event *event;

		if (is_known(report, address))
			continue;
		event = report_add_event(report, ACTION_COMPLAINED);
		report_set(&event->recipient, address);
		report_set(&event->original_recipient, address);
	}
}

/* Where To and Cc name several, anybody of them may have complained, and the wrong one must not suffer for it. */
static void
add_only_recipient(Report *report, const GPtrArray *headers)
{
	g_autoptr(GPtrArray) in_to = address_list_parse(headers_get(headers, "To"), 2);
	g_autoptr(GPtrArray) in_cc = address_list_parse(headers_get(headers, "Cc"), 2);

	if (in_to->len + in_cc->len == 1)
		complained_add(report, g_ptr_array_index(in_to->len == 1 ? in_to : in_cc, 0), 1);
}

/* "SRS0+hash=tt=domain=user@forwarder" is built alike. */
static bool
is_rewritten(const char *local)
{
	return g_ascii_strncasecmp(local, "srs0", 4) == 0 || g_ascii_strncasecmp(local, "srs1", 4) == 0;
}

/* The recipient in a return path as Postfix and Sendmail make them: "news+anna=mail.example@shop.example". NULL: none. */
static char *
verp_decode(const char *value)
{
	g_autofree char *sender = address_parse(value), *recipient = NULL;
	const char *plus = sender == NULL ? NULL : strchr(sender, '+'), *dot;
	char *equals;

	if (plus == NULL || plus == sender || is_rewritten(sender))
		return NULL;
	recipient = g_strndup(plus + 1, (gsize)(strrchr(sender, '@') - plus - 1));
	equals = strrchr(recipient, '=');
	dot = equals == NULL ? NULL : strrchr(equals, '.');
	if (dot == NULL || !g_ascii_isalpha(dot[1]))
		return NULL;
	*equals = '@';
	return address_parse(recipient);
}

void
complained_from_headers(Report *report, const GPtrArray *headers)
{
	static const char *const delivered[] = { "Delivered-To", "X-Original-To", "X-Apparently-To" };

	complained_add(report, headers_get(headers, "X-HmXmrOriginalRecipient"), 1);
	if (report->events->len == 0)
		add_only_recipient(report, headers);
	for (size_t i = 0; i < G_N_ELEMENTS(delivered) && report->events->len == 0; i++)
		complained_add(report, headers_get(headers, delivered[i]), 1);
	if (report->events->len == 0) {
		g_autofree char *recipient = verp_decode(headers_get(headers, "Return-Path"));

		complained_add(report, recipient == NULL ? "" : recipient, 1);
	}
	if (report->events->len == 0)
		report_add_event(report, ACTION_COMPLAINED);
}

void
complained_source(Report *report, const char *value)
{
	const char *start = value + strspn(value, " [");
	g_autofree char *ip = g_strndup(start, strcspn(start, "] ;,()"));

	if (g_hostname_is_ip_address(ip))
		text_fill(&report->source_ip, ip);
}

void
complained_source_from_headers(Report *report, const GPtrArray *headers)
{
	static const struct {
		const char *field, *before;
	} places[] = {
		{ "Received-SPF", "client-ip=" },
		{ "Authentication-Results", "sender IP is " }, /* Microsoft */
		{ "X-Sender-IP", "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		const char *found = strstr(headers_get(headers, places[i].field), places[i].before);

		if (found != NULL)
			complained_source(report, found + strlen(places[i].before));
	}
}
