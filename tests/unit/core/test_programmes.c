#include "programmes.h"

static const struct RecogniseCase {
	const char *from, *envelope_sender, *user_agent, *name; /* NULL: none */
} recognise_cases[] = {
	{ "feedback@arf.post.example", "", "", "post" },
	{ "Feedback@sub.ARF.post.example", NULL, NULL, "post" },
	{ "someone@post.example", "", "", NULL },
	{ "someone@notarf.post.example", "", "", NULL },
	{ "staff@mail.example", "", "", "mail" },
	{ "other@mail.example", "", "", NULL },
	{ "", "staff@mail.example", "", "mail" },
	{ "", "<>", "", NULL },
	{ "x@elsewhere.example", "bounce@arf.post.example", "MAIL-fbl/2", "post" },
	{ "staff@mail.example", "bounce@arf.post.example", "", "mail" },
	{ "x@elsewhere.example", "", "mail-FBL/1.0", "mail" },
	{ "x@elsewhere.example", "", "my mail-fbl/1.0", NULL },
	{ "no address", "neither", "", NULL },
};

static const struct ProofCase {
	const char *from, *signed_by, *name;
} proof_cases[] = {
	{ "feedback@arf.post.example", "arf.post.example", "post" },
	{ "feedback@arf.post.example", "S1.Arf.Post.example.", "post" },
	{ "feedback@arf.post.example", "post.example", NULL },
	{ "feedback@arf.post.example", "evilarf.post.example", NULL },
	{ "staff@mail.example", "mail.example", "mail" },
	{ "user@mail.example", "mail.example", NULL },
	{ "staff@mail.example", "arf.post.example", NULL },
	{ "reports@cop.example", "cop.example", NULL }, /* nobody asked for them */
	{ "", "mail.example", NULL },
	{ "staff@mail.example", "", NULL },
};

static char **
list(const char *text)
{
	return g_strsplit(text, " ", -1);
}

static Programme *
programme(const char *name, const char *senders, const char *dkim, const char *agents, bool solicited)
{
	Programme *made = g_new0(Programme, 1);

	made->name = g_strdup(name);
	made->provider = g_strdup("");
	made->senders = list(senders);
	made->dkim = list(dkim);
	made->user_agents = list(agents);
	made->solicited = solicited;
	return made;
}

static Programmes *
sample(void)
{
	Programmes *programmes = programmes_new();
	const char *other;
	size_t index;

	g_assert_true(programmes_add(
		programmes, programme("post", "arf.post.example", "arf.post.example", "", true), &index, &other));
	g_assert_true(programmes_add(programmes,
		programme("mail", "staff@mail.example", "mail.example", "Mail-FBL/", true), &index, &other));
	g_assert_true(
		programmes_add(programmes, programme("cop", "cop.example", "cop.example", "", false), &index, &other));
	return programmes;
}

static const char *
name_of(const Programme *found)
{
	return found == NULL ? NULL : found->name;
}

static void
test_recognise(void)
{
	Programmes *programmes = sample();

	for (size_t i = 0; i < G_N_ELEMENTS(recognise_cases); i++) {
		const struct RecogniseCase *row = &recognise_cases[i];

		g_test_message("%s", row->from);
		g_assert_cmpstr(
			name_of(programmes_recognise(programmes, row->from, row->envelope_sender, row->user_agent)), ==,
			row->name);
	}
	g_assert_cmpstr(name_of(programmes_find(programmes, "cop")), ==, "cop");
	g_assert_null(programmes_find(programmes, "dog"));
	programmes_free(programmes);
}

static void
test_prove(void)
{
	Programmes *programmes = sample();

	for (size_t i = 0; i < G_N_ELEMENTS(proof_cases); i++) {
		const struct ProofCase *row = &proof_cases[i];

		g_test_message("%s %s", row->from, row->signed_by);
		g_assert_cmpstr(name_of(programmes_prove(programmes, row->from, row->signed_by)), ==, row->name);
	}
	programmes_free(programmes);
}

static void
test_taken(void)
{
	Programmes *programmes = sample();
	const char *other;
	size_t index;

	g_assert_false(programmes_add(
		programmes, programme("late", "late.example cop.example", "", "", true), &index, &other));
	g_assert_cmpuint(index, ==, 1);
	g_assert_cmpstr(other, ==, "cop");
	g_assert_null(programmes_recognise(programmes, "a@late.example", NULL, NULL));
	programmes_free(programmes);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/programmes/recognise", test_recognise);
	g_test_add_func("/programmes/prove", test_prove);
	g_test_add_func("/programmes/taken", test_taken);
	return g_test_run();
}
