#include "patterns_cache.h"

#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>

#define SUFFIX ".patterns"
#define KEPT_SECONDS (30 * 24 * 60 * 60)

/* One line: format, key, SHA-256 of what follows. */
static char *
header_for(const char *key, const char *bytes, size_t size)
{
	g_autofree char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, size);

	return g_strdup_printf("retour-patterns 1 %s %s\n", key, sum);
}

static char *
path_for(const char *folder, const char *key)
{
	g_autofree char *name = g_strconcat(key, SUFFIX, NULL);

	return g_build_filename(folder, name, NULL);
}

GBytes *
patterns_cache_read(const char *folder, const char *key)
{
	g_autofree char *path = path_for(folder, key);
	g_autofree char *text = NULL, *header = NULL;
	const char *end;
	size_t size, head;

	if (!g_file_get_contents(path, &text, &size, NULL))
		return NULL;
	end = memchr(text, '\n', size);
	if (end == NULL)
		return NULL;
	head = (size_t)(end - text) + 1;
	header = header_for(key, text + head, size - head);
	if (strlen(header) != head || memcmp(header, text, head) != 0)
		return NULL;
	return g_bytes_new(text + head, size - head);
}

static void
remove_old(const char *folder)
{
	g_autoptr(GDir) entries = g_dir_open(folder, 0, NULL);
	int64_t oldest = g_get_real_time() / G_USEC_PER_SEC - KEPT_SECONDS;
	const char *name;

	while (entries != NULL && (name = g_dir_read_name(entries)) != NULL) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		GStatBuf info;

		if (g_str_has_suffix(name, SUFFIX) && g_stat(path, &info) == 0 && info.st_mtime < oldest)
			g_unlink(path);
	}
}

void
patterns_cache_write(const char *folder, const char *key, const char *bytes, size_t size)
{
	g_autofree char *path = path_for(folder, key), *header = header_for(key, bytes, size);
	g_autoptr(GByteArray) content = g_byte_array_sized_new((guint)(size + strlen(header)));

	remove_old(folder);
	g_byte_array_append(content, (const guint8 *)header, (guint)strlen(header));
	g_byte_array_append(content, (const guint8 *)bytes, (guint)size);
	/* Written beside and renamed; two processes that write the same key write the same bytes. */
	g_file_set_contents_full(
		path, (const char *)content->data, (gssize)content->len, G_FILE_SET_CONTENTS_CONSISTENT, 0640, NULL);
}
