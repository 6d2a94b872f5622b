#include "walk.h"

#include "address.h"
#include "cues.h"

#include <string.h>

#define TEXT_LIMIT 4000 /* kept of what is said of one recipient */

/* "----- Transcript follows -----": structure, not words. */
static bool
is_heading(const char *line)
{
	return g_str_has_prefix(line, "---") || g_str_has_prefix(line, "===");
}

void
walk_append(GString *text, const char *line)
{
	if (*line == '\0' || text->len + strlen(line) > TEXT_LIMIT || is_heading(line)
		|| strstr(text->str, line) != NULL)
		return;
	if (text->len > 0)
		g_string_append_c(text, '\n');
	g_string_append(text, line);
}

Failure *
walk_add(Walk *walk, const char *address, FailureRank rank)
{
	g_autofree char *key = address_key_of_parsed(address);
	Failure *failure = g_hash_table_lookup(walk->failures->by_key, key);

	if (failure != NULL) {
		failure->rank = MAX(failure->rank, rank);
		return failure;
	}
	if (walk->failures->list->len >= walk->recipients)
		return NULL;
	failure = g_new0(Failure, 1);
	failure->address = g_strdup(address);
	failure->key = g_steal_pointer(&key);
	failure->rank = rank;
	failure->text = g_string_new(NULL);
	g_ptr_array_add(walk->failures->list, failure);
	g_hash_table_insert(walk->failures->by_key, failure->key, failure);
	return failure;
}

bool
walk_went_to(const Walk *walk, const char *address)
{
	g_autofree char *key = address_key_of_parsed(address);

	return g_hash_table_contains(walk->failures->mailed, key);
}

bool
walk_came_from(const Walk *walk, const char *address)
{
	g_autofree char *key = address_key_of_parsed(address);

	return g_hash_table_contains(walk->failures->senders, key)
	       && !g_hash_table_contains(walk->failures->mailed, key);
}

/* Of a cut mail: "a@example.co" may have been "a@example.com". */
static bool
may_be_torn(const Walk *walk, const Line *line, const Mention *mention)
{
	return line->torn && !mention->bracketed && line->text[mention->end] == '\0'
	       && !walk_went_to(walk, mention->address);
}

bool
walk_mention(Walk *walk, const Line *line, size_t from, Mention *ret_mention)
{
	while (walk->budget > 0 && mention_find(line->text, from, ret_mention)) {
		walk->budget--;
		if (!may_be_torn(walk, line, ret_mention))
			return true;
		from = ret_mention->end;
		mention_clear(ret_mention);
	}
	return false;
}

bool
walk_is_filler(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (strchr(" \t*-+<>\"'([{#=.,;:", text[i]) == NULL && !g_ascii_isdigit(text[i])
			&& (unsigned char)text[i] < 0x80)
			return false;
	return true;
}

bool
walk_is_reply(const char *text)
{
	return (text[0] == '4' || text[0] == '5')
	       && ((g_ascii_isdigit(text[1]) && g_ascii_isdigit(text[2]) && strchr(" -", text[3]) != NULL)
		       || (text[1] == '.' && g_ascii_isdigit(text[2]) && text[3] == '.'));
}

bool
walk_is_contact_behind(const Walk *walk, const Line *line, const Mention *mention)
{
	const char *behind = line->text + mention->end;
	g_autofree char *tail = NULL;

	if (*behind == '\0' && walk->index + 1 < walk->prose->lines->len)
		behind = prose_line(walk->prose, walk->index + 1)->text;
	tail = g_strndup(behind, 48);
	return (unsigned char)*tail >= 0x80 && cue_found(CUE_CONTACT, tail);
}

size_t
walk_add_list(Walk *walk, const Line *line, size_t end, Failure *first)
{
	for (;;) {
		g_auto(Mention) next = { 0 };
		Failure *failure;

		if (!walk_mention(walk, line, end, &next) || memchr(line->text + end, ',', next.begin - end) == NULL
			|| !walk_is_filler(line->text + end, next.begin - end))
			return end;
		failure = walk_add(walk, next.address, first->rank);
		if (failure != NULL && failure != first)
			failure->like = first;
		end = next.end;
	}
}

void
walk_follow(Walk *walk, Failure *failure, const Line *line)
{
	if (failure == NULL)
		return;
	walk->current = failure;
	walk->unnamed = false;
	walk->indent = line->indent;
}

bool
walk_read_forwarded(Walk *walk, const Line *line, const Mention *mention)
{
	g_autofree char *lead = g_strndup(line->lower, MIN(mention->begin, strlen(line->lower)));

	if ((walk->current == NULL && !walk->unnamed) || !cue_found(CUE_FORWARDED, lead))
		return false;
	if (walk->current == NULL) {
		walk->unnamed = false;
		walk->current = walk_add(walk, mention->address, FAILURE_NAMED);
		return true;
	}
	if (g_ascii_strcasecmp(walk->current->address, mention->address) == 0)
		return false;
	g_free(walk->current->mailed);
	walk->current->mailed = g_strdup(mention->address);
	return true;
}

bool
walk_belongs_above(const Walk *walk)
{
	const Line *above = walk->index > 0 ? prose_line(walk->prose, walk->index - 1) : NULL;
	bool apart = above != NULL && *above->text == '\0';

	if (apart && walk->index > 1)
		above = prose_line(walk->prose, walk->index - 2);
	if (above == NULL || *above->text == '\0' || g_str_has_suffix(above->text, ".")
		|| g_str_has_suffix(above->lower, " to:"))
		return false;
	if (cue_found(CUE_STRANGER, stated_last_words(above->lower)))
		return true;
	return !apart && cue_set_has(above->cues, CUE_CONTACT) && !cue_set_has(above->cues, CUE_RECIPIENT);
}
