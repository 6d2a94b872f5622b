#include "keyring_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD \
	"# Signing keys of Retour, newest first. Secret: readable for the services alone. Changed by retour token, " \
	"see\n" \
	"# retour-token(1); hosts share it by a copy.\n" \
	"keys:\n"

static bool
fail(GError **error, const char *path)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, g_strerror(errno));
	return false;
}

/* -1: failed. The file stays: removing a lock file is a race. */
static int
lock(const char *path, GError **error)
{
	g_autofree char *name = g_strconcat(path, ".lock", NULL);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	fail(error, name);
	if (fd >= 0)
		close(fd);
	return -1;
}

static void
add_time(GString *text, const char *key, int64_t at)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(at);
	g_autofree char *iso = g_date_time_format_iso8601(time);

	g_string_append_printf(text, "    %s: %s\n", key, iso);
}

static void
add_entry(GString *text, const KeyEntry *entry)
{
	char secret[sodium_base64_ENCODED_LEN(TOKEN_SECRET_SIZE, sodium_base64_VARIANT_ORIGINAL)];

	g_string_append_printf(text, "  - id: %u\n", entry->key.id);
	add_time(text, "created", entry->created_at);
	add_time(text, "signs_from", entry->signs_from);
	if (entry->retired_at != 0) {
		add_time(text, "retired", entry->retired_at);
		return;
	}
	sodium_bin2base64(secret, sizeof secret, entry->key.secret, TOKEN_SECRET_SIZE, sodium_base64_VARIANT_ORIGINAL);
	g_string_append_printf(text, "    secret: %s\n", secret);
	sodium_memzero(secret, sizeof secret);
}

/* As the file that it replaces, if there is one. */
static bool
take_over_owner(int fd, const char *path)
{
	struct stat old, new;

	if (stat(path, &old) != 0)
		return errno == ENOENT;
	if (fstat(fd, &new) != 0)
		return false;
	if ((old.st_uid != new.st_uid || old.st_gid != new.st_gid) && fchown(fd, old.st_uid, old.st_gid) != 0)
		return false;
	return fchmod(fd, old.st_mode & 0777) == 0;
}

static bool
write_all(int fd, const GString *text)
{
	for (size_t done = 0; done < text->len;) {
		ssize_t wrote = write(fd, text->str + done, text->len - done);

		if (wrote < 0 && errno != EINTR)
			return false;
		done += wrote < 0 ? 0 : (size_t)wrote;
	}
	return fsync(fd) == 0;
}

static bool
sync_folder(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* Beside it and renamed over it: whoever reads sees the old ring or the new one. */
static bool
replace(const char *path, const GString *text, GError **error)
{
	g_autofree char *beside = g_strconcat(path, ".new", NULL);
	int fd, problem;
	bool ok;

	unlink(beside); /* left by one that was killed; the lock is ours */
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(error, beside);
	ok = take_over_owner(fd, path) && write_all(fd, text);
	problem = errno;
	close(fd);
	if (ok && rename(beside, path) == 0 && sync_folder(path))
		return true;
	errno = ok ? errno : problem;
	fail(error, path);
	unlink(beside);
	return false;
}

static bool
write_entries(const char *path, const GArray *entries, GError **error)
{
	/* Large enough at once: text that grows would leave secrets behind in memory. */
	GString *text = g_string_sized_new(sizeof HEAD + (gsize)entries->len * 256);
	bool ok;

	g_string_append(text, HEAD);
	for (unsigned i = 0; i < entries->len; i++)
		add_entry(text, &g_array_index(entries, KeyEntry, i));
	ok = replace(path, text, error);
	sodium_memzero(text->str, text->len);
	g_string_free(text, TRUE);
	return ok;
}

/* The number after the highest one; at the end of the numbers the lowest that is free. 0: none is. */
static uint8_t
free_id(const GArray *entries)
{
	bool used[KEY_IDS] = { false };
	unsigned highest = 0;

	for (unsigned i = 0; i < entries->len; i++) {
		unsigned id = g_array_index(entries, KeyEntry, i).key.id;

		used[id] = true;
		highest = MAX(highest, id);
	}
	if (highest + 1 < KEY_IDS)
		return (uint8_t)(highest + 1);
	for (unsigned id = 1; id < KEY_IDS; id++)
		if (!used[id])
			return (uint8_t)id;
	return 0;
}

static bool
has_live_key(const GArray *entries)
{
	for (unsigned i = 0; i < entries->len; i++)
		if (g_array_index(entries, KeyEntry, i).retired_at == 0)
			return true;
	return false;
}

static bool
add_key(GArray *entries, const char *path, int64_t now, int64_t grace_seconds, KeyEntry *ret_entry, GError **error)
{
	KeyEntry entry = { .created_at = now, .signs_from = now + (has_live_key(entries) ? grace_seconds : 0) };
	bool ok;

	entry.key.id = free_id(entries);
	if (entry.key.id == 0) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT,
			"%s: all %d numbers are taken; delete the oldest retired keys from the file", path,
			KEY_IDS - 1);
		return false;
	}
	*ret_entry = entry;
	randombytes_buf(entry.key.secret, TOKEN_SECRET_SIZE);
	g_array_prepend_val(entries, entry);
	sodium_memzero(&entry, sizeof entry);
	ok = write_entries(path, entries, error);
	return ok;
}

/* An empty ring where there is no file yet. */
static GArray *
read_or_begin(const char *path, GError **error)
{
	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return key_entries_read(path, error);
	if (sodium_init() < 0) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "libsodium does not start");
		return NULL;
	}
	return g_array_sized_new(FALSE, TRUE, sizeof(KeyEntry), KEY_IDS);
}

bool
keyring_add(
	const char *path, int64_t now, int64_t grace_seconds, uint8_t *ret_id, int64_t *ret_signs_from, GError **error)
{
	int held = lock(path, error);
	GArray *entries = held < 0 ? NULL : read_or_begin(path, error);
	KeyEntry entry = { 0 };
	bool ok = entries != NULL && add_key(entries, path, now, grace_seconds, &entry, error);

	key_entries_free(entries);
	if (held >= 0)
		close(held);
	if (!ok)
		return false;
	*ret_id = entry.key.id;
	*ret_signs_from = entry.signs_from;
	return true;
}

static bool
retire_key(GArray *entries, const char *path, uint8_t id, int64_t now, GError **error)
{
	for (unsigned i = 0; i < entries->len; i++) {
		KeyEntry *entry = &g_array_index(entries, KeyEntry, i);

		if (entry->key.id != id)
			continue;
		if (entry->retired_at != 0)
			return true;
		entry->retired_at = now;
		sodium_memzero(entry->key.secret, TOKEN_SECRET_SIZE);
		return write_entries(path, entries, error);
	}
	g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "%s: there is no key %u", path, id);
	return false;
}

bool
keyring_retire(const char *path, uint8_t id, int64_t now, GError **error)
{
	int held = lock(path, error);
	GArray *entries = held < 0 ? NULL : key_entries_read(path, error);
	bool ok = entries != NULL && retire_key(entries, path, id, now, error);

	key_entries_free(entries);
	if (held >= 0)
		close(held);
	return ok;
}
