#include "address_hash.h"

#include <glib/gstdio.h>
#include <string.h>

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* key: what the file holds; mode: who may do what; error: its code, or -1: a key. */
static const struct FileCase {
	const char *name, *key;
	mode_t mode;
	int error;
} file_cases[] = {
	{ "good", KEY, 0600, -1 },
	{ "with-newline", KEY "\n", 0640, -1 },
	{ "short", "0001", 0600, ERROR_CONFIG },
	{ "empty", "", 0600, ERROR_CONFIG },
	{ "no-hex", "zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0600, ERROR_CONFIG },
	{ "for-everybody", KEY, 0644, ERROR_CONFIG },
	{ "group-may-write", KEY, 0660, ERROR_CONFIG },
};

static char *
write_key(const char *text, mode_t mode)
{
	g_autofree char *folder = g_dir_make_tmp("retour-key-XXXXXX", NULL);
	char *path = g_build_filename(folder, "key", NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
	return path;
}

static void
remove_key(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);

	g_unlink(path);
	g_rmdir(folder);
}

static void
check_file(const void *data)
{
	const struct FileCase *row = data;
	g_autofree char *path = write_key(row->key, row->mode);
	g_autoptr(GError) error = NULL;
	g_autoptr(AddressHash) hash = address_hash_load(path, &error);

	if (row->error < 0)
		g_assert_no_error(error);
	else
		g_assert_error(error, RETOUR_ERROR, row->error);
	g_assert_true((hash != NULL) == (row->error < 0));
	remove_key(path);
}

/* Against: printf %s anna@example.org | openssl dgst -sha256 -mac hmac -macopt hexkey:KEY */
static void
check_hash(void)
{
	g_autofree char *path = write_key(KEY, 0600);
	g_autoptr(AddressHash) hash = address_hash_load(path, NULL);
	g_autofree char *anna = address_hash_of(hash, "anna@example.org");
	g_autofree char *bert = address_hash_of(hash, "bert@example.org");

	g_assert_cmpstr(anna, ==, "hash:dc16dac4e0724e68069d10704ecd1a83a550648d07cfaabebd5926a7facce46b");
	g_assert_cmpstr(anna, !=, bert);
	remove_key(path);
}

static void
check_missing(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(address_hash_load("/nonexistent/key", &error));
	g_assert_error(error, RETOUR_ERROR, ERROR_RETRY);
	address_hash_free(NULL);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(file_cases); i++) {
		g_autofree char *path = g_strconcat("/address-hash/file/", file_cases[i].name, NULL);

		g_test_add_data_func(path, &file_cases[i], check_file);
	}
	g_test_add_func("/address-hash/hash", check_hash);
	g_test_add_func("/address-hash/missing", check_missing);
	return g_test_run();
}
