#include "reply.h"

#include "cues.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define CODE_SIZE 4 /* "550-" or "550 " */

typedef struct StageCue {
	const char *before, *words; /* both stand in the text, the second right after the first; lower case */
	Stage stage;
} StageCue;

/* Order matters: the first pair found wins, and "data" begins many phrases. Each begins as a phrase of CUE_STAGE does. */
static const StageCue stage_cues[] = {
	{ "in reply to ", "end of data", STAGE_END_OF_DATA },
	{ "in reply to ", "data", STAGE_DATA },
	{ "in reply to ", "rcpt", STAGE_RCPT },
	{ "in reply to ", "mail", STAGE_MAIL },
	{ "in reply to ", "ehlo", STAGE_HELO },
	{ "in reply to ", "helo", STAGE_HELO },
	{ "in reply to ", "lhlo", STAGE_HELO },
	{ "while sending ", "end of data", STAGE_END_OF_DATA },
	{ "while sending ", "message body", STAGE_END_OF_DATA },
	{ "while sending ", "data", STAGE_DATA },
	{ "while sending ", "rcpt", STAGE_RCPT },
	{ "while sending ", "mail", STAGE_MAIL },
	{ "while receiving the initial", " server greeting", STAGE_CONNECT },
	{ "while performing the ", "ehlo", STAGE_HELO },
	{ "while performing the ", "helo", STAGE_HELO },
	{ "refused to talk", " to me", STAGE_CONNECT },
	{ "after end of", " data", STAGE_END_OF_DATA },
	{ "after pipelined ", "data", STAGE_DATA },
	{ "after pipelined ", "rcpt", STAGE_RCPT },
	{ "after pipelined ", "mail", STAGE_MAIL },
	{ "after ", "rcpt to", STAGE_RCPT },
	{ "after ", "mail from", STAGE_MAIL },
	{ "after ", "data", STAGE_DATA },
	{ "after ", "ehlo", STAGE_HELO },
	{ "after ", "helo", STAGE_HELO },
	{ "after ", "initial connection", STAGE_CONNECT },
	{ "[", "rcpt_to]", STAGE_RCPT },
	{ "[", "mail_from]", STAGE_MAIL },
	{ "[", "data]", STAGE_DATA },
	{ "connect to ", "", STAGE_CONNECT },
};

static bool
is_code(const char *p, const char code[static CODE_SIZE])
{
	return strncmp(p, code, 3) == 0 && (p[3] == '-' || p[3] == ' ');
}

/* Length of the repeated code at p, with the enhanced code when that is repeated as well; 0: none. status: "" before it was told. */
static size_t
repeated(const char *p, const char code[static CODE_SIZE], const char *status, bool several_lines)
{
	size_t size;

	if (!is_code(p, code))
		return 0;
	size = CODE_SIZE;
	if (*status != '\0' && g_str_has_prefix(p + size, status) && p[size + strlen(status)] == ' ')
		return size + strlen(status) + 1;
	return several_lines || p[3] == '-' ? size : 0;
}

char *
reply_clean(char *text)
{
	char code[CODE_SIZE + 1], status[STATUS_TEXT_SIZE];
	unsigned number;
	Status found = { 0 };
	char *first, *out;
	const char *told;
	bool several_lines;

	text_collapse(text);
	number = reply_code_find(text);
	if (number == 0)
		return text;
	snprintf(code, sizeof(code), "%u", number % 1000);
	first = strstr(text, code);
	if (first == NULL || first[3] == '\0' || !is_code(first, code))
		return text;
	several_lines = first[3] == '-';
	first[3] = ' ';
	status_find(first, &found);
	status_format(found, status);
	/* It may stand in the last line alone, where it is no repetition. */
	told = *status != '\0' ? strstr(first, status) : NULL;
	out = first + CODE_SIZE;
	for (const char *p = out; *p != '\0';) {
		const char *again = told != NULL && p > told ? status : "";
		size_t skip = out[-1] == ' ' && p > first + CODE_SIZE ? repeated(p, code, again, several_lines) : 0;

		if (skip > 0)
			p += skip;
		else
			*out++ = *p++;
	}
	*out = '\0';
	return text;
}

Stage
reply_stage(const char *text)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);

	if (!cue_found(CUE_STAGE, lower))
		return STAGE_UNKNOWN;
	for (size_t i = 0; i < G_N_ELEMENTS(stage_cues); i++) {
		const StageCue *cue = &stage_cues[i];

		for (const char *p = lower; (p = strstr(p, cue->before)) != NULL; p++)
			if (g_str_has_prefix(p + strlen(cue->before), cue->words))
				return cue->stage;
	}
	return STAGE_UNKNOWN;
}

static unsigned
specificity(Status status)
{
	if (!status_is_set(status))
		return 0;
	if (status.subject == 0)
		return 1;
	return status.detail == 0 ? 2 : 3;
}

Status
reply_choose_status(Status field, const char *diagnostic)
{
	Status best = { 0 }, status;

	for (const char *p = diagnostic; (p = status_find_from(diagnostic, p, &status)) != NULL;)
		if (specificity(status) > specificity(best))
			best = status;
	return specificity(best) > 0 && specificity(best) >= specificity(field) ? best : field;
}

void
reply_fill(Event *event, const char *diagnostic, Status field)
{
	g_autofree char *clean = reply_clean(g_strdup(diagnostic));

	event->status = reply_choose_status(field, clean);
	event->reply_code = reply_code_find(clean);
	event->stage = reply_stage(clean);
	report_set(&event->diagnostic, clean);
}
