#include "origin.h"

#include "address.h"

#include <string.h>

static bool
local_part_is(const char *text, const char *const *names, size_t count)
{
	g_autofree char *address = address_parse(text);
	const char *local = address == NULL ? text : address;
	size_t size = strcspn(local, "@");

	for (size_t i = 0; i < count; i++)
		if (size == strlen(names[i]) && g_ascii_strncasecmp(local, names[i], size) == 0)
			return true;
	return false;
}

static bool
is_null_sender(const char *return_path)
{
	return strcmp(return_path, "<>") == 0 || g_ascii_strcasecmp(return_path, "<null>") == 0;
}

bool
origin_is_daemon(const char *from)
{
	static const char *const mailers[] = { "mailer-daemon", "mailerdaemon", "postmaster", "mail-daemon",
		"mailer.daemon", "mdaemon", "maildaemon", "mmdf" };

	return local_part_is(from, mailers, G_N_ELEMENTS(mailers))
	       || g_ascii_strncasecmp(from, "Mail Delivery ", 14) == 0
	       || g_ascii_strncasecmp(from, "MicrosoftExchange", 17) == 0;
}

bool
origin_is_mailer(const Message *message, const Inbound *inbound)
{
	const char *return_path = message_header(message, "Return-Path");

	if (inbound->envelope_sender != NULL && *inbound->envelope_sender == '\0')
		return true;
	return is_null_sender(return_path) || is_null_sender(message_header(message, "From"))
	       || origin_is_daemon(message_header(message, "From")) || origin_is_daemon(return_path);
}

bool
origin_is_automatic(const Message *message, const Inbound *inbound)
{
	const char *submitted = message_header(message, "Auto-Submitted");

	if (origin_is_mailer(message, inbound) || *message_header(message, "X-Failed-Recipients") != '\0')
		return true;
	return g_ascii_strncasecmp(submitted, "auto-", 5) == 0;
}

bool
origin_is_list(const Message *message)
{
	return *message_header(message, "List-Id") != '\0' || *message_header(message, "List-Post") != '\0'
	       || g_ascii_strcasecmp(message_header(message, "Precedence"), "list") == 0;
}

bool
origin_is_postmaster_copy(const Message *message)
{
	static const char *const subjects[] = { "Postmaster notify", "Postmaster Copy:", "Postmaster Warning",
		"Double bounce:" };
	static const char *const senders[] = { "double-bounce" };
	const char *subject = message_header(message, "Subject");

	for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++)
		if (g_ascii_strncasecmp(subject, subjects[i], strlen(subjects[i])) == 0)
			return true;
	if (strstr(subject, " SMTP server: errors from ") != NULL)
		return true;
	if (strstr(message_header(message, "Auto-Submitted"), "postmaster-notification") != NULL)
		return true;
	return local_part_is(message_header(message, "From"), senders, G_N_ELEMENTS(senders))
	       || local_part_is(message_header(message, "Return-Path"), senders, G_N_ELEMENTS(senders));
}
