#include "map_reply.h"

#define BLOCKED \
	"Mail to p@example.org is blocked here: the mailbox does not exist (since 2026-11-02). Ask us with reference " \
	"R-7"

static const struct {
	MapFormat format;
	GateAnswer answer;
	BlockMode mode;
	WhenUnavailable when_unavailable;
	const char *reply;
} cases[] = {
	{ FORMAT_ACCESS, GATE_OPEN, BLOCK_REJECT, UNAVAILABLE_ACCEPT, "NOTFOUND " },
	{ FORMAT_ACCESS, GATE_CLOSED, BLOCK_REJECT, UNAVAILABLE_ACCEPT, "OK 550 5.7.1 " BLOCKED },
	{ FORMAT_ACCESS, GATE_CLOSED, BLOCK_MARK, UNAVAILABLE_ACCEPT, "OK PREPEND X-Mark: R-7 user_unknown" },
	{ FORMAT_ACCESS, GATE_CLOSED, BLOCK_LOG, UNAVAILABLE_ACCEPT, "NOTFOUND " },
	{ FORMAT_ACCESS, GATE_UNKNOWN, BLOCK_REJECT, UNAVAILABLE_ACCEPT, "NOTFOUND " },
	{ FORMAT_ACCESS, GATE_UNKNOWN, BLOCK_LOG, UNAVAILABLE_TEMPFAIL,
		"TEMP the list of blocked recipients cannot be consulted at the moment" },
	{ FORMAT_TRANSPORT, GATE_CLOSED, BLOCK_REJECT, UNAVAILABLE_ACCEPT, "OK error:5.7.1 " BLOCKED },
	{ FORMAT_TRANSPORT, GATE_CLOSED, BLOCK_DISCARD, UNAVAILABLE_ACCEPT, "OK discard:R-7 user_unknown" },
	{ FORMAT_TRANSPORT, GATE_OPEN, BLOCK_DISCARD, UNAVAILABLE_TEMPFAIL, "NOTFOUND " },
	{ FORMAT_SENDMAIL, GATE_CLOSED, BLOCK_REJECT, UNAVAILABLE_ACCEPT, "OK ERROR:5.7.1:\"550 " BLOCKED "\"" },
	{ FORMAT_SENDMAIL, GATE_CLOSED, BLOCK_LOG, UNAVAILABLE_ACCEPT, "NOTFOUND " },
};

static void
test_replies(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char mark[] = "X-Mark", support[] = "us";
		MapListener listener = { .format = cases[i].format,
			.blocking = { .mode = cases[i].mode,
				.mark_header = mark,
				.when_unavailable = cases[i].when_unavailable,
				.support = support } };
		g_autoptr(Listing) listing = listing_new();

		g_free(listing->source);
		listing->source = g_strdup("auto");
		g_free(listing->scope);
		listing->scope = g_strdup(SCOPE_ALL);
		g_free(listing->reference);
		listing->reference = g_strdup("R-7");
		listing->category = CATEGORY_USER_UNKNOWN;
		listing->since = 1793577600; /* 2026-11-02 00:00 UTC */
		g_autofree char *reply = map_reply(&listener, cases[i].answer, listing, "p@example.org");

		g_assert_cmpstr(reply, ==, cases[i].reply);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/map_reply/replies", test_replies);
	return g_test_run();
}
