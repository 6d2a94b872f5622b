#include "auth_border.h"

#include <string.h>

/* A mail's headers, top first, and the signer that is believed; "": nobody. */
typedef struct Case {
	const char *name, *mail, *received_by, *signer;
} Case;

#define OURS(signer) "Authentication-Results: mx.ours.example; dkim=pass header.d=" signer "\r\n"
#define OTHERS(signer) "Authentication-Results: mx.evil.example; dkim=pass header.d=" signer "\r\n"
#define RECEIVED(host) \
	"Received: from a.example (a.example [192.0.2.1])\r\n\tby " host " with ESMTP id 4x;\r\n\tnow\r\n"

static const Case cases[] = {
	{ "ours", OURS("good.example") "\r\nx", "", "good.example" },
	{ "topmost", OURS("good.example") OURS("bad.example") "\r\nx", "", "good.example" },
	{ "others-above", OTHERS("bad.example") OURS("good.example") "\r\nx", "", "good.example" },
	{ "only-others", OTHERS("bad.example") "\r\nx", "", "" },
	{ "job-id", "authentication-results: MX.Ours.example/4x; dkim=pass header.d=good.example\n\n", "",
		"good.example" },
	{ "longer-id", "Authentication-Results: mx.ours.example.evil; dkim=pass header.d=bad.example\n\n", "", "" },
	{ "id-in-comment", "Authentication-Results: (mx.ours.example) evil; dkim=pass header.d=bad.example\n\n", "",
		"" },
	{ "two-in-one", "Authentication-Results: mx.ours.example; none\n; dkim=pass header.d=bad.example\n\n", "", "" },
	{ "folded", "Authentication-Results:\r\n\tmx.ours.example;\r\n\tdkim=pass\r\n\theader.d=good.example\r\n\r\n",
		"", "good.example" },
	{ "blank-before-colon", "Authentication-Results : mx.ours.example; dkim=pass header.d=bad.example\n\n", "",
		"" },
	{ "in-the-body", "Subject: x\r\n\r\n" OURS("bad.example"), "", "" },
	{ "arc", "ARC-Authentication-Results: i=1; mx.ours.example; dkim=pass header.d=bad.example\n\n", "", "" },
	{ "below-foreign-received", RECEIVED("mx.evil.example") OURS("bad.example") "\r\nx", "", "" },
	{ "above-foreign-received", OURS("good.example") RECEIVED("mx.evil.example") "\r\nx", "", "good.example" },
	{ "below-own-received", RECEIVED("mx.ours.example") OURS("good.example") "\r\nx", "mx.ours.example",
		"good.example" },
	{ "below-two-own-received",
		RECEIVED("imap.ours.example") RECEIVED("mx.ours.example") OURS("good.example") "\r\n",
		"imap.ours.example mx.ours.example", "good.example" },
	{ "pattern", RECEIVED("AM0PR1.prod.outlook.example") OURS("good.example") "\r\n", "*.prod.outlook.example",
		"good.example" },
	{ "pattern-is-anchored", RECEIVED("x.prod.outlook.example.evil") OURS("bad.example") "\r\n",
		"*.prod.outlook.example", "" },
	{ "below-own-then-foreign", RECEIVED("mx.ours.example") RECEIVED("b.evil.example") OURS("bad.example") "\r\n",
		"mx.ours.example", "" },
	{ "injected-past-the-border",
		RECEIVED("relay.evil.example") RECEIVED("mx.ours.example") OURS("bad.example") "\r\n",
		"mx.ours.example", "" },
	{ "helo-says-by",
		"Received: from by (by [192.0.2.1]) by relay.evil.example\n with ESMTP\n" OURS("bad.example") "\n",
		"relay.evil.example by", "bad.example" },
	{ "helo-names-us",
		"Received: from mx.ours.example (x by mx.ours.example) by relay.evil.example\n" OURS(
			"bad.example") "\n",
		"mx.ours.example", "" },
	{ "no-by", "Received: (qmail 1 invoked by uid 0)\n" OURS("bad.example") "\n", "mx.ours.example", "" },
	{ "host-in-comment-only", "Received: by (mx.ours.example) x\n" OURS("bad.example") "\n", "mx.ours.example",
		"" },
	{ "empty", "", "", "" },
};

static bool
has_signer(const AuthResults *results, const char *domain)
{
	const char *signer;

	for (guint at = 0; (signer = auth_results_next_signer(results, &at)) != NULL;)
		if (g_ascii_strcasecmp(signer, domain) == 0)
			return true;
	return false;
}

static void
test_case(gconstpointer data)
{
	static const char *const ids[] = { "mail.ours.example", "mx.ours.example", NULL };
	const Case *subject = data;
	g_auto(GStrv) hosts = g_strsplit(subject->received_by, " ", -1);
	const Border border = { ids, (const char *const *)hosts };
	g_autoptr(AuthResults) results = auth_border_read(&border, subject->mail, strlen(subject->mail));

	if (*subject->signer == '\0') {
		g_assert_true(results == NULL || !has_signer(results, "bad.example"));
	} else {
		g_assert_nonnull(results);
		g_assert_true(has_signer(results, subject->signer));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strconcat("/auth-border/", cases[i].name, NULL);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	return g_test_run();
}
