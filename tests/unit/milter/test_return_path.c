#include "return_path.h"

#include "../trust/ring.h"

#include <string.h>

#define T0 INT64_C(1795000000)
#define DAY (24 * 3600)
#define LIFETIME (30 * DAY)

static const unsigned char message[TOKEN_MESSAGE_SIZE] = { 1 };

/* A listener's terms, whose first key signs from T0. */
typedef struct Fixture {
	TestRing files;
	MilterSettings file;
	ListenerSettings settings;
	Trust trust;
	Rulebook book;
	Conduct conduct;
} Fixture;

static void
set_up(Fixture *fixture, const char *stamping)
{
	g_autoptr(YamlFile) yaml = yaml_file_parse("file", stamping, strlen(stamping), NULL);

	*fixture = (Fixture){ .files = test_ring_new(), .trust.lifetime_seconds = LIFETIME };
	test_ring_add(&fixture->files, T0, 0);
	fixture->trust.ring = test_ring_load(&fixture->files);
	fixture->book.trust = &fixture->trust;
	fixture->file.stamping = stamping_read(yaml_file_root(yaml), NULL);
	fixture->settings.role = ROLE_INBOUND;
	fixture->conduct = (Conduct){ .file = &fixture->file,
		.settings = &fixture->settings,
		.ours = recipients_new(),
		.feedback = recipients_new(),
		.unsubscribe = recipients_new(),
		.book = &fixture->book };
	g_assert_true(recipients_add(fixture->conduct.feedback, "fbl@b.example", NULL));
	g_assert_true(recipients_add(fixture->conduct.unsubscribe, "leave@b.example", NULL));
}

static void
tear_down(Fixture *fixture)
{
	keyring_free(fixture->trust.ring);
	stamping_free(fixture->file.stamping);
	recipients_free(fixture->conduct.ours);
	recipients_free(fixture->conduct.feedback);
	recipients_free(fixture->conduct.unsubscribe);
	test_ring_free(&fixture->files);
}

static const struct RefusesCase {
	const char *name, *stamping;
	int role, without_token;
	int64_t at;
	bool refuses;
} refuses_cases[] = {
	{ "auto-first-day", "return_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_AUTO, T0, false },
	{ "auto-last-day", "return_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_AUTO, T0 + LIFETIME - 1, false },
	{ "auto-then", "return_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_AUTO, T0 + LIFETIME, true },
	{ "auto-before-the-key", "return_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_AUTO, T0 - LIFETIME, false },
	{ "auto-no-return-path", "trace: yes\n", ROLE_INBOUND, WITHOUT_TOKEN_AUTO, T0 + LIFETIME, false },
	{ "auto-off", "stamp: no\nreturn_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_AUTO, T0 + LIFETIME, false },
	{ "refuse", "return_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_REFUSE, T0, true },
	{ "mark", "return_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_MARK, T0 + LIFETIME, false },
	{ "accept", "return_path: b.example\n", ROLE_INBOUND, WITHOUT_TOKEN_ACCEPT, T0 + LIFETIME, false },
	{ "internal", "return_path: b.example\n", ROLE_INTERNAL, WITHOUT_TOKEN_AUTO, T0 + LIFETIME, false },
};

static void
test_refuses(gconstpointer data)
{
	const struct RefusesCase *c = data;
	Fixture fixture;

	set_up(&fixture, c->stamping);
	fixture.settings.role = c->role;
	fixture.settings.without_token = c->without_token;
	g_assert_cmpint(return_path_refuses(&fixture.conduct, c->at), ==, c->refuses);
	tear_down(&fixture);
}

/* "%s" is a token: of what purpose and age. */
static const struct ProblemCase {
	const char *format;
	TokenPurpose purpose;
	int64_t age;
	const char *problem;
} problem_cases[] = {
	{ "b-%s@b.example", TOKEN_RETURN_PATH, 0, NULL },
	{ "B-%s@B.example", TOKEN_RETURN_PATH, DAY, NULL },
	{ "u-%s@b.example", TOKEN_UNSUBSCRIBE, 0, NULL },
	{ "b-%s@b.example", TOKEN_RETURN_PATH, LIFETIME + 1, "expired" },
	{ "u-%s@b.example", TOKEN_UNSUBSCRIBE, LIFETIME + 1, "expired" },
	{ "b-%s@b.example", TOKEN_TRACE, 0, "invalid" },
	{ "b-%s@b.example", TOKEN_FEEDBACK, 0, "invalid" },
	{ "b-%sx@b.example", TOKEN_RETURN_PATH, 0, "missing" },
	{ "news@b.example", TOKEN_RETURN_PATH, 0, "missing" },
	{ "news@other.example", TOKEN_RETURN_PATH, 0, NULL },
	{ "fbl@b.example", TOKEN_RETURN_PATH, 0, NULL },
	{ "leave@b.example", TOKEN_RETURN_PATH, 0, NULL },
	{ "Postmaster@b.example", TOKEN_RETURN_PATH, 0, NULL },
	{ "abuse@b.example", TOKEN_RETURN_PATH, 0, NULL },
};

static void
test_problems(void)
{
	Fixture fixture;

	set_up(&fixture, "return_path: b.example\n");
	for (size_t i = 0; i < G_N_ELEMENTS(problem_cases); i++) {
		const struct ProblemCase *c = &problem_cases[i];
		const TokenKey *key = keyring_signer(fixture.trust.ring, T0);
		g_auto(GStrv) parts = g_strsplit(c->format, "%s", 2);
		char text[TOKEN_TEXT_SIZE];
		Token token;

		token_make(key, c->purpose, T0 + 100 * DAY - c->age, message, "a@x.example", "", &token);
		g_autofree char *address = g_strjoinv(token_format(&token, text), parts);
		g_autofree char *folded = g_ascii_strdown(address, -1);
		Recipient recipient = { .address = address, .key = folded, .ours = true };

		g_test_message("%s", address);
		g_assert_cmpstr(return_path_problem(&fixture.conduct, &recipient, T0 + 100 * DAY), ==, c->problem);
		recipient.ours = false;
		g_assert_null(return_path_problem(&fixture.conduct, &recipient, T0 + 100 * DAY));
	}
	tear_down(&fixture);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(refuses_cases); i++) {
		g_autofree char *path = g_strdup_printf("/return-path/refuses/%s", refuses_cases[i].name);

		g_test_add_data_func(path, &refuses_cases[i], test_refuses);
	}
	g_test_add_func("/return-path/problems", test_problems);
	return g_test_run();
}
