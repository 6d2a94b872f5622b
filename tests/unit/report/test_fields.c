#include "fields.h"

#include <string.h>

/* expected: fields as "name=type;value", '|' between fields, '/' between groups. */
typedef struct FieldsCase {
	const char *text, *expected;
} FieldsCase;

static const FieldsCase cases[] = {
	{ "", "" },
	{ "junk\n\n", "" },
	{ "A: 1\nB: 2\n\nC: 3\n", "a=1|b=2 / c=3" },
	{ "\n\nA: 1\n\n\n\nB: 2", "a=1 / b=2" },
	{ "A :1\nB\t: 2\n", "a=1|b=2" },
	{ "A: one\n two\n\tthree\n", "a=one two three" },
	{ "A: one\n \n two\n", "a=one" },
	{ "A: 1\n550-5.1.1 second: line\n550 third\n", "a=1 550-5.1.1 second: line 550 third" },
	{ "A: see\nhttps://example.com/x\n", "a=see https://example.com/x" },
	{ "  A: 1\n  B: 2\n", "a=1 B: 2" },
	{ "Final-Recipient: RFC822; a@example.com\n", "final-recipient=rfc822;a@example.com" },
	{ "Final-Recipient:rfc/822;a@example.com\n", "final-recipient=rfc/822;a@example.com" },
	{ "Remote-MTA: 192.0.2.1\n", "remote-mta=192.0.2.1" },
	{ "Diagnostic-Code: smtp ; 550 gone; sorry\n", "diagnostic-code=smtp;550 gone; sorry" },
	{ "Diagnostic-Code: 550 gone; sorry\n", "diagnostic-code=550 gone; sorry" },
	{ "Diagnostic-Code: gone away; sorry\n", "diagnostic-code=gone away; sorry" },
	{ "User-Agent: Agent; 1\n", "user-agent=Agent; 1" },
	{ "Disposition: manual-action/MDN-sent-manually; displayed\n",
		"disposition=manual-action/mdn-sent-manually;displayed" },
	{ "Action: failed\nAction: delayed\n", "action=failed / action=delayed" },
	{ "Final-Recipient: a\nAction: failed\nStatus: 5.1.1\nX-A: b\nOriginal-Recipient: c\nFinal-Recipient: d\n",
		"final-recipient=a|action=failed|status=5.1.1|x-a=b / original-recipient=c|final-recipient=d" },
	{ "Final-Recipient: a\nOriginal-Recipient: b\nFinal-Recipient: c\n",
		"final-recipient=a|original-recipient=b / final-recipient=c" },
	{ "Original-Rcpt-To: a\nOriginal-Rcpt-To: b\n", "original-rcpt-to=a|original-rcpt-to=b" },
	{ "Reporting-MTA:DNS;mx.example\n", "reporting-mta=dns;mx.example" },
	{ "Status: 5.0.0 (permanent (failure))\n", "status=5.0.0 (permanent (failure))" },
};

static char *
render(const GPtrArray *groups)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < groups->len; i++) {
		const FieldGroup *group = g_ptr_array_index(groups, i);

		g_string_append(out, i == 0 ? "" : " / ");
		for (guint k = 0; k < group->fields->len; k++) {
			const Field *field = g_ptr_array_index(group->fields, k);

			g_string_append_printf(out, "%s%s=%s%s%s", k == 0 ? "" : "|", field->name, field->type,
				*field->type == '\0' ? "" : ";", field->value);
		}
	}
	return g_string_free(out, FALSE);
}

static void
test_parse(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GPtrArray) groups = fields_parse(cases[i].text, &limits_default);
		g_autofree char *got = render(groups);

		g_assert_cmpstr(got, ==, cases[i].expected);
	}
}

static void
test_limits(void)
{
	Limits limits = limits_default;
	g_autofree char *filler = g_strnfill(1000, 'x');
	g_autofree char *text = g_strdup_printf("A: %s\n %s\n %s\n\nB: 2\n\nC: 3\n\nD: 4\n", filler, filler, filler);
	g_autoptr(GPtrArray) groups = NULL;

	limits.field_bytes = 1500;
	limits.field_groups = 3;
	groups = fields_parse(text, &limits);
	g_assert_cmpuint(groups->len, ==, 3);
	g_assert_cmpuint(strlen(field_value(g_ptr_array_index(groups, 0), "a")), <=, 1500);
	g_assert_cmpstr(field_value(g_ptr_array_index(groups, 2), "c"), ==, "3");
	g_assert_cmpstr(field_value(g_ptr_array_index(groups, 2), "d"), ==, "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fields/parse", test_parse);
	g_test_add_func("/fields/limits", test_limits);
	return g_test_run();
}
