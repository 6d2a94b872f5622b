#include "outcome.h"

#include "cues.h"
#include "reply.h"
#include "text.h"

#include <string.h>

#define DIAGNOSTIC_LIMIT 2000

/* Each begins as a phrase of CUE_STAGE does. */
static const struct {
	const char *phrase; /* lower case */
	Stage stage;
} stages[] = {
	{ "rcpt to:", STAGE_RCPT },
	{ "rcpt to command", STAGE_RCPT },
	{ "rcpt to response", STAGE_RCPT },
	{ "rcpt_to", STAGE_RCPT },
	{ "rcpt command", STAGE_RCPT },
	{ "smtp:rcpt", STAGE_RCPT },
	{ "does not like recipient", STAGE_RCPT },
	{ "end of data", STAGE_END_OF_DATA },
	{ "end_of_data", STAGE_END_OF_DATA },
	{ "final data", STAGE_END_OF_DATA },
	{ "after i sent the message", STAGE_END_OF_DATA },
	{ "text command", STAGE_END_OF_DATA },
	{ "(text)", STAGE_END_OF_DATA },
	{ "accept your message (data)", STAGE_END_OF_DATA },
	{ "mail from:", STAGE_MAIL },
	{ "mail from command", STAGE_MAIL },
	{ "mail from response", STAGE_MAIL },
	{ "mail_from", STAGE_MAIL },
	{ "mail command", STAGE_MAIL },
	{ "sender was rejected", STAGE_MAIL },
	{ "does not like sender", STAGE_MAIL },
	{ "data command", STAGE_DATA },
	{ "after data", STAGE_DATA },
	{ ">>> data", STAGE_DATA },
	{ "our data", STAGE_DATA },
	{ "step: data", STAGE_DATA },
	{ "initial connection", STAGE_CONNECT },
	{ "while connecting", STAGE_CONNECT },
	{ "initial greeting", STAGE_CONNECT },
	{ "ehlo", STAGE_HELO },
	{ "helo", STAGE_HELO },
};

/* The phrase that stands first names the command that was answered. */
static Stage
find_stage(const char *lower)
{
	const char *first = NULL;
	Stage stage = STAGE_UNKNOWN;

	if (!cue_found(CUE_STAGE, lower))
		return STAGE_UNKNOWN;
	for (size_t i = 0; i < G_N_ELEMENTS(stages); i++) {
		const char *p = strstr(lower, stages[i].phrase);

		if (p != NULL && (first == NULL || p < first)) {
			first = p;
			stage = stages[i].stage;
		}
	}
	return stage;
}

static bool
is_reply_code(const char *p)
{
	return (p[0] == '4' || p[0] == '5') && g_ascii_isdigit(p[1]) && p[1] <= '7' && g_ascii_isdigit(p[2])
	       && (p[3] == '\0' || strchr(" -\t\n,:;.<", p[3]) != NULL) && !(p[3] == '.' && g_ascii_isdigit(p[4]));
}

/* At the start of a line, or behind what introduces a quotation: "said: 550", "reason: 550", "[550", "'550", "#550". */
static bool
may_quote(const char *text, const char *p)
{
	const char *before = p;

	while (before > text && strchr(" \t\"'(<", before[-1]) != NULL)
		before--;
	if (before == text || strchr("\n:[#=", before[-1]) != NULL)
		return true;
	if (before - text >= 4 && g_ascii_strncasecmp(before - 4, "code", 4) == 0)
		return true;
	return before < p && before - text >= 3
	       && (memcmp(before - 3, "<<<", 3) == 0 || memcmp(before - 2, "->", 2) == 0);
}

static bool
is_followed_by_status(const char *p)
{
	Status status;
	g_autofree char *head = g_strndup(p, 12);

	return status_find(head, &status) && g_ascii_isdigit(head[0]);
}

/* Where the first quoted reply of class 4 or 5 begins, or NULL. */
static const char *
find_reply(const char *text)
{
	for (const char *p = text; (p = strpbrk(p, "45")) != NULL; p++) {
		if (!is_reply_code(p) || (p > text && (g_ascii_isalnum(p[-1]) || strchr("._/", p[-1]) != NULL)))
			continue;
		if (may_quote(text, p) || (p[3] != '\0' && is_followed_by_status(p + 3 + strspn(p + 3, " -#("))))
			return p;
	}
	return NULL;
}

bool
outcome_has_reply(const char *text)
{
	Status status;

	return find_reply(text) != NULL || (status_find(text, &status) && status.class != 2);
}

#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789.-"

/* The host name or IPv4 address at p; 0: none. */
static size_t
host_size(const char *p)
{
	size_t size = strspn(p, HOST_CHARACTERS);

	while (size > 0 && (p[size - 1] == '.' || p[size - 1] == '-'))
		size--;
	return size > 3 && memchr(p, '.', size) != NULL && p[size] != '@' ? size : 0;
}

/* "mx.example.org [192.0.2.1]", "mx.example.org[192.0.2.1]". Owned by the caller; NULL. */
static char *
host_before_address(const char *lower)
{
	for (const char *p = lower; (p = strchr(p, '[')) != NULL; p++) {
		const char *end = p, *begin;

		if (!g_ascii_isxdigit(p[1]))
			continue;
		while (end > lower && end[-1] == ' ')
			end--;
		for (begin = end; begin > lower && p - begin < 255 && strchr(HOST_CHARACTERS, begin[-1]) != NULL;)
			begin--;
		if (begin < end && host_size(begin) > 0)
			return g_strndup(begin, host_size(begin));
	}
	return NULL;
}

/* "host mx.example.org said", "while talking to mx.example.org": the remote side's name. Owned by the caller; NULL. */
static char *
find_host(const char *lower)
{
	static const char *const words[] = { "while talking to ", "remote host ", "host: ", "host ", "server ",
		"connect to ", "connected to ", " by " };

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		const char *p = strstr(lower, words[i]);
		size_t size = p == NULL ? 0 : host_size(p + strlen(words[i]));

		if (size > 0)
			return g_strndup(p + strlen(words[i]), size);
	}
	return host_before_address(lower);
}

/* Without what closes the quotation it was taken from: a quote, a bracket that was opened before it. */
static char *
unquoted(const char *text)
{
	size_t size = strlen(text);

	for (; size > 0; size--) {
		char last = text[size - 1];
		const char *opening = "";

		if (last == ']')
			opening = "[";
		else if (last == ')')
			opening = "(";

		if (strchr("'\" \n", last) == NULL
			&& (*opening == '\0' || g_strstr_len(text, (gssize)size, opening) != NULL))
			break;
	}
	return text_clean(text, size, DIAGNOSTIC_LIMIT);
}

/* The reply itself: to where the reporting MTA goes on in its own words. Owned by the caller. */
static char *
reply_alone(const char *reply)
{
	const char *line = reply;

	while ((line = strchr(line, '\n')) != NULL) {
		g_autofree char *head = g_strndup(++line, 40), *lower = g_ascii_strdown(head, -1);

		if (cue_begins(CUE_AFTERWORD, lower + strspn(lower, " -:>")))
			return g_strndup(reply, (gsize)(line - reply));
	}
	return g_strdup(reply);
}

void
outcome_fill(Event *event, const char *text)
{
	const char *reply = find_reply(text);
	g_autofree char *introduction = g_strndup(text, reply == NULL ? strlen(text) : (size_t)(reply - text));
	g_autofree char *lower = cue_lower(introduction), *host = find_host(lower);
	g_autofree char *words = reply == NULL ? g_strdup(text) : reply_alone(reply);
	g_autofree char *diagnostic = unquoted(words);
	Stage stage = find_stage(lower);

	reply_fill(event, diagnostic, (Status){ 0 });
	if (!status_is_set(event->status))
		status_find(text, &event->status);
	if (reply != NULL)
		event->reply_code = (unsigned)((reply[0] - '0') * 100 + (reply[1] - '0') * 10 + (reply[2] - '0'));
	if (stage != STAGE_UNKNOWN)
		event->stage = stage;
	report_set(&event->remote_mta, host);
}
