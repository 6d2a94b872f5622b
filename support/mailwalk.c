#include "mailwalk.h"

#include "errors.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

/* Deeper trees are no mail stores; a bound keeps a walk from exhausting memory. */
#define DEPTH_MAX 64

/* What is still to be visited of one directory, or of the command line. */
typedef struct Level {
	char *path; /* NULL: the command line */
	GPtrArray *names;
	unsigned next;
	bool maildir; /* names are mails of a Maildir */
} Level;

struct MailWalk {
	GPtrArray *levels; /* Level *, innermost last */
	char *path;        /* of the entry handed out */
};

static void
level_free(void *data)
{
	Level *level = data;

	g_free(level->path);
	g_ptr_array_unref(level->names);
	g_free(level);
}

static Level *
level_new(const char *path)
{
	Level *level = g_new0(Level, 1);

	level->path = g_strdup(path);
	level->names = g_ptr_array_new_with_free_func(g_free);
	return level;
}

MailWalk *
mailwalk_new(const char *const *paths)
{
	MailWalk *walk = g_new0(MailWalk, 1);
	Level *level = level_new(NULL);

	for (; *paths != NULL; paths++)
		g_ptr_array_add(level->names, g_strdup(*paths));
	if (level->names->len == 0)
		g_ptr_array_add(level->names, g_strdup("-"));
	walk->levels = g_ptr_array_new_with_free_func(level_free);
	g_ptr_array_add(walk->levels, level);
	return walk;
}

void
mailwalk_free(MailWalk *walk)
{
	if (walk == NULL)
		return;
	g_ptr_array_unref(walk->levels);
	g_free(walk->path);
	g_free(walk);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_directory(const char *directory, const char *name)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);

	return g_file_test(path, G_FILE_TEST_IS_DIR);
}

static bool
is_maildir(const char *path)
{
	return is_directory(path, "cur") && is_directory(path, "new") && is_directory(path, "tmp");
}

static bool
read_names(Level *level, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(GDir) directory = g_dir_open(level->path, 0, &cause);
	const char *name;

	if (directory == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s", cause->message);
		return false;
	}
	while ((name = g_dir_read_name(directory)) != NULL)
		if (*name != '.')
			g_ptr_array_add(level->names, g_strdup(name));
	g_ptr_array_sort(level->names, compare_names);
	return true;
}

static void
add_maildir_names(Level *level)
{
	g_ptr_array_add(level->names, g_strdup("cur"));
	g_ptr_array_add(level->names, g_strdup("new"));
}

static bool
walk_into(MailWalk *walk, const Level *above, const char *path, GError **error)
{
	Level *level;

	if (walk->levels->len > DEPTH_MAX) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "%s: more than %d directories deep", path, DEPTH_MAX);
		return false;
	}
	level = level_new(path);
	level->maildir = above->path != NULL && is_maildir(above->path);
	if (is_maildir(path)) {
		add_maildir_names(level);
	} else if (!read_names(level, error)) {
		level_free(level);
		return false;
	}
	g_ptr_array_add(walk->levels, level);
	return true;
}

static void
entry_set(MailWalk *walk, const Level *level, char *path, WalkEntry *entry)
{
	g_free(walk->path);
	walk->path = path;
	entry->path = path;
	entry->single = level->maildir || g_str_has_suffix(path, ".eml");
}

/* What a person names is followed through links; below that links to directories are not, for they may lead round. */
static bool
look_at(const Level *level, const char *path, struct stat *status, bool *ret_linked, GError **error)
{
	bool named = level->path == NULL;
	bool seen = (named ? stat(path, status) : lstat(path, status)) == 0;

	*ret_linked = seen && S_ISLNK(status->st_mode);
	if (*ret_linked)
		seen = stat(path, status) == 0;
	if (!seen)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", path, g_strerror(errno));
	return seen;
}

/* Visits one name: *ret_found tells whether it is a file for the caller. */
static bool
visit(MailWalk *walk, const Level *level, const char *name, WalkEntry *entry, bool *ret_found, GError **error)
{
	bool named = level->path == NULL, linked;
	g_autofree char *path = named ? g_strdup(name) : g_build_filename(level->path, name, NULL);
	struct stat status;

	*ret_found = named && strcmp(name, "-") == 0;
	if (!*ret_found) {
		if (!look_at(level, path, &status, &linked, error))
			return false;
		if (S_ISDIR(status.st_mode))
			return linked || walk_into(walk, level, path, error);
		*ret_found = named || S_ISREG(status.st_mode);
	}
	if (*ret_found)
		entry_set(walk, level, g_steal_pointer(&path), entry);
	return true;
}

bool
mailwalk_next(MailWalk *walk, WalkEntry *ret_entry, GError **error)
{
	bool found = false;

	while (walk->levels->len > 0) {
		Level *level = g_ptr_array_index(walk->levels, walk->levels->len - 1);

		if (level->next == level->names->len) {
			g_ptr_array_set_size(walk->levels, (int)walk->levels->len - 1);
			continue;
		}
		if (!visit(walk, level, g_ptr_array_index(level->names, level->next++), ret_entry, &found, error))
			return false;
		if (found)
			return true;
	}
	return false;
}
