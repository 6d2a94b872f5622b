#include "walk.h"

#include "cues.h"
#include "outcome.h"

#include <string.h>

/* Recipients that a bounce lists: lines, or paragraphs, that begin with an address. */

/* "*", "- ", "1. ", ">>> ", and "●", which is no ASCII; not "550 " and "5.1.1 ". */
static bool
is_bullet(const char *text, size_t size)
{
	size_t digits = strspn(text, "0123456789");

	if (size > 8 || digits > 2 || (digits > 0 && strchr(".):", text[digits]) == NULL))
		return false;
	return walk_is_filler(text + digits, size - digits) && !g_ascii_isdigit(text[digits + 1]);
}

/* "Name <a@b>": what stands before is the name, where the address is bracketed and little follows. */
static bool
is_display_name(const Line *line, const Mention *mention)
{
	const char *tail = line->text + mention->end;

	return mention->bracketed && mention->begin < 60 && !cue_set_has(line->cues, CUE_CONTACT)
	       && (*tail == '\0' || *tail == ':' || *tail == ',' || *tail == ';')
	       && memchr(line->text, ':', mention->begin) == NULL && memchr(line->text, '(', mention->begin) == NULL;
}

/* Behind a listed address comes nothing, punctuation, or a reason set apart from it. */
static bool
tail_is_of_entry(const char *tail)
{
	if (*tail == '\0' || strchr(":,;>)([\"'|\t", *tail) != NULL || *tail == '<')
		return true;
	return g_str_has_prefix(tail, " on ") || g_str_has_prefix(tail, "  ") || g_str_has_prefix(tail, " (")
	       || g_str_has_prefix(tail, " [") || g_str_has_prefix(tail, " - ") || g_str_has_prefix(tail, " :")
	       || g_str_has_prefix(tail, " <") || g_str_has_prefix(tail, " ->") || g_str_has_prefix(tail, " =");
}

static bool
is_announced(const Walk *walk, const Line *line)
{
	if (walk->announced)
		return true;
	return walk->current != NULL && walk->current->rank == FAILURE_NAMED && line->indent == walk->indent
	       && !walk->transcript;
}

/* How much a line that begins with an address says of it. False: nothing, it is prose that happens to begin there. */
static bool
rank_entry(const Walk *walk, const Line *line, const Mention *mention, FailureRank *ret_rank)
{
	const char *tail = line->text + mention->end;
	bool bullet = is_bullet(line->text, mention->begin);
	bool announced = is_announced(walk, line), telling;

	if (!bullet && !(announced && is_display_name(line, mention)))
		return false;
	if (walk_is_reply(line->text) || walk_belongs_above(walk) || walk_is_contact_behind(walk, line, mention))
		return false;
	telling = cue_set_has(line->cues, CUE_FAILURE) || outcome_has_reply(tail);
	if (!tail_is_of_entry(tail) && !telling)
		return false;
	if (announced || (*tail == ':' && (mention->bracketed || telling))) {
		*ret_rank = FAILURE_NAMED;
		return true;
	}
	*ret_rank = walk_went_to(walk, mention->address) || telling ? FAILURE_SAID : FAILURE_MENTIONED;
	return *ret_rank == FAILURE_SAID || *tail == '\0' || *tail == ':';
}

/* What the entry's own line says: "a@b: user unknown", "a@b [user unknown]", without "on Thu, 29 Apr". */
static void
append_tail(Failure *failure, const char *tail)
{
	g_auto(Mention) again = { 0 };

	tail += strspn(tail, " \t:>,;)\"'-|=");
	if (g_str_has_prefix(tail, "on ") || g_str_has_prefix(tail, "<mailto:"))
		return;
	if (*tail == '(' && mention_find(tail, 0, &again) && again.begin == 1 && tail[again.end] == ')')
		return;
	walk_append(failure->text, tail);
}

/* "kijitora@a <neko@b>: malformed": the bracketed one is the address, what stands before it the name. */
static void
prefer_bracketed(Walk *walk, const Line *line, Mention *mention)
{
	Mention second = { 0 };

	if (mention->bracketed || line->text[mention->end] != ' ' || line->text[mention->end + 1] != '<'
		|| !walk_mention(walk, line, mention->end, &second))
		return;
	if (second.begin != mention->end + 1) {
		mention_clear(&second);
		return;
	}
	mention_clear(mention);
	second.begin = 0;
	*mention = second;
}

/* "<a@b> (expanded from <c@d>): reason": we mailed c@d. Returns where the rest begins. */
static size_t
read_expansion(Walk *walk, const Line *line, size_t end)
{
	g_auto(Mention) next = { 0 };

	if (!g_str_has_prefix(line->text + end, " (") || !walk_mention(walk, line, end, &next)
		|| !walk_read_forwarded(walk, line, &next))
		return end;
	return next.end + strspn(line->text + next.end, ")");
}

bool
listed_read(Walk *walk, const Line *line, Mention *mention)
{
	FailureRank rank;
	Failure *failure;
	size_t end;

	prefer_bracketed(walk, line, mention);
	if (!rank_entry(walk, line, mention, &rank))
		return false;
	if (walk->current != NULL && walk->current->rank > rank && !walk_went_to(walk, mention->address))
		return false;
	failure = walk_add(walk, mention->address, rank);
	if (failure == NULL)
		return true;
	walk_follow(walk, failure, line);
	end = walk_add_list(walk, line, mention->end, failure);
	append_tail(failure, line->text + (end > mention->end ? end : read_expansion(walk, line, end)));
	walk->announced = rank == FAILURE_NAMED;
	return true;
}
