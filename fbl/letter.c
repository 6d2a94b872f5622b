#include "letter.h"

#include "address.h"
#include "mail_limits.h"
#include "raw_field.h"

#include <string.h>

#define SENDER "Return-Path"

/* The topmost header of that name, unfolded; NULL: none. */
static char *
find_header(const char *bytes, size_t size, const char *name)
{
	RawField field;

	for (size_t at = 0; raw_field_next(bytes, size, &at, &field);)
		if (raw_field_is(&field, name)) {
			char *value = g_strndup(field.value, MIN(field.value_size, limits_default.header_bytes));

			g_strdelimit(value, "\r\n\t", ' ');
			return g_strstrip(value);
		}
	return NULL;
}

static void
read_envelope(Letter *letter, const char *const *trusted)
{
	g_autoptr(GStrvBuilder) recipients = g_strv_builder_new();
	bool found = false;

	for (; *trusted != NULL; trusted++) {
		g_autofree char *value = find_header(letter->bytes, letter->size, *trusted);
		g_autofree char *address = value == NULL ? NULL : address_parse(value);

		if (value == NULL)
			continue;
		if (g_ascii_strcasecmp(*trusted, SENDER) == 0) {
			letter->envelope_sender = strcmp(value, "<>") == 0 ? g_strdup("") : g_steal_pointer(&address);
		} else if (!found && address != NULL) {
			g_strv_builder_add(recipients, address);
			found = true;
		}
	}
	letter->recipients = g_strv_builder_end(recipients);
}

Letter *
letter_new(const char *source, uint32_t uid, const char *id, const char *bytes, size_t size, bool truncated,
	const LetterTrust *trust)
{
	Letter *letter = g_new0(Letter, 1);

	letter->source = source;
	letter->uid = uid;
	letter->id = g_strdup(id);
	letter->bytes = g_malloc(size + 1);
	memcpy(letter->bytes, bytes, size);
	letter->bytes[size] = '\0';
	letter->size = size;
	letter->truncated = truncated;
	letter->border = trust->border;
	letter->outcome = OUTCOME_RETRY;
	read_envelope(letter, trust->headers);
	for (char **recipient = letter->recipients; trust->unsubscribe != NULL && *recipient != NULL; recipient++)
		letter->unsubscribe |= recipients_match(trust->unsubscribe, *recipient);
	return letter;
}

void
letter_free(Letter *letter)
{
	if (letter == NULL)
		return;
	g_free(letter->id);
	g_free(letter->bytes);
	g_free(letter->envelope_sender);
	g_strfreev(letter->recipients);
	g_free(letter);
}
