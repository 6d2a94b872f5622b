#include "walk.h"

#include "cues.h"
#include "outcome.h"

#include <string.h>

/* Transcripts of the SMTP dialogue, as Sendmail of all ages and its imitators append them. */

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

/* "SMTP command: DATA" on two lines: which command was answered. */
static bool
read_command_line(Walk *walk, const Line *line)
{
	const Line *above = walk->index > 0 ? prose_line(walk->prose, walk->index - 1) : NULL;
	Stage stage = stage_of_command(line->text);

	if (above == NULL || stage == STAGE_UNKNOWN || strstr(above->lower, "smtp command") == NULL)
		return false;
	if (walk->failures->stage == STAGE_UNKNOWN)
		walk->failures->stage = stage;
	if (walk->current != NULL && walk->current->stage == STAGE_UNKNOWN)
		walk->current->stage = stage;
	return true;
}

/* What the server answered is the reason; what Sendmail makes of it behind is not. */
static bool
has_answer(const GString *text)
{
	return strstr(text->str, "<<<") != NULL;
}

static void
append_pending(Walk *walk, Failure *failure)
{
	g_auto(GStrv) lines = g_strsplit(walk->pending->str, "\n", -1);

	walk->pending_used = true;
	for (char **line = lines; *line != NULL; line++)
		walk_append(failure->text, *line);
}

static void
attribute_pending(Walk *walk, Failure *failure)
{
	walk->pending_used = true;
	if (has_answer(walk->pending) && failure->stage == STAGE_UNKNOWN)
		failure->stage = walk->sent;
	if (!outcome_has_reply(failure->text->str))
		append_pending(walk, failure);
}

/* What a program that delivers printed; nothing of a dialogue with another host. */
static bool
is_program_output(const GString *pending)
{
	return pending->len > 0 && strstr(pending->str, ">>>") == NULL && strstr(pending->str, "<<<") == NULL
	       && strstr(pending->str, "while talking to") == NULL && !outcome_has_reply(pending->str);
}

/* Sendmail's summary of an exit code, "554 <a@b>... Service unavailable", says less than what the program printed before it. */
static void
attribute_summary(Walk *walk, Failure *failure, const Line *line)
{
	if (is_program_output(walk->pending) && !outcome_has_reply(failure->text->str)) {
		walk_append(failure->text, line->text);
		append_pending(walk, failure);
		return;
	}
	attribute_pending(walk, failure);
	if (!outcome_has_reply(failure->text->str))
		walk_append(failure->text, line->text);
}

/* What has been attributed does not belong to what comes next. */
static void
forget_used(Walk *walk)
{
	if (!walk->pending_used)
		return;
	g_string_truncate(walk->pending, 0);
	walk->pending_used = false;
}

void
transcript_append(Walk *walk, const Line *line)
{
	forget_used(walk);
	if (!has_answer(walk->pending))
		walk_append(walk->pending, line->text);
}

/* What the client sent: ">>> RCPT TO:<a@b>". */
static void
read_sent(Walk *walk, const Line *line)
{
	g_auto(Mention) mention = { 0 };

	forget_used(walk);
	walk->sent = stage_of_command(line->text + 4);
	g_clear_pointer(&walk->asked, g_free);
	walk_append(walk->pending, line->text);
	if (strstr(line->lower, "rcpt") != NULL && walk_mention(walk, line, 0, &mention))
		walk->asked = g_steal_pointer(&mention.address);
}

/* What the server answered: "<<< 550 ...". */
static void
read_received(Walk *walk, const Line *line)
{
	Failure *failure;

	walk_append(walk->pending, line->text);
	walk_append(walk->failures->common, line->text);
	if (!walk_is_reply(line->text + 3 + strspn(line->text + 3, " ")))
		return;
	if (walk->failures->stage == STAGE_UNKNOWN)
		walk->failures->stage = walk->sent;
	if (walk->asked == NULL)
		return;
	failure = walk_add(walk, walk->asked, FAILURE_NAMED);
	if (failure == NULL)
		return;
	attribute_pending(walk, failure);
	g_string_truncate(walk->pending, 0);
	walk->current = NULL;
}

static void
read_received_of(Failure *failure, Stage sent, const Line *line)
{
	walk_append(failure->text, line->text);
	if (failure->stage == STAGE_UNKNOWN && walk_is_reply(line->text + 3 + strspn(line->text + 3, " ")))
		failure->stage = sent;
}

/* Sendmail's own words: "550 <a@b>... User unknown", "554 5.0.0 <a@b>... Service unavailable". */
static bool
read_local_reply(Walk *walk, const Line *line)
{
	g_auto(Mention) mention = { 0 };
	Failure *failure;

	if (!walk_is_reply(line->text) || line->text[1] == '.' || strstr(line->text, "...") == NULL
		|| !walk_mention(walk, line, 0, &mention))
		return false;
	if (!g_str_has_prefix(line->text + mention.end, "...") || !walk_is_filler(line->text, mention.begin)
		|| walk_came_from(walk, mention.address))
		return false;
	failure = walk_add(walk, mention.address, FAILURE_NAMED);
	if (failure == NULL)
		return true;
	attribute_summary(walk, failure, line);
	walk->current = NULL;
	return true;
}

bool
transcript_read(Walk *walk, const Line *line)
{
	if (cue_set_has(line->cues, CUE_TRANSCRIPT)) {
		walk->transcript = true;
		walk->announced = false;
		walk->current = NULL;
		return true;
	}
	/* "--- End Transcript ---": what follows is about nobody yet. */
	if (walk->transcript && g_str_has_prefix(line->text, "--")) {
		walk->transcript = false;
		walk->current = NULL;
		return true;
	}
	if (read_local_reply(walk, line) || read_command_line(walk, line))
		return true;
	if (g_str_has_prefix(line->text, "<<<")) {
		if (walk->current != NULL)
			read_received_of(walk->current, walk->sent, line);
		else
			read_received(walk, line);
		return true;
	}
	if (g_str_has_prefix(line->text, ">>> ") && g_ascii_isupper(line->text[4])) {
		if (walk->current != NULL && !walk->transcript)
			walk_append(walk->current->text, line->text);
		else
			read_sent(walk, line);
		return true;
	}
	if (!walk->transcript || strstr(line->lower, "while talking to") == NULL)
		return false;
	g_string_truncate(walk->pending, 0);
	walk->pending_used = false;
	walk_append(walk->pending, line->text);
	return true;
}
