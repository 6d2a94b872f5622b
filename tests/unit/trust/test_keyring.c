#include "ring.h"

#include <string.h>
#include <sys/stat.h>

#define T0 INT64_C(1795000000)
#define DAY (24 * 3600)
#define SECRET "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
#define ENTRY "keys:\n  - id: 1\n    created: 2026-11-20T10:00:00Z\n    signs_from: 2026-11-20T10:00:00Z\n"

static const struct Refusal {
	const char *name, *text, *message;
} refusals[] = {
	{ "empty", "", "keys:1: 'keys' is missing" },
	{ "no-list", "keys: 3\n", "keys:1: 'keys' must be a list of '- id: ...'" },
	{ "unknown", ENTRY "    secret: " SECRET "\n    colour: red\n", "keys:6: unknown key 'colour'" },
	{ "id", "keys:\n  - id: 256\n", "keys:2: 'id' must lie between 1 and 255" },
	{ "time", "keys:\n  - id: 1\n    created: yesterday\n    signs_from: x\n",
		"keys:3: 'created' must be a time such as 2026-01-31T12:00:00Z" },
	{ "no-secret", ENTRY, "keys:2: 'secret' is missing" },
	{ "short", ENTRY "    secret: MDEyMzQ1\n", "keys:5: 'secret' must be 32 bytes in base64" },
	{ "long", ENTRY "    secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYw\n",
		"keys:5: 'secret' must be 32 bytes in base64" },
	{ "retired", ENTRY "    retired: 2026-11-21T10:00:00Z\n    secret: " SECRET "\n",
		"keys:6: a retired key has no 'secret'" },
	{ "twice",
		ENTRY "    secret: " SECRET "\n  - id: 1\n    created: 2026-11-20T10:00:00Z\n"
		      "    signs_from: 2026-11-20T10:00:00Z\n    secret: " SECRET "\n",
		"keys:6: there are two keys 1" },
};

static void
test_refusals(void)
{
	TestRing files = test_ring_new();

	for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_true(g_file_set_contents_full(
			files.path, refusals[i].text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
		g_assert_null(keyring_load(files.path, &error));
		g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
		g_assert_true(g_str_has_prefix(error->message, files.folder));
		g_assert_cmpstr(error->message + strlen(files.folder) + 1, ==, refusals[i].message);
	}
	test_ring_free(&files);
}

/* What was cut off could be a key, and would be gone with the next change. */
static void
test_too_long(void)
{
	TestRing files = test_ring_new();
	g_autofree char *comment = g_strnfill(65536, '#');
	g_autofree char *text = g_strconcat(ENTRY "    secret: " SECRET "\n", comment, "\n", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_file_set_contents_full(files.path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	g_assert_null(keyring_load(files.path, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "longer than 65535 bytes"));
	test_ring_free(&files);
}

static void
test_modes(void)
{
	static const struct Mode {
		mode_t mode;
		bool good;
	} modes[] = { { 0600, true }, { 0400, true }, { 0640, true }, { 0440, true }, { 0644, false }, { 0604, false },
		{ 0660, false }, { 0602, false }, { 0601, false }, { 0650, false } };
	TestRing files = test_ring_new();

	test_ring_add(&files, T0, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(g_chmod(files.path, modes[i].mode), ==, 0);
		g_autoptr(KeyRing) ring = keyring_load(files.path, &error);

		g_assert_cmpint(ring != NULL, ==, modes[i].good);
		if (!modes[i].good)
			g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
	}
	test_ring_free(&files);
}

static void
test_absent(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(keyring_load("/nonexistent/keys", &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	g_clear_error(&error);
	g_assert_null(keyring_load("/", &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_CONFIG);
}

static void
assert_key(const KeyRing *ring, size_t index, int64_t now, uint8_t id, KeyState state)
{
	KeyInfo info = keyring_info(ring, index, now);

	g_assert_cmpuint(info.id, ==, id);
	g_assert_cmpint(info.state, ==, state);
}

static void
test_rotation(void)
{
	TestRing files = test_ring_new();
	bool retired = true;

	/* The first key has nobody to wait for. */
	g_assert_cmpuint(test_ring_add(&files, T0, DAY), ==, 1);
	g_assert_cmpuint(test_ring_add(&files, T0 + 10 * DAY, DAY), ==, 2);
	g_autoptr(KeyRing) ring = test_ring_load(&files);

	g_assert_cmpuint(keyring_count(ring), ==, 2);
	g_assert_null(keyring_signer(ring, T0 - 1));
	g_assert_cmpint(keyring_signing_since(ring, T0 - 1), ==, 0);
	g_assert_cmpuint(keyring_signer(ring, T0)->id, ==, 1);
	g_assert_cmpuint(keyring_signer(ring, T0 + 11 * DAY - 1)->id, ==, 1);
	g_assert_cmpuint(keyring_signer(ring, T0 + 11 * DAY)->id, ==, 2);
	assert_key(ring, 0, T0 + 10 * DAY, 2, KEY_COMING);
	assert_key(ring, 1, T0 + 10 * DAY, 1, KEY_SIGNING);
	assert_key(ring, 0, T0 + 12 * DAY, 2, KEY_SIGNING);
	assert_key(ring, 1, T0 + 12 * DAY, 1, KEY_OLD);
	g_assert_cmpint(keyring_info(ring, 1, T0).signs_until, ==, T0 + 11 * DAY);
	g_assert_cmpint(keyring_info(ring, 0, T0).signs_until, ==, 0);
	/* Both are accepted at any time, also the one that is to come: another host may have begun. */
	g_assert_nonnull(keyring_find(ring, 1, NULL));
	g_assert_nonnull(keyring_find(ring, 2, &retired));
	g_assert_false(retired);
	g_assert_null(keyring_find(ring, 3, &retired));
	g_assert_false(retired);
	g_assert_cmpint(keyring_signing_since(ring, T0 + 12 * DAY), ==, T0);
	test_ring_free(&files);
}

static void
test_retirement(void)
{
	TestRing files = test_ring_new();
	g_autofree char *before = NULL, *after = NULL;
	g_autoptr(GError) error = NULL;
	bool retired = false;

	test_ring_add(&files, T0, 0);
	g_assert_cmpint(g_chmod(files.path, 0640), ==, 0);
	g_assert_true(g_file_get_contents(files.path, &before, NULL, NULL));
	test_ring_add(&files, T0 + DAY, 0);
	g_assert_true(keyring_retire(files.path, 1, T0 + 2 * DAY, NULL));
	g_assert_true(keyring_retire(files.path, 1, T0 + 3 * DAY, NULL));
	g_assert_false(keyring_retire(files.path, 9, T0, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_INPUT);
	g_autoptr(KeyRing) ring = test_ring_load(&files);

	assert_key(ring, 1, T0 + 3 * DAY, 1, KEY_RETIRED);
	g_assert_cmpint(keyring_info(ring, 1, T0).retired_at, ==, T0 + 2 * DAY);
	g_assert_null(keyring_find(ring, 1, &retired));
	g_assert_true(retired);
	g_assert_null(keyring_signer(ring, T0 + DAY - 1));
	g_assert_cmpint(keyring_signing_since(ring, T0 + 3 * DAY), ==, T0);
	/* Its secret is gone, the mode of the file is as it was. */
	g_assert_true(g_file_get_contents(files.path, &after, NULL, NULL));
	g_assert_null(strstr(after, strstr(before, "secret: ")));
	GStatBuf status;

	g_assert_cmpint(g_stat(files.path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0640);
	test_ring_free(&files);
}

static void
test_numbers_end(void)
{
	TestRing files = test_ring_new();
	g_autoptr(GError) error = NULL;
	int64_t from;
	uint8_t id;

	for (unsigned i = 1; i < 256; i++)
		g_assert_cmpuint(test_ring_add(&files, T0 + i, 0), ==, i);
	g_assert_false(keyring_add(files.path, T0, 0, &id, &from, &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_INPUT);
	test_ring_free(&files);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keyring/refusals", test_refusals);
	g_test_add_func("/keyring/too-long", test_too_long);
	g_test_add_func("/keyring/modes", test_modes);
	g_test_add_func("/keyring/absent", test_absent);
	g_test_add_func("/keyring/rotation", test_rotation);
	g_test_add_func("/keyring/retirement", test_retirement);
	g_test_add_func("/keyring/numbers-end", test_numbers_end);
	return g_test_run();
}
