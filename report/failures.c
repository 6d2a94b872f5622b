#include "failures.h"

#include "address.h"
#include "cues.h"
#include "outcome.h"
#include "walk.h"

#include <string.h>

#define MENTIONS_PER_RECIPIENT 4
#define ADDRESSES_LIMIT 1000

static void
failure_free(void *data)
{
	Failure *failure = data;

	g_free(failure->address);
	g_free(failure->key);
	g_free(failure->mailed);
	g_string_free(failure->text, TRUE);
	g_free(failure);
}

static bool
is_heading(const char *text)
{
	return g_str_has_suffix(text, ":") || g_str_has_suffix(text, "：") || g_str_has_prefix(text, "--");
}

/* "The following addresses failed:", "A message to:"; before the first recipient any line that speaks of some. */
static bool
announces(const Walk *walk, const Line *line)
{
	if (!is_heading(line->text) && (walk->current != NULL || strchr(line->text, '@') != NULL))
		return false;
	return cue_set_has(line->cues, CUE_RECIPIENT) || cue_set_has(line->cues, CUE_FAILURE)
	       || g_str_has_suffix(line->lower, " to:");
}

static bool
is_decoration(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (g_ascii_isalnum(*p) || (unsigned char)*p >= 0x80)
			return false;
	return true;
}

static bool
is_mime_noise(const char *lower)
{
	return g_str_has_prefix(lower, "content-") || g_str_has_prefix(lower, "boundary=")
	       || g_str_has_prefix(lower, "------=_");
}

/* "Please check the address": what a new paragraph tells everybody. */
static bool
ends_story(const Walk *walk, const Line *line)
{
	return walk->current != NULL && walk->index > 0 && *prose_line(walk->prose, walk->index - 1)->text == '\0'
	       && cue_begins(CUE_TRAILER, line->lower);
}

static void
append_plain(Walk *walk, const Line *line)
{
	if (ends_story(walk, line))
		walk->current = NULL;
	if (walk->transcript && walk->current == NULL) {
		transcript_append(walk, line);
		walk_append(walk->failures->common, line->text);
	} else {
		walk_append(walk->current != NULL ? walk->current->text : walk->failures->common, line->text);
	}
}

/*
 * "  |/home/user/filter", "  /var/mail/user": Exim lists what an alias ended in like an address; whose it was, "(generated
 * from a@b)" says below. What follows is not about the recipient above.
 */
static bool
read_unnamed(Walk *walk, const Line *line)
{
	if (walk->current == NULL || line->indent == 0 || line->indent != walk->indent
		|| (*line->text != '|' && *line->text != '/'))
		return false;
	walk->current = NULL;
	walk->unnamed = true;
	return true;
}

static bool
read_mentions(Walk *walk, const Line *line)
{
	g_auto(Mention) mention = { 0 };
	size_t from = 0;

	if (strchr(line->text, '@') == NULL)
		return false;
	for (unsigned i = 0; i < 4 && walk_mention(walk, line, from, &mention); i++) {
		if (walk_read_forwarded(walk, line, &mention) || (from == 0 && listed_read(walk, line, &mention))
			|| stated_read(walk, line, &mention))
			return true;
		from = mention.end;
		mention_clear(&mention);
	}
	return false;
}

static void
read_line(Walk *walk, const Line *line)
{
	if (*line->text == '\0' || is_mime_noise(line->lower))
		return;
	if (transcript_read(walk, line) || read_unnamed(walk, line))
		return;
	if (is_decoration(line->text)) {
		if (!walk->announced && walk->indent == 0 && strlen(line->text) > 4)
			walk->current = NULL;
		return;
	}
	if (read_mentions(walk, line))
		return;
	append_plain(walk, line);
	if (announces(walk, line))
		walk->announced = true;
	else if (walk->current != NULL)
		walk->announced = false;
}

void
failures_take_addresses(GHashTable *set, const char *value)
{
	for (size_t from = 0; g_hash_table_size(set) < ADDRESSES_LIMIT;) {
		g_auto(Mention) mention = { 0 };
		char *key;

		if (!mention_find(value, from, &mention))
			return;
		from = mention.end;
		key = address_key_of_parsed(mention.address);
		g_hash_table_replace(set, key, g_strdup(mention.address));
	}
}

static void
take_header(GHashTable *set, const GPtrArray *headers, const char *name)
{
	for (size_t i = 0; i < headers->len; i++) {
		const Header *header = g_ptr_array_index(headers, i);

		if (header_is(header, name))
			failures_take_addresses(set, header->value);
	}
}

static void
read_parties(Failures *failures, const Message *message, const GPtrArray *returned)
{
	static const char *const visible[] = { "To", "Cc", "Resent-To" };
	static const char *const hidden[] = { "X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To",
		"X-Rcpt-To" };
	static const char *const writers[] = { "From", "Sender", "Reply-To", "Return-Path" };
	GHashTableIter iter;
	gpointer value;

	for (size_t i = 0; i < G_N_ELEMENTS(visible); i++)
		take_header(failures->mailed, returned, visible[i]);
	g_hash_table_iter_init(&iter, failures->mailed);
	if (g_hash_table_size(failures->mailed) == 1 && g_hash_table_iter_next(&iter, NULL, &value))
		failures->single = g_strdup(value);
	for (size_t i = 0; i < G_N_ELEMENTS(hidden); i++)
		take_header(failures->mailed, returned, hidden[i]);
	failures_take_addresses(failures->mailed, message_header(message, "X-Failed-Recipients"));
	for (size_t i = 0; i < G_N_ELEMENTS(writers); i++)
		take_header(failures->senders, returned, writers[i]);
	failures_take_addresses(failures->senders, message_header(message, "To"));
}

static void
share_words(Failures *failures)
{
	for (size_t i = 0; i < failures->list->len; i++) {
		Failure *failure = g_ptr_array_index(failures->list, i);

		if (failure->like != NULL && failure->text->len == 0)
			g_string_assign(failure->text, failure->like->text->str);
	}
}

static void
keep_best_rank(Failures *failures)
{
	FailureRank best = FAILURE_GUESSED;

	for (size_t i = 0; i < failures->list->len; i++)
		best = MAX(best, ((Failure *)g_ptr_array_index(failures->list, i))->rank);
	for (size_t i = failures->list->len; i > 0; i--) {
		Failure *failure = g_ptr_array_index(failures->list, i - 1);

		if (failure->rank >= best)
			continue;
		g_hash_table_remove(failures->by_key, failure->key);
		g_ptr_array_remove_index(failures->list, (guint)(i - 1));
	}
}

Failures *
failures_read(const Message *message, const Prose *prose, const Limits *limits)
{
	Failures *failures = g_new0(Failures, 1);
	Walk walk = { .failures = failures, .prose = prose, .recipients = limits->recipients };

	failures->list = g_ptr_array_new_with_free_func(failure_free);
	failures->by_key = g_hash_table_new(g_str_hash, g_str_equal);
	failures->common = g_string_new(NULL);
	failures->mailed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	failures->senders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	read_parties(failures, message, prose->returned);
	walk.budget = limits->recipients * MENTIONS_PER_RECIPIENT;
	walk.pending = g_string_new(NULL);
	for (walk.index = 0; walk.index < prose->lines->len; walk.index++)
		read_line(&walk, prose_line(prose, walk.index));
	g_string_free(walk.pending, TRUE);
	g_free(walk.asked);
	share_words(failures);
	keep_best_rank(failures);
	return failures;
}

void
failures_free(Failures *failures)
{
	if (failures == NULL)
		return;
	g_ptr_array_unref(failures->list);
	g_hash_table_unref(failures->by_key);
	g_hash_table_unref(failures->mailed);
	g_hash_table_unref(failures->senders);
	g_string_free(failures->common, TRUE);
	g_free(failures->single);
	g_free(failures);
}
