#include "trace.h"

#include "base32.h"

#include <glib.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TAGS_PER_LINE 4
#define BLANKS " \t\r\n"

static int
compare_tags(const void *a, const void *b)
{
	return memcmp(a, b, TOKEN_TAG_SIZE);
}

static size_t
power_of_two(size_t count)
{
	size_t size = 1;

	while (size < count)
		size *= 2;
	return size;
}

/* How many there are now. */
static size_t
make_tags(const TokenKey *key, const unsigned char message[TOKEN_MESSAGE_SIZE], const char *const *recipients,
	size_t count, unsigned char ret_tags[TRACE_TAGS][TOKEN_TAG_SIZE])
{
	size_t used = MIN(count, TRACE_TAGS), size = power_of_two(used);

	for (size_t i = 0; i < used; i++)
		token_tag(key, message, recipients[i], ret_tags[i]);
	if (size > used)
		randombytes_buf(ret_tags[used], (size - used) * TOKEN_TAG_SIZE);
	qsort(ret_tags, size, TOKEN_TAG_SIZE, compare_tags);
	return size;
}

char *
trace_make(const TokenKey *key, int64_t now, const unsigned char message[TOKEN_MESSAGE_SIZE], const char *sender_domain,
	const char *const *recipients, size_t recipient_count)
{
	unsigned char tags[TRACE_TAGS][TOKEN_TAG_SIZE];
	size_t size = make_tags(key, message, recipients, recipient_count, tags);
	GString *value = g_string_sized_new(128 + size * (TOKEN_TAG_TEXT_SIZE + 1));
	char text[TOKEN_TEXT_SIZE], tag[TOKEN_TAG_TEXT_SIZE];
	Token token;

	token_make(key, TOKEN_TRACE, now, message, NULL, sender_domain, &token);
	g_string_append_printf(value, "t=%s;\n\td=%s; n=%u;\n\tr=", token_format(&token, text), sender_domain,
		(unsigned)(recipient_count > TRACE_TAGS ? TRACE_TAGS + 1 : size));
	for (size_t i = 0; i < size; i++) {
		base32_encode(tags[i], TOKEN_TAG_SIZE, tag);
		g_string_append_printf(value, "%s%s", i == 0 ? "" : i % TAGS_PER_LINE == 0 ? "\n\t" : " ", tag);
	}
	return g_string_free(value, FALSE);
}

/* "name=" at *cursor; what follows up to ';' or the end, without blanks around it. False: another name stands there. */
static bool
take_field(const char **cursor, char name, const char **ret_text, size_t *ret_length)
{
	const char *at = *cursor + strspn(*cursor, BLANKS);
	const char *end;

	if (at[0] != name || at[1] != '=')
		return false;
	at += 2;
	at += strspn(at, BLANKS);
	end = at + strcspn(at, ";");
	*cursor = *end == ';' ? end + 1 : end;
	while (end > at && strchr(BLANKS, end[-1]) != NULL)
		end--;
	*ret_text = at;
	*ret_length = (size_t)(end - at);
	return true;
}

static bool
read_domain(const char *text, size_t length, Trace *trace)
{
	if (length >= sizeof trace->sender_domain)
		return false;
	for (size_t i = 0; i < length; i++)
		trace->sender_domain[i] = g_ascii_tolower(text[i]);
	trace->sender_domain[length] = '\0';
	return true;
}

static bool
read_count(const char *text, size_t length, size_t *ret_count)
{
	g_autofree char *number = g_strndup(text, length);
	guint64 count;

	if (!g_ascii_string_to_unsigned(number, 10, 1, TRACE_TAGS + 1, &count, NULL))
		return false;
	*ret_count = (size_t)count;
	return true;
}

/* Ends at the first that is none: a header may have been cut anywhere. */
static void
read_tags(const char *text, size_t length, Trace *trace)
{
	const char *end = text + length;

	while (text < end && trace->tag_count < TRACE_TAGS) {
		size_t size = MIN(strcspn(text, BLANKS), (size_t)(end - text));

		if (!base32_decode(text, size, trace->tags[trace->tag_count], TOKEN_TAG_SIZE))
			return;
		trace->tag_count++;
		text += size;
		text += strspn(text, BLANKS);
	}
}

bool
trace_parse(const char *value, Trace *ret_trace)
{
	Trace trace = { 0 };
	const char *text;
	size_t length, count;

	if (!take_field(&value, 't', &text, &length) || !token_parse(text, length, &trace.token) || trace.token.has_tag
		|| !take_field(&value, 'd', &text, &length) || !read_domain(text, length, &trace)
		|| !take_field(&value, 'n', &text, &length) || !read_count(text, length, &count))
		return false;
	if (take_field(&value, 'r', &text, &length))
		read_tags(text, length, &trace);
	trace.complete = trace.tag_count == count;
	*ret_trace = trace;
	return true;
}

void
trace_lend(const Trace *trace, TokenClaim *claim)
{
	if (trace->token.key != claim->token->key
		|| memcmp(trace->token.message, claim->token->message, TOKEN_MESSAGE_SIZE) != 0)
		return;
	claim->tags = trace->tags;
	claim->tag_count = trace->tag_count;
	claim->tags_complete = trace->complete;
}

TokenState
trace_verify(const KeyRing *ring, const Trace *trace, const char *recipient, int64_t lifetime_seconds, int64_t now)
{
	TokenClaim claim = {
		.purpose = TOKEN_TRACE, .token = &trace->token, .context = trace->sender_domain, .recipient = recipient
	};

	trace_lend(trace, &claim);
	return token_verify(ring, &claim, lifetime_seconds, now);
}
