#include "digest.h"
#include "guard.h"

#include <string.h>

#define BODY "\nbody\n"

typedef struct SameCase {
	const char *one, *other;
	bool same;
} SameCase;

static const SameCase cases[] = {
	{ "A: 1\n" BODY, "A: 1\n" BODY, true },
	{ "A: 1\n" BODY, "A: 2\n" BODY, false },
	{ "A: 1\n" BODY, "A: 1\n\nbodx\n", false },
	{ "A: 1\n" BODY, "A: 1\r\n\r\nbody\r\n", true },
	{ "A: 1\n" BODY, "Received: by mx;\n\ttoday\nA: 1\n" BODY, true },
	{ "A: 1\n" BODY, "A: 1\nDelivered-To: x@example.com\nreturn-path: <>\n" BODY, true },
	{ "A: 1\n" BODY, "X-Spam-Score: 3\nARC-Seal: x\n y\nA: 1\n" BODY, true },
	{ "A: 1\nB: 2\n" BODY, "A: 1\nReceived: x\nB: 2\n" BODY, true },
	{ "A: 1\nB: 2\n" BODY, "A: 1\nReceived: x\n y\nB: 3\n" BODY, false },
	{ "A: 1\n" BODY, "Receivedx: y\nA: 1\n" BODY, false },
	/* A trace field in the body counts. */
	{ "A: 1\n\nReceived: x\n", "A: 1\n\nReceived: y\n", false },
	/* What the headers of the returned message say, counts; its body does not. */
	{ "Content-Type: message/rfc822\n\nA: 1\n\nbody\n", "Content-Type: message/rfc822\n\nA: 1\n\nother\n", true },
	{ "Content-Type: message/rfc822\n\nA: 1\n\nbody\n", "Content-Type: message/rfc822\n\nA: 2\n\nbody\n", false },
};

static void
digest_text(const char *text, char ret_digest[static DIGEST_SIZE])
{
	Guarded guarded;

	guard_run(text, strlen(text), &limits_default, &guarded);
	digest_message(guarded.headers, guarded.mime, guarded.original, ret_digest);
	guard_clear(&guarded);
}

static void
test_same(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char one[DIGEST_SIZE], other[DIGEST_SIZE];

		digest_text(cases[i].one, one);
		digest_text(cases[i].other, other);
		g_test_message("case %zu", i);
		g_assert_cmpint(strcmp(one, other) == 0, ==, cases[i].same);
		g_assert_cmpuint(strlen(one), ==, 64);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/digest/same", test_same);
	return g_test_run();
}
