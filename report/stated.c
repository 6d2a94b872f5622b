#include "walk.h"

#include "cues.h"
#include "outcome.h"

#include <string.h>

/* Recipients within a line: behind a label, or in a sentence about a failure. */

/* The words before the address, from the last break in the sentence on. Owned by the caller. */
static char *
label_of(const Line *line, const Mention *mention)
{
	g_autofree char *lead = g_strndup(line->text, mention->begin);
	char *label = cue_lower(lead);
	size_t size = strlen(label), start;

	while (size > 0 && strchr(" \t<\"'(", label[size - 1]) != NULL)
		size--;
	label[size] = '\0';
	for (start = size; start > 0; start--)
		if (strchr("[(,;|>", label[start - 1]) != NULL
			|| (label[start - 1] == ' ' && start > 1 && strchr(".!?", label[start - 2]) != NULL))
			break;
	memmove(label, label + start, size - start + 1);
	return label;
}

const char *
stated_last_words(const char *label)
{
	const char *p = label + strlen(label);
	unsigned words = 0;

	while (p > label && words < 3) {
		p--;
		words += *p == ' ';
	}
	return p;
}

static bool
ends_as_label(const char *label)
{
	size_t size = strlen(label);

	return size > 0
	       && (label[size - 1] == ':' || label[size - 1] == '=' || g_str_has_suffix(label, "：")
		       || g_str_has_suffix(label, " --"));
}

static bool
is_stranger(const char *label)
{
	const char *words = stated_last_words(label);

	return cue_found(CUE_STRANGER, words) || cue_found(CUE_CONTACT, words);
}

/* "Recipient: a@b", "RCPT TO:<a@b>", "Mailbox is full: a@b". */
static bool
rank_label(const char *label, FailureRank *ret_rank)
{
	if (!ends_as_label(label) || strlen(label) > 160)
		return false;
	if (cue_found(CUE_RECIPIENT, label) || cue_found(CUE_FAILURE, label)) {
		*ret_rank = FAILURE_NAMED;
		return true;
	}
	/* A summary of the returned message. */
	if (strcmp(label, "to:") == 0) {
		*ret_rank = FAILURE_MENTIONED;
		return true;
	}
	if (strcmp(label, "cc:") == 0)
		return false;
	*ret_rank = FAILURE_SAID;
	return true;
}

/* The sentence around the line, as far as it may reach over line ends. Owned by the caller. */
static char *
sentence_of(const Walk *walk, const Line *line)
{
	const Line *above = walk->index > 0 ? prose_line(walk->prose, walk->index - 1) : NULL;
	const Line *below = walk->index + 1 < walk->prose->lines->len ? prose_line(walk->prose, walk->index + 1) : NULL;
	bool joined =
		above != NULL && *above->text != '\0' && strchr(".:", above->text[strlen(above->text) - 1]) == NULL;

	return g_strjoin(" ", joined ? above->lower : "", line->lower, below != NULL ? below->lower : "", NULL);
}

/* How much an address in the middle of a sentence means. False: nothing. */
static bool
rank_sentence(const Walk *walk, const Line *line, const Mention *mention, const char *label, FailureRank *ret_rank)
{
	g_autofree char *sentence = sentence_of(walk, line);
	bool quoted = outcome_has_reply(label);

	if (!quoted && (cue_found(CUE_FAILURE, sentence) || cue_found(CUE_DELAY, sentence))
		&& !walk_is_contact_behind(walk, line, mention))
		*ret_rank = FAILURE_SAID;
	else if (walk_went_to(walk, mention->address))
		*ret_rank = FAILURE_MENTIONED;
	else if (quoted)
		*ret_rank = FAILURE_QUOTED;
	else
		return false;
	return true;
}

bool
stated_read(Walk *walk, const Line *line, const Mention *mention)
{
	g_autofree char *label = label_of(line, mention);
	FailureRank rank = FAILURE_SAID;
	Failure *failure;

	if (*label == '\0' && walk_belongs_above(walk))
		return false;
	if (is_stranger(label) || walk_came_from(walk, mention->address))
		return false;
	if (!rank_label(label, &rank) && !rank_sentence(walk, line, mention, label, &rank))
		return false;
	if (rank < FAILURE_SAID) {
		walk_add(walk, mention->address, rank);
		return false;
	}
	if (walk->current != NULL
		&& (walk->current->rank > rank || g_ascii_strcasecmp(walk->current->address, mention->address) == 0))
		return false;
	failure = walk_add(walk, mention->address, rank);
	if (failure == NULL)
		return true;
	walk_follow(walk, failure, line);
	walk_append(failure->text, line->text);
	walk_add_list(walk, line, mention->end, failure);
	walk->announced = false;
	return true;
}
