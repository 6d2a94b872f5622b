#include "fuzz.h"
#include "invariants.h"
#include "netstring.h"
#include "question.h"

#include <string.h>

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void
check_question(const char *text, size_t length)
{
	MapQuestion question = { 0 };

	if (question_read(text, length, &question) == QUESTION_ADDRESS) {
		g_assert_true(g_utf8_validate(question.recipient, -1, NULL));
		g_assert_true(strchr(question.key, '@') != NULL);
		g_assert_cmpuint(strlen(question.recipient), <=, length);
		g_assert_nonnull(question.sender_domain);
	}
	question_clear(&question);
}

/* The bytes of a connection, cut into requests as the server does; and as one request. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	size_t done = 0;

	check_question(bytes, size);
	for (;;) {
		const char *text;
		size_t length, used;

		if (netstring_read(bytes + done, size - done, QUESTION_LIMIT, &text, &length, &used) != NETSTRING_WHOLE)
			return 0;
		g_assert_cmpuint(length, <=, QUESTION_LIMIT);
		g_assert_cmpuint(used, >, length);
		g_assert_cmpuint(used, <=, size - done);
		check_question(text, length);
		done += used;
	}
}
