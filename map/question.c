#include "question.h"

#include "address.h"

#include <glib.h>
#include <string.h>

#define NAME_RECIPIENT "recipient"
#define NAME_FIXED_SENDER "recipient@"
#define NAME_SENDER "recipient_sender"
#define NAME_ACCESS "access"
#define TAG_TO "to:"

static char *
strip_brackets(const char *address)
{
	size_t length = strlen(address);

	if (length >= 2 && address[0] == '<' && address[length - 1] == '>')
		return g_strndup(address + 1, length - 2);
	return g_strdup(address);
}

/* Of an address or of a domain alone; "" for neither. Owned by the caller. */
static char *
sender_domain_of(const char *sender)
{
	g_autofree char *bare = strip_brackets(sender);
	const char *at = strrchr(bare, '@');
	char *domain = domain_normalise(at == NULL ? bare : at + 1);

	return domain == NULL ? g_strdup("") : domain;
}

static QuestionRead
take(const char *recipient, const char *sender, MapQuestion *ret_question)
{
	g_autofree char *bare = strip_brackets(recipient);
	char *key = address_key(bare);

	if (key == NULL)
		return QUESTION_NO_ADDRESS;
	*ret_question = (MapQuestion){
		.recipient = g_steal_pointer(&bare), .key = key, .sender_domain = sender_domain_of(sender)
	};
	return QUESTION_ADDRESS;
}

/* The last blank parts the two: one in a quoted local part stands before it. */
static QuestionRead
take_pair(const char *pair, MapQuestion *ret_question)
{
	const char *blank = strrchr(pair, ' ');
	g_autofree char *recipient = blank == NULL ? g_strdup(pair) : g_strndup(pair, (size_t)(blank - pair));

	return take(recipient, blank == NULL ? "" : blank + 1, ret_question);
}

QuestionRead
question_read(const char *text, size_t length, MapQuestion *ret_question)
{
	g_autofree char *name = NULL;
	char *key;

	if (memchr(text, '\0', length) != NULL || !g_utf8_validate_len(text, length, NULL))
		return QUESTION_NO_ADDRESS;
	name = g_strndup(text, length);
	key = strchr(name, ' ');
	if (key == NULL)
		return QUESTION_UNKNOWN_NAME;
	*key++ = '\0';
	if (strcmp(name, NAME_RECIPIENT) == 0)
		return take(key, "", ret_question);
	if (strcmp(name, NAME_SENDER) == 0)
		return take_pair(key, ret_question);
	if (g_str_has_prefix(name, NAME_FIXED_SENDER))
		return take(key, name + strlen(NAME_FIXED_SENDER), ret_question);
	if (strcmp(name, NAME_ACCESS) != 0)
		return QUESTION_UNKNOWN_NAME;
	if (g_ascii_strncasecmp(key, TAG_TO, strlen(TAG_TO)) != 0)
		return QUESTION_NO_ADDRESS;
	return take(key + strlen(TAG_TO), "", ret_question);
}

void
question_clear(MapQuestion *question)
{
	g_free(question->recipient);
	g_free(question->key);
	g_free(question->sender_domain);
}
