#include "cache_entry.h"

#include "decision.h"
#include "netstring.h"

#include <string.h>

#define VERSION "R1"
#define TEXT_LIMIT 9999999

static void
put_text(GString *out, const char *text)
{
	netstring_append(out, text, strlen(text));
}

static void
put_number(GString *out, int64_t number)
{
	char digits[24];

	g_snprintf(digits, sizeof digits, "%" G_GINT64_FORMAT, number);
	put_text(out, digits);
}

static void
put_listing(GString *out, const Listing *listing)
{
	put_text(out, listing->scope);
	put_text(out, category_name(listing->category));
	put_text(out, listing->reason);
	put_text(out, listing->reference);
	put_text(out, listing->source);
	put_text(out, listing->evidence);
	put_text(out, listing->note);
	put_number(out, listing->since);
	put_number(out, listing->expires_at);
	put_number(out, listing->strikes);
}

char *
cache_entry_format(const TargetState *state)
{
	GString *out = g_string_new("");

	if (state->listings->len > 0) {
		g_string_append(out, VERSION);
		put_number(out, state->listings->len);
	}
	for (unsigned i = 0; i < state->listings->len; i++)
		put_listing(out, g_ptr_array_index(state->listings, i));
	return g_string_free(out, FALSE);
}

typedef struct Rest {
	const char *at, *end;
} Rest;

/* NULL: no netstring here, or one that is no clean text. Owned by the caller. */
static char *
get_text(Rest *rest)
{
	const char *text;
	size_t length, used;

	if (netstring_read(rest->at, (size_t)(rest->end - rest->at), TEXT_LIMIT, &text, &length, &used)
		!= NETSTRING_WHOLE)
		return NULL;
	rest->at += used;
	return g_utf8_validate_len(text, length, NULL) ? g_strndup(text, length) : NULL;
}

static bool
get_field(Rest *rest, char **field)
{
	char *text = get_text(rest);

	if (text == NULL)
		return false;
	g_free(*field);
	*field = text;
	return true;
}

static bool
get_number(Rest *rest, int64_t low, int64_t high, int64_t *ret_number)
{
	g_autofree char *text = get_text(rest);

	return text != NULL && g_ascii_string_to_signed(text, 10, low, high, ret_number, NULL);
}

static bool
get_category(Rest *rest, Category *ret_category)
{
	g_autofree char *name = get_text(rest);

	return name != NULL && category_parse(name, ret_category);
}

static Listing *
get_listing(Rest *rest, const char *target)
{
	g_autoptr(Listing) listing = listing_new();
	int64_t strikes;

	if (!get_field(rest, &listing->scope) || !get_category(rest, &listing->category)
		|| !get_field(rest, &listing->reason) || !get_field(rest, &listing->reference)
		|| !get_field(rest, &listing->source) || !get_field(rest, &listing->evidence)
		|| !get_field(rest, &listing->note) || !get_number(rest, INT64_MIN, INT64_MAX, &listing->since)
		|| !get_number(rest, INT64_MIN, INT64_MAX, &listing->expires_at)
		|| !get_number(rest, 0, UINT_MAX, &strikes) || *listing->scope == '\0')
		return NULL;
	listing->strikes = (unsigned)strikes;
	g_free(listing->target);
	listing->target = g_strdup(target);
	return g_steal_pointer(&listing);
}

TargetState *
cache_entry_parse(const char *target, const char *text, size_t size)
{
	int64_t count;

	if (size <= strlen(VERSION) || memcmp(text, VERSION, strlen(VERSION)) != 0)
		return NULL;
	Rest rest = { text + strlen(VERSION), text + size };

	if (!get_number(&rest, 1, UINT_MAX, &count))
		return NULL;
	TargetState *state = target_state_new(target);
	Listing *listing;

	while (state->listings->len < count && (listing = get_listing(&rest, target)) != NULL)
		g_ptr_array_add(state->listings, listing);
	if (state->listings->len == count && rest.at == rest.end)
		return state;
	target_state_free(state);
	return NULL;
}

int64_t
cache_entry_expiry(const TargetState *state)
{
	int64_t last = 0;

	for (unsigned i = 0; i < state->listings->len; i++) {
		const Listing *listing = g_ptr_array_index(state->listings, i);

		last = MAX(last, listing->expires_at);
	}
	return last;
}
