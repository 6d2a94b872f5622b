#include "explanation.h"

#include "reply.h"

#include <string.h>

/* A report whose text names none of its recipients is not searched for all of them. */
#define MISSES_LIMIT 20

#define PARAGRAPH_BYTES 4096

typedef struct Explanation {
	const char *text;
	const char *place; /* recipients come in the order of the block, so each search goes on from the last hit */
	const char *transcript; /* Sendmail's; NULL when there is none */
	unsigned misses;
} Explanation;

static bool
is_address_character(char c)
{
	return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_' || c == '+' || c == '@';
}

/* Where address stands as a whole; NULL: nowhere. */
static const char *
find_address(const char *text, const char *address)
{
	size_t size = strlen(address);
	const char first[] = { g_ascii_tolower(address[0]), g_ascii_toupper(address[0]), '\0' };

	for (const char *p = text; (p = strpbrk(p, first)) != NULL; p++)
		if (g_ascii_strncasecmp(p, address, size) == 0 && (p == text || !is_address_character(p[-1]))
			&& !g_ascii_isalnum(p[size]))
			return p;
	return NULL;
}

/* Ends at a blank line, at the next recipient, and where indentation ends when the first line has words. */
static size_t
paragraph_size(const char *text)
{
	bool words = text[strspn(text, " \t")] != '\n';
	const char *line = strchr(text, '\n');

	for (; line != NULL; line = strchr(line + 1, '\n')) {
		char next = line[1];

		if (next == '\n' || next == '<' || next == '\0')
			break;
		if (words && next != ' ' && next != '\t')
			break;
		if (line[1 + strspn(line + 1, " \t")] == '\n')
			break;
	}
	return MIN(line == NULL ? strlen(text) : (size_t)(line - text), PARAGRAPH_BYTES);
}

/* What is said of address: the rest of the line that begins with it and what belongs to it. NULL: nothing. */
static char *
find_paragraph(Explanation *explanation, const char *address)
{
	const char *hit;

	if (*address == '\0' || explanation->misses >= MISSES_LIMIT)
		return NULL;
	hit = find_address(explanation->place, address);
	if (hit == NULL)
		hit = find_address(explanation->text, address);
	if (hit == NULL) {
		explanation->misses++;
		return NULL;
	}
	explanation->place = hit + strlen(address);
	hit = explanation->place + strspn(explanation->place, ">:\"' \t");
	return g_strndup(hit, paragraph_size(hit));
}

static bool
is_reply_line(const char *line)
{
	return strchr("245", line[0]) != NULL && g_ascii_isdigit(line[1]) && g_ascii_isdigit(line[2])
	       && (line[3] == ' ' || line[3] == '-');
}

static Stage
stage_of_command(const char *command)
{
	static const struct {
		const char *verb;
		Stage stage;
	} verbs[] = { { "RCPT", STAGE_RCPT }, { "MAIL", STAGE_MAIL }, { "DATA", STAGE_DATA }, { "EHLO", STAGE_HELO },
		{ "HELO", STAGE_HELO }, { "LHLO", STAGE_HELO }, { ".", STAGE_END_OF_DATA } };

	for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (g_ascii_strncasecmp(command, verbs[i].verb, strlen(verbs[i].verb)) == 0)
			return verbs[i].stage;
	return STAGE_UNKNOWN;
}

typedef struct Dialogue {
	Stage stage;       /* of the command before the reply */
	const char *reply; /* a line of the transcript; NULL: none */
	bool named;        /* the reply names the recipient */
} Dialogue;

/* ">>> RCPT To:<user@example.com>", "<<< 550 no such user", then Sendmail's own line with both codes. */
static void
read_transcript(const char *transcript, const char *address, Dialogue *ret_dialogue)
{
	Dialogue dialogue = { STAGE_UNKNOWN, NULL, false };
	Stage stage = STAGE_UNKNOWN;

	for (const char *line = transcript; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		size_t size;
		bool received, named;

		line += *line == '\n';
		size = strcspn(line, "\n");
		if (g_str_has_prefix(line, ">>> ")) {
			stage = stage_of_command(line + 4);
			continue;
		}
		received = g_str_has_prefix(line, "<<< ");
		if (!is_reply_line(received ? line + 4 : line))
			continue;
		if (received && line[4] != '2' && dialogue.stage == STAGE_UNKNOWN)
			dialogue.stage = stage;
		named = *address != '\0' && g_strstr_len(line, (gssize)size, address) != NULL;
		if (!received && line[0] != '2' && (dialogue.reply == NULL || (named && !dialogue.named))) {
			dialogue.reply = line;
			dialogue.named = named;
		}
	}
	*ret_dialogue = dialogue;
}

/* Empty, or an exit code. */
static bool
says_nothing(const char *diagnostic)
{
	for (const char *p = diagnostic; *p != '\0'; p++)
		if (g_ascii_isalpha(*p) || (unsigned char)*p >= 0x80)
			return false;
	return true;
}

static void
complete(Explanation *explanation, Event *event)
{
	g_autofree char *words = NULL;
	bool silent = says_nothing(event->diagnostic);

	if (!silent && event->stage != STAGE_UNKNOWN)
		return;
	if (explanation->transcript != NULL) {
		Dialogue dialogue;

		read_transcript(explanation->transcript, event->recipient, &dialogue);
		if (silent && dialogue.reply != NULL) {
			words = g_strndup(dialogue.reply, strcspn(dialogue.reply, "\n"));
			reply_fill(event, words, event->status);
		}
		if (event->stage == STAGE_UNKNOWN)
			event->stage = dialogue.stage;
		return;
	}
	words = find_paragraph(explanation, event->recipient);
	if (words == NULL)
		return;
	if (silent)
		reply_fill(event, words, event->status);
	else
		event->stage = reply_stage(words);
}

static const char *
notification(const Message *message)
{
	for (guint i = 0; i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);

		if (!part->original && strcmp(part->type, "text/plain") == 0 && *part->text != '\0')
			return part->text;
	}
	return "";
}

void
explanation_apply(Report *report, const Message *message)
{
	const char *text = notification(message);
	Explanation explanation = { text, text, strstr(text, "----- Transcript of session follows -----"), 0 };

	for (guint i = 0; i < report->events->len; i++) {
		Event *event = g_ptr_array_index(report->events, i);

		if (event->action == ACTION_FAILED || event->action == ACTION_DELAYED)
			complete(&explanation, event);
	}
}
