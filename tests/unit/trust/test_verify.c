#include "ring.h"
#include "verify.h"

#include <sodium.h>
#include <string.h>

#define T0 INT64_C(1795000000)
#define DAY (24 * 3600)
#define LIFETIME (30 * DAY)
#define A "a@example.org"
#define B "b@example.org"
#define C "c@example.org"

static const unsigned char message[TOKEN_MESSAGE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static const unsigned char other_message[TOKEN_MESSAGE_SIZE] = { 8, 7, 6, 5, 4, 3, 2, 1 };

/* Which tags come along. */
typedef enum Tags {
	NO_TAGS,
	TAGS_A_B,      /* complete */
	TAGS_CUT,      /* A and B, and there was no room for the others */
	TAGS_OF_OTHER, /* A and B in another message */
} Tags;

static const struct Case {
	const char *name;
	uint8_t key;
	TokenPurpose made_for, asked_for;
	const char *made_to, *claimed;
	Tags tags;
	int64_t age;
	TokenState state;
} cases[] = {
	{ "valid", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, 0, TOKEN_VALID },
	{ "old-key", 1, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, DAY, TOKEN_VALID },
	{ "last-second", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, LIFETIME, TOKEN_VALID },
	{ "expired", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, LIFETIME + 1, TOKEN_EXPIRED },
	{ "clock-ahead", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, -DAY, TOKEN_VALID },
	{ "to-come", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, -DAY - 1, TOKEN_EXPIRED },
	{ "other-recipient", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, B, NO_TAGS, 0, TOKEN_WRONG_RECIPIENT },
	{ "other-recipient-tags", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, B, TAGS_A_B, 0, TOKEN_WRONG_RECIPIENT },
	{ "other-purpose", 2, TOKEN_FEEDBACK, TOKEN_RETURN_PATH, A, A, NO_TAGS, 0, TOKEN_INVALID },
	{ "hidden", 2, TOKEN_FEEDBACK, TOKEN_FEEDBACK, A, "", NO_TAGS, 0, TOKEN_NEEDS_RECORD },
	{ "hidden-expired", 2, TOKEN_FEEDBACK, TOKEN_FEEDBACK, A, "", NO_TAGS, LIFETIME + 1, TOKEN_EXPIRED },
	{ "at-rcpt", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, NULL, NO_TAGS, 0, TOKEN_VALID },
	{ "at-rcpt-expired", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, NULL, NO_TAGS, LIFETIME + 1, TOKEN_EXPIRED },
	{ "retired", 3, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, 0, TOKEN_RETIRED_KEY },
	{ "unknown-key", 9, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, A, A, NO_TAGS, 0, TOKEN_INVALID },

	{ "several", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, A, TAGS_A_B, 0, TOKEN_VALID },
	{ "several-second", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, B, TAGS_A_B, 0, TOKEN_VALID },
	{ "several-other", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, C, TAGS_A_B, 0, TOKEN_WRONG_RECIPIENT },
	{ "several-cut", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, C, TAGS_CUT, 0, TOKEN_NEEDS_RECORD },
	{ "several-bare", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, A, NO_TAGS, 0, TOKEN_NEEDS_RECORD },
	{ "several-other-message", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, A, TAGS_OF_OTHER, 0,
		TOKEN_WRONG_RECIPIENT },
	{ "several-expired", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, A, TAGS_A_B, LIFETIME + 1, TOKEN_EXPIRED },
	{ "several-at-rcpt", 2, TOKEN_RETURN_PATH, TOKEN_RETURN_PATH, NULL, NULL, NO_TAGS, 0, TOKEN_VALID },
};

/* Keys 1 (old), 2 (signs), 3 (retired). ret_keys: as they were made. */
static KeyRing *
make_ring(TestRing *files, TokenKey ret_keys[10])
{
	for (unsigned i = 1; i <= 3; i++)
		test_ring_add(files, T0 - 100 * DAY + i, 0);
	g_autoptr(KeyRing) all = test_ring_load(files);

	for (uint8_t id = 1; id <= 3; id++)
		ret_keys[id] = *keyring_find(all, id, NULL);
	ret_keys[9] = ret_keys[1];
	ret_keys[9].id = 9;
	g_assert_true(keyring_retire(files->path, 3, T0, NULL));
	return test_ring_load(files);
}

static void
test_cases(void)
{
	TestRing files = test_ring_new();
	TokenKey keys[10] = { 0 };
	g_autoptr(KeyRing) ring = make_ring(&files, keys);

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct Case *c = &cases[i];
		const unsigned char *tagged = c->tags == TAGS_OF_OTHER ? other_message : message;
		unsigned char tags[2][TOKEN_TAG_SIZE];
		Token token;

		token_make(&keys[c->key], c->made_for, T0 - c->age, message, c->made_to, "", &token);
		token_tag(&keys[c->key], tagged, A, tags[0]);
		token_tag(&keys[c->key], tagged, B, tags[1]);
		TokenClaim claim = { .purpose = c->asked_for,
			.token = &token,
			.context = "",
			.recipient = c->claimed,
			.tags = c->tags == NO_TAGS ? NULL : tags,
			.tag_count = c->tags == NO_TAGS ? 0 : 2,
			.tags_complete = c->tags != TAGS_CUT };

		g_test_message("%s", c->name);
		g_assert_cmpstr(
			token_state_name(token_verify(ring, &claim, LIFETIME, T0)), ==, token_state_name(c->state));
	}
	test_ring_free(&files);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verify/cases", test_cases);
	return g_test_run();
}
