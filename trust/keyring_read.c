#include "keyring_private.h"

#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_BYTES 65536

typedef struct KeyRecord {
	int64_t id;
	char *created, *signs_from, *retired, *secret;
} KeyRecord;

#define MEMBER(field) .offset = offsetof(KeyRecord, field)

static const Setting key_settings[] = {
	{ .key = "id", .type = SETTING_NUMBER, MEMBER(id), .required = true, .low = 1, .high = KEY_IDS - 1 },
	{ .key = "created", .type = SETTING_TEXT, MEMBER(created), .required = true },
	{ .key = "signs_from", .type = SETTING_TEXT, MEMBER(signs_from), .required = true },
	{ .key = "retired", .type = SETTING_TEXT, MEMBER(retired) },
	{ .key = "secret", .type = SETTING_TEXT, MEMBER(secret) },
	{ 0 },
};

typedef struct RingRecord {
	const YamlNode *keys;
} RingRecord;

static const Setting ring_settings[] = {
	{ .key = "keys", .type = SETTING_NODE, .offset = offsetof(RingRecord, keys), .required = true },
	{ 0 },
};

static bool
read_time(const YamlNode *map, const char *key, const char *text, int64_t *ret_time, GError **error)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);

	if (time == NULL || g_date_time_to_unix(time) <= 0)
		return yaml_fail(yaml_get(map, key), error, "'%s' must be a time such as 2026-01-31T12:00:00Z", key);
	*ret_time = g_date_time_to_unix(time);
	return true;
}

/* The message never repeats what stands there. */
static bool
read_secret(const YamlNode *map, const KeyRecord *record, KeyEntry *entry, GError **error)
{
	size_t size = 0;

	if (entry->retired_at != 0)
		return *record->secret == '\0'
		       || yaml_fail(yaml_get(map, "secret"), error, "a retired key has no 'secret'");
	if (*record->secret == '\0')
		return yaml_fail(map, error, "'secret' is missing");
	if (sodium_base642bin(entry->key.secret, TOKEN_SECRET_SIZE, record->secret, strlen(record->secret), NULL, &size,
		    NULL, sodium_base64_VARIANT_ORIGINAL)
			!= 0
		|| size != TOKEN_SECRET_SIZE)
		return yaml_fail(
			yaml_get(map, "secret"), error, "'secret' must be %d bytes in base64", TOKEN_SECRET_SIZE);
	return true;
}

static bool
read_entry(const YamlNode *map, KeyRecord *record, KeyEntry *entry, GError **error)
{
	if (!settings_read(key_settings, map, record, error)
		|| !read_time(map, "created", record->created, &entry->created_at, error)
		|| !read_time(map, "signs_from", record->signs_from, &entry->signs_from, error)
		|| (*record->retired != '\0' && !read_time(map, "retired", record->retired, &entry->retired_at, error)))
		return false;
	entry->key.id = (uint8_t)record->id;
	return read_secret(map, record, entry, error);
}

static bool
add_entry(GArray *entries, const YamlNode *map, GError **error)
{
	KeyRecord record = { 0 };
	KeyEntry entry = { 0 };
	bool ok = read_entry(map, &record, &entry, error);

	if (record.secret != NULL)
		sodium_memzero(record.secret, strlen(record.secret));
	settings_clear(key_settings, &record);
	for (unsigned i = 0; ok && i < entries->len; i++)
		if (g_array_index(entries, KeyEntry, i).key.id == entry.key.id)
			ok = yaml_fail(yaml_get(map, "id"), error, "there are two keys %u", entry.key.id);
	if (ok)
		g_array_append_val(entries, entry);
	sodium_memzero(&entry, sizeof entry);
	return ok;
}

static GArray *
read_ring(const YamlNode *root, GError **error)
{
	RingRecord record = { 0 };
	GArray *entries;
	bool ok = true;

	if (!settings_read(ring_settings, root, &record, error))
		return NULL;
	if (yaml_kind(record.keys) != YAML_LIST) {
		yaml_fail(record.keys, error, "'keys' must be a list of '- id: ...'");
		return NULL;
	}
	entries = g_array_sized_new(FALSE, TRUE, sizeof(KeyEntry), KEY_IDS);
	for (size_t i = 0; ok && i < yaml_count(record.keys); i++)
		ok = add_entry(entries, yaml_item(record.keys, i), error);
	if (!ok)
		g_clear_pointer(&entries, key_entries_free);
	return entries;
}

static bool
fail(GError **error, const char *path)
{
	g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, g_strerror(errno));
	return false;
}

static bool
check_mode(const char *path, const struct stat *status, GError **error)
{
	if (S_ISREG(status->st_mode) && (status->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) == 0)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"%s: must be a plain file that nobody but its owner (and, to read, its group) can open: chmod o=,g-w",
		path);
	return false;
}

/* Into text, which the caller wipes. Of one descriptor, so what was checked is what is read. */
static bool
read_file(const char *path, char text[RING_BYTES], size_t *ret_size, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	ssize_t got = 1;
	size_t size = 0;
	bool ok;

	if (fd < 0)
		return fail(error, path);
	ok = fstat(fd, &status) == 0 ? check_mode(path, &status, error) : fail(error, path);
	while (ok && size < RING_BYTES && (got = read(fd, text + size, RING_BYTES - size)) > 0)
		size += (size_t)got;
	if (got < 0)
		ok = fail(error, path);
	if (ok && size == RING_BYTES) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: longer than %d bytes: no key ring", path,
			RING_BYTES - 1);
		ok = false;
	}
	close(fd);
	*ret_size = size;
	return ok;
}

GArray *
key_entries_read(const char *path, GError **error)
{
	char text[RING_BYTES];
	g_autoptr(YamlFile) file = NULL;
	size_t size = 0;

	if (sodium_init() < 0) {
		g_set_error_literal(error, RETOUR_ERROR, ERROR_RETRY, "libsodium does not start");
		return NULL;
	}
	if (!read_file(path, text, &size, error))
		return NULL;
	file = yaml_file_parse(path, text, size, error);
	sodium_memzero(text, size);
	return file == NULL ? NULL : read_ring(yaml_file_root(file), error);
}
