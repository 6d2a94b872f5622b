#include "stamping.h"

#include <string.h>

static const char text[] = "return_path: Bounces.Example.org\n"
			   "feedback_address: fbl@example.org\n"
			   "feedback_id: example\n"
			   "networks: [192.0.2.0/24]\n"
			   "domains:\n"
			   "  - names: [customer.example, 'm\xc3\xbcller.example']\n"
			   "    return_path: bounces.customer.example\n"
			   "    keep: none\n"
			   "  - names: quiet.example\n"
			   "    stamp: no\n"
			   "  - names: plain.example\n"
			   "    return_path: ''\n"
			   "    feedback_address: ''\n";

static const struct Refusal {
	const char *text, *message;
} refusals[] = {
	{ "return_path: a b\n", "file:1: 'a b' is no domain" },
	{ "unsubscribe: -@-\n", "file:1: '-@-' is no domain" },
	{ "trace: no\nfeedback_address: fbl\n", "file:2: 'fbl' is no address" },
	{ "feedback_address: 'F <fbl@example.org>'\n", "file:1: 'F <fbl@example.org>' is no address" },
	{ "feedback_id: four\n", "file:1: 'feedback_id' must be 5 to 15" },
	{ "feedback_id: 'a:bcde'\n", "file:1: 'feedback_id' must be 5 to 15" },
	{ "networks: [127.0.0.0/8, here]\n", "file:1: 'here' is no network" },
	{ "keep: all\n", "file:1: 'keep' must be one of: own_bounces, none; not 'all'" },
	{ "colour: red\n", "file:1: unknown key 'colour'" },
	{ "domains: x\n", "file:1: 'domains' must be a list" },
	{ "domains:\n  - stamp: no\n", "file:2: 'names' is missing" },
	{ "domains:\n  - names: a b\n", "file:2: 'a b' is no domain" },
	{ "domains:\n  - names: [a.example, b.example]\n  - names: B.example\n",
		"file:3: 'B.example' stands there twice" },
	{ "domains:\n  - names: a.example\n    return_path: x y\n", "file:3: 'x y' is no domain" },
	{ "domains:\n  - names: a.example\n    networks: '::1'\n", "file:3: unknown key 'networks'" },
};

static const struct Sender {
	const char *address;
	bool keeps;
} senders[] = {
	{ "news@example.org", false },
	{ "jane.o'neil+tag@example.org", false },
	{ "rebounce@example.org", false },
	{ "owner@example.org", false },
	{ "list+user=dom.example@example.org", true },
	{ "SRS0=abcd=tt=dom.example=user@example.org", true },
	{ "prvs=1234abcdef=user@example.org", true },
	{ "owner-list@example.org", true },
	{ "list-owner@example.org", true },
	{ "List-Bounces@example.org", true },
	{ "list-request@example.org", true },
	{ "bounce-1234@example.org", true },
	{ "bounces+12-34@example.org", true },
	{ "user@bounces=example.org", false },
};

static Stamping *
read_text(const char *yaml, GError **error)
{
	g_autoptr(YamlFile) file = yaml_file_parse("file", yaml, strlen(yaml), NULL);

	return stamping_read(yaml_file_root(file), error);
}

static void
test_refusals(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(read_text(refusals[i].text, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_test_message("%s", error->message);
		g_assert_true(g_str_has_prefix(error->message, refusals[i].message));
	}
}

static void
test_terms(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Stamping) stamping = read_text(text, &error);
	const StampTerms *terms;

	g_assert_no_error(error);
	g_assert_true(stamping_is_on(stamping));
	terms = stamping_terms(stamping, "other.example");
	g_assert_cmpstr(terms->return_path, ==, "bounces.example.org");
	g_assert_cmpint(terms->keep, ==, KEEP_OWN_BOUNCES);
	g_assert_true(terms->trace);
	for (unsigned i = 0; i < 2; i++) {
		terms = stamping_terms(stamping, i == 0 ? "customer.example" : "xn--mller-kva.example");
		g_assert_cmpstr(terms->return_path, ==, "bounces.customer.example");
		g_assert_cmpstr(terms->feedback_address, ==, "fbl@example.org");
		g_assert_cmpstr(terms->feedback_id, ==, "example");
		g_assert_cmpint(terms->keep, ==, KEEP_NONE);
	}
	g_assert_null(stamping_terms(stamping, "quiet.example"));
	terms = stamping_terms(stamping, "plain.example");
	g_assert_cmpstr(terms->return_path, ==, "");
	g_assert_cmpstr(terms->feedback_address, ==, "");
	g_assert_true(stamping_is_return_path(stamping, "bounces.example.org"));
	g_assert_true(stamping_is_return_path(stamping, "bounces.customer.example"));
	g_assert_false(stamping_is_return_path(stamping, "customer.example"));
	g_assert_false(stamping_is_return_path(stamping, ""));
	g_assert_true(stamping_knows_client(stamping, "192.0.2.9"));
	g_assert_false(stamping_knows_client(stamping, "127.0.0.1"));
}

static void
test_off(void)
{
	g_autoptr(Stamping) none = stamping_read(NULL, NULL);
	g_autoptr(Stamping) off =
		read_text("stamp: no\nreturn_path: b.example\ndomains:\n  - names: a.example\n", NULL);
	g_autoptr(Stamping) one = read_text("stamp: no\ndomains:\n  - names: a.example\n    stamp: yes\n", NULL);

	g_assert_false(stamping_is_on(none));
	g_assert_null(stamping_terms(none, "a.example"));
	g_assert_false(stamping_is_on(off));
	g_assert_false(stamping_is_return_path(off, "b.example"));
	g_assert_true(stamping_is_on(one));
	g_assert_null(stamping_terms(one, "b.example"));
	g_assert_nonnull(stamping_terms(one, "a.example"));
	g_assert_true(stamping_knows_client(one, "127.0.0.1"));
	g_assert_true(stamping_knows_client(one, "::1"));
}

static void
test_senders(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(senders); i++) {
		g_test_message("%s", senders[i].address);
		g_assert_cmpint(sender_keeps_bounces(senders[i].address), ==, senders[i].keeps);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stamping/refusals", test_refusals);
	g_test_add_func("/stamping/terms", test_terms);
	g_test_add_func("/stamping/off", test_off);
	g_test_add_func("/stamping/senders", test_senders);
	return g_test_run();
}
