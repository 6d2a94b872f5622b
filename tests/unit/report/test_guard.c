#include "guard.h"

#include <string.h>

/* NULL: not looked at. */
typedef struct GuardCase {
	const char *bytes, *headers, *mime, *original;
	bool original_cut;
} GuardCase;

#define MIXED "Content-Type: multipart/mixed; boundary=b\n\n"
#define MIXED_OUT "Content-Type: multipart/mixed; boundary=b \n\n"
#define RETURNED_OUT "Content-Type: text/rfc822-headers\n\n"

static const GuardCase cases[] = {
	{ "", "", "\n", "", false },
	{ "A: 1\nContent-Type: text/plain\n\nbody\n", "A: 1\nContent-Type: text/plain\n",
		"Content-Type: text/plain \n\nbody\n", "", false },
	/* Address lists never reach the parser. */
	{ "To: a:b:c\n\nx\n", "To: a:b:c\n", "\nx\n", "", false },
	{ "A: 1\r\n\r\nx\r\n", "A: 1\n", "\nx\n", "", false },
	{ "A: 1\r\r\n\r\r\nx\r\r\n", "A: 1\n", "\nx\n", "", false },
	{ "A: 1\r\rx\r", "A: 1\n", "\nx\n", "", false },
	{ "\n\nA: 1\n\nx", "A: 1\n", "\nx\n", "", false },
	{ "From x Mon\nA: 1\n\nx", "A: 1\n", "\nx\n", "", false },
	{ "A: 1", "A: 1\n", "\n", "", false },
	/* Folding that was forgotten. */
	{ "Content-Type: multipart/mixed;\nboundary=b\n\nx\n", NULL,
		"Content-Type: multipart/mixed; \tboundary=b \n\nx\n", "", false },
	/* The returned message: fields apart, body gone, whatever stands behind it is kept. */
	{ MIXED "--b\nContent-Type: message/rfc822\n\nS: 1\n\nsecret\n--x\n--b\n\ntail\n--b--\n", NULL,
		MIXED_OUT "--b\n" RETURNED_OUT "--b\n\ntail\n--b--\n", "S: 1\n", true },
	{ MIXED "--b\nContent-Type: text/rfc822-headers\n\n\nS: 1\n T\n--b\nContent-Type: "
		"message/delivery-status\n\nStatus: 5.1.1\n",
		NULL, MIXED_OUT "--b\n" RETURNED_OUT "--b\nContent-Type: message/delivery-status \n\nStatus: 5.1.1\n",
		"S: 1\n T\n", false },
	/* Its own boundary, even the same one as ours outside, means nothing within it. */
	{ MIXED "--b\nContent-Type: message/rfc822\n\nContent-Type: multipart/x; "
		"boundary=c\n\n--c\n\nin\n--c--\n--b--\n",
		NULL, MIXED_OUT "--b\n" RETURNED_OUT "--b--\n", "Content-Type: multipart/x; boundary=c\n", true },
	/* Of two returned messages the first one counts. */
	{ MIXED "--b\nContent-Type: message/rfc822\n\nS: 1\n--b\nContent-Type: message/rfc822\n\nS: 2\n", NULL, NULL,
		"S: 1\n", false },
	/* Encoded: nobody can say here what is header and what is body. */
	{ MIXED "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nUzogMQo=\n--b--\n", NULL,
		MIXED_OUT "--b\nContent-Transfer-Encoding: base64\nContent-Type: message/rfc822 \n\nUzogMQo=\n--b--\n",
		"", false },
	/* Boundaries of an outer level end inner ones; a longer line is no boundary. */
	{ MIXED "--b\nContent-Type: multipart/x; boundary=\"c d\"\n\n--c d\n\n1\n--b\n\n2\n--bx\n--b-- \n", NULL,
		MIXED_OUT "--b\nContent-Type: multipart/x; boundary=\"c d\" \n\n--c d\n\n1\n--b\n\n2\n--bx\n--b-- \n",
		"", false },
	/* A boundary where the blank line after the headers is missing. */
	{ MIXED "--b\nContent-Type: text/x\n--b\n\n2\n", NULL, MIXED_OUT "--b\nContent-Type: text/x \n\n--b\n\n2\n", "",
		false },
};

static void
assert_bytes(const GByteArray *bytes, const char *expected)
{
	g_autofree char *text = g_strndup((const char *)bytes->data, bytes->len);

	if (expected != NULL)
		g_assert_cmpstr(text, ==, expected);
}

static void
test_split(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Guarded guarded;

		g_test_message("case %zu", i);
		guard_run(cases[i].bytes, strlen(cases[i].bytes), &limits_default, &guarded);
		assert_bytes(guarded.headers, cases[i].headers);
		assert_bytes(guarded.mime, cases[i].mime);
		assert_bytes(guarded.original, cases[i].original);
		g_assert_cmpint(guarded.original_cut, ==, cases[i].original_cut);
		g_assert_false(guarded.cut);
		guard_clear(&guarded);
	}
}

/* Parts as "depth:body" with "|" between them. */
static const struct {
	const char *bytes, *parts;
} part_cases[] = {
	{ "", "0:" },
	{ "A: 1\n\nbody\nend", "0:body\nend\n" },
	{ MIXED "pre\n--b\n\none\n\n--b\nContent-Type: x/y\n\ntwo\n--b--\nepilogue\n", "0:pre|1:one\n|1:two" },
	{ MIXED "--b\n\none\n", "0:|1:one\n" },
	{ MIXED "--b \r \n\none\n", "0:|1:one\n" },
	/* A boundary that never comes, and none at all. */
	{ MIXED "--c\n\none\n", "0:--c\n\none\n" },
	{ "Content-Type: multipart/mixed\n\n--b\n\none\n", "0:--b\n\none\n" },
	/* Inner parts end with outer ones; what stands behind an inner closing is nobody's. */
	{ MIXED "--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\n1\n--c\n\n2\n--b\n\n3\n--b--\n",
		"0:|1:|2:1|2:2|1:3" },
	{ MIXED "--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\n1\n--c--\nx\n--b\n\n3\n", "0:|1:|2:1|1:3\n" },
	/* Of a returned message nothing is left but its place. */
	{ MIXED "--b\nContent-Type: message/rfc822\n\nS: 1\n\nsecret\n--b\n\ntail\n--b--\n", "0:|1:|1:tail" },
	/* Headers that a boundary cuts off. */
	{ MIXED "--b\nContent-Type: text/x\n--b\n\n2\n", "0:|1:|1:2\n" },
};

static void
test_parts(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(part_cases); i++) {
		g_autoptr(GString) got = g_string_new(NULL);
		Guarded guarded;

		guard_run(part_cases[i].bytes, strlen(part_cases[i].bytes), &limits_default, &guarded);
		for (unsigned n = 0; n < guarded.parts->len; n++) {
			const GuardedPart *part = &g_array_index(guarded.parts, GuardedPart, n);

			g_string_append_printf(got, "%s%u:", n == 0 ? "" : "|", part->depth);
			g_string_append_len(
				got, (const char *)guarded.mime->data + part->body, (gssize)(part->end - part->body));
		}
		g_assert_cmpstr(got->str, ==, part_cases[i].parts);
		guard_clear(&guarded);
	}
}

static unsigned
count(const GByteArray *bytes, const char *word)
{
	unsigned found = 0;
	const char *start = (const char *)bytes->data;
	gssize left = bytes->len;

	for (const char *p; (p = g_strstr_len(start, left, word)) != NULL; found++) {
		left -= p + 1 - start;
		start = p + 1;
	}
	return found;
}

/* Each mail goes beyond one limit; word may stay at most so often. */
typedef struct LimitCase {
	const char *before, *repeated, *after;
	unsigned times;
	const char *word;
	unsigned most;
} LimitCase;

static const LimitCase limit_cases[] = {
	{ "To: ", "g:", "\n\nx\n", 200000, "g:", 1001 },
	{ "", "To: a\n", "\nx\n", 5000, "To:", 200 },
	{ "Subject: ", "0123456789", "\n\nx\n", 50000, "0123", 1640 },
	{ "Subject: a\n", " 0123456789\n", "\nx\n", 50000, "0123", 1640 },
	{ MIXED, "--b\n\n", "", 100000, "--b", 2000 },
	{ "A: 1\n\n", "-- \n", "", 100000, "-- ", 2000 },
	{ "A: 1\n\n", "text text\n", "", 200000, "text t", 20000 },
	{ "A: 1\n\nTo: ", "g:", "\n", 90000, "g:", 1001 },
	{ "A: 1\n\nTo: a\n", " g:\n", "\n", 40000, "g:", 1001 },
	{ MIXED "--b\nContent-Type: message/rfc822\n\n", "To: a\n", "\n", 5000, "To:", 200 },
};

static void
test_limits(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(limit_cases); i++) {
		const LimitCase *c = &limit_cases[i];
		GString *bytes = g_string_new(c->before);
		Guarded guarded;
		unsigned left;

		for (unsigned n = 0; n < c->times; n++)
			g_string_append(bytes, c->repeated);
		g_string_append(bytes, c->after);
		guard_run(bytes->str, bytes->len, &limits_default, &guarded);
		left = MAX(MAX(count(guarded.headers, c->word), count(guarded.mime, c->word)),
			count(guarded.original, c->word));
		g_test_message("case %zu: %u left", i, left);
		g_assert_true(guarded.cut);
		g_assert_cmpuint(left, >, 0);
		g_assert_cmpuint(left, <=, c->most);
		guard_clear(&guarded);
		g_string_free(bytes, TRUE);
	}
}

/* However long the returned message is, the status block behind it is reached. */
static void
test_status_behind_large_original(void)
{
	GString *bytes = g_string_new(MIXED "--b\nContent-Type: message/rfc822\n\nS: 1\n\n");
	Guarded guarded;

	for (unsigned i = 0; i < 200000; i++)
		g_string_append(bytes, "--0123456789012345678901234567890123456789\n");
	g_string_append(bytes, "--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--b--\n");
	guard_run(bytes->str, bytes->len, &limits_default, &guarded);
	g_assert_cmpuint(count(guarded.mime, "Status: 5.1.1\n"), ==, 1);
	g_assert_cmpuint(guarded.mime->len, <, 500);
	g_assert_true(guarded.original_cut);
	g_assert_false(guarded.cut);
	guard_clear(&guarded);
	g_string_free(bytes, TRUE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/guard/split", test_split);
	g_test_add_func("/guard/parts", test_parts);
	g_test_add_func("/guard/limits", test_limits);
	g_test_add_func("/guard/status-behind-large-original", test_status_behind_large_original);
	return g_test_run();
}
