#include "category.h"

#include <glib.h>

typedef struct CategoryCase {
	const char *name;
	Category category;
	Disposition disposition;
	bool final;
} CategoryCase;

static const CategoryCase cases[] = {
	{ "user_unknown", CATEGORY_USER_UNKNOWN, DISPOSITION_PERMANENT, true },
	{ "mailbox_disabled", CATEGORY_MAILBOX_DISABLED, DISPOSITION_PERMANENT, false },
	{ "mailbox_moved", CATEGORY_MAILBOX_MOVED, DISPOSITION_PERMANENT, true },
	{ "bad_address_syntax", CATEGORY_BAD_ADDRESS_SYNTAX, DISPOSITION_PERMANENT, true },
	{ "domain_no_mail", CATEGORY_DOMAIN_NO_MAIL, DISPOSITION_PERMANENT, true },
	{ "mailbox_full", CATEGORY_MAILBOX_FULL, DISPOSITION_TRANSIENT, false },
	{ "delivery_expired", CATEGORY_DELIVERY_EXPIRED, DISPOSITION_TRANSIENT, false },
	{ "recipient_blocked_sender", CATEGORY_RECIPIENT_BLOCKED_SENDER, DISPOSITION_POLICY, false },
	{ "suppressed_upstream", CATEGORY_SUPPRESSED_UPSTREAM, DISPOSITION_POLICY, false },
	{ "complaint_spam", CATEGORY_COMPLAINT_SPAM, DISPOSITION_COMPLAINT, false },
	{ "complaint_optout", CATEGORY_COMPLAINT_OPTOUT, DISPOSITION_COMPLAINT, false },
	{ "undetermined", CATEGORY_UNDETERMINED, DISPOSITION_INFORMATIONAL, false },
};

static void
test_known(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Category got;

		g_assert_true(category_parse(cases[i].name, &got));
		g_assert_cmpint(got, ==, cases[i].category);
		g_assert_cmpint(category_disposition(got), ==, cases[i].disposition);
		g_assert_cmpint(category_is_final(got), ==, cases[i].final);
	}
}

static void
test_complete(void)
{
	for (Category i = 0; i < CATEGORY_COUNT; i++) {
		Category got;

		g_assert_nonnull(category_name(i));
		g_assert_true(category_parse(category_name(i), &got));
		g_assert_cmpint(got, ==, i);
		g_assert_false(g_str_has_suffix(category_text(i), "."));
	}
}

static void
test_unknown(void)
{
	Category got = CATEGORY_DELIVERED;

	g_assert_false(category_parse("no_such_category", &got));
	g_assert_false(category_parse("", &got));
	g_assert_cmpint(got, ==, CATEGORY_DELIVERED);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/category/known", test_known);
	g_test_add_func("/category/complete", test_complete);
	g_test_add_func("/category/unknown", test_unknown);
	return g_test_run();
}
