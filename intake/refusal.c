#include "refusal.h"

#include <string.h>

/* RFC 5321 section 4.5.3.1.5: a reply line has at most 512 octets with the code and CRLF. */
#define LINE_OCTETS (512 - strlen(REFUSAL_CODE " " REFUSAL_STATUS " \r\n"))

/* Printable ASCII without surrounding blanks; whatever else was there becomes '?', line breaks become blanks. */
static char *
clean(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (const char *at = text; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
		if (*at == '\r' || *at == '\n' || *at == '\t')
			g_string_append_c(out, ' ');
		else
			g_string_append_c(out, g_ascii_isprint(*at) ? *at : '?');
	}
	return g_strstrip(g_strdup(out->str));
}

/*
 * A person's own words say more than the category; an automatic entry's reason is a remote server's reply, which may say
 * anything.
 */
static char *
reason_of(const Listing *listing)
{
	bool automatic = strcmp(listing->source, "auto") == 0;
	char *reason =
		clean(automatic || *listing->reason == '\0' ? category_text(listing->category) : listing->reason);

	while (g_str_has_suffix(reason, "."))
		reason[strlen(reason) - 1] = '\0';
	return reason;
}

char *
refusal_text(const Listing *listing, const char *address, const char *support)
{
	g_autofree char *recipient = clean(address);
	g_autofree char *reason = reason_of(listing);
	g_autofree char *who = clean(support);
	g_autofree char *scope = clean(listing->scope);
	g_autofree char *reference = clean(listing->reference);
	g_autoptr(GDateTime) since = g_date_time_new_from_unix_utc(listing->since);
	g_autofree char *day = since == NULL ? g_strdup("?") : g_date_time_format(since, "%Y-%m-%d");
	g_autoptr(GString) head = g_string_new("Mail");
	g_autofree char *tail = g_strdup_printf(" (since %s). Ask %s with reference %s", day, who, reference);
	size_t room;

	if (strcmp(listing->scope, SCOPE_ALL) != 0)
		g_string_append_printf(head, " from %s", scope);
	g_string_append_printf(head, " to %s is blocked here: ", recipient);
	g_string_truncate(head, MIN(head->len, LINE_OCTETS - MIN(strlen(tail), LINE_OCTETS)));
	/* The reason gives way, the reference never does. */
	room = LINE_OCTETS - MIN(head->len + strlen(tail), LINE_OCTETS);
	g_string_append_len(head, reason, (gssize)MIN(strlen(reason), room));
	g_string_append(head, tail);
	g_string_truncate(head, MIN(head->len, LINE_OCTETS));
	return g_string_free(g_steal_pointer(&head), FALSE);
}
