#include "patterns_cache.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The checksum tells damage, not malice, and libhs believes what it is given. */
static bool
is_trusted(int file)
{
	struct stat status;

	return fstat(file, &status) == 0 && S_ISREG(status.st_mode)
	       && (status.st_uid == geteuid() || status.st_uid == 0) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static GBytes *
read_trusted(const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	g_autoptr(GMappedFile) mapped = NULL;

	if (file < 0)
		return NULL;
	if (is_trusted(file))
		mapped = g_mapped_file_new_from_fd(file, FALSE, NULL);
	close(file);
	return mapped == NULL ? NULL : g_mapped_file_get_bytes(mapped);
}

GBytes *
patterns_cache_read(const char *folder, const char *key)
{
	g_autofree char *path = path_for(folder, key), *header = NULL;
	g_autoptr(GBytes) content = read_trusted(path);
	size_t size, head;
	const char *text, *end;

	if (content == NULL)
		return NULL;
	text = g_bytes_get_data(content, &size);
	end = size == 0 ? NULL : memchr(text, '\n', size);
	if (end == NULL)
		return NULL;
	head = (size_t)(end - text) + 1;
	header = header_for(key, text + head, size - head);
	if (strlen(header) != head || memcmp(header, text, head) != 0)
		return NULL;
	return g_bytes_new_from_bytes(content, head, size - head);
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
	/*
	 * Written beside and renamed; two processes that write the same key write the same bytes. For all to read: what root
	 * wrote serves the services, too.
	 */
	g_file_set_contents_full(
		path, (const char *)content->data, (gssize)content->len, G_FILE_SET_CONTENTS_CONSISTENT, 0644, NULL);
}
