#include "import_place.h"

#include "errors.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

struct ImportPlace {
	char *path;
	char *file;        /* NULL: nothing is done yet */
	unsigned number;   /* as Mail.number */
	uint64_t next;     /* of the crew: all before are done */
	GHashTable *ahead; /* number of the crew: text of the place, "" for what could not be read */
	int64_t saved_at;  /* monotonic */
};

static bool
parse(ImportPlace *place, const char *text)
{
	char *end;
	guint64 number = g_ascii_strtoull(text, &end, 10);

	if (end == text || *end != ' ' || end[1] == '\0' || number > G_MAXUINT)
		return false;
	g_free(place->file);
	place->file = g_strdup(end + 1);
	place->number = (unsigned)number;
	return true;
}

ImportPlace *
import_place_open(const char *path, GError **error)
{
	g_autoptr(ImportPlace) place = g_new0(ImportPlace, 1);
	g_autoptr(GError) problem = NULL;
	g_autofree char *text = NULL;

	place->path = g_strdup(path);
	place->ahead = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	if (!g_file_get_contents(path, &text, NULL, &problem)) {
		if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT))
			return g_steal_pointer(&place);
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s", problem->message);
		return NULL;
	}
	if (parse(place, text))
		return g_steal_pointer(&place);
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: does not say how far an import has come", path);
	return NULL;
}

void
import_place_free(ImportPlace *place)
{
	if (place == NULL)
		return;
	g_hash_table_unref(place->ahead);
	g_free(place->file);
	g_free(place->path);
	g_free(place);
}

bool
import_place_skip(const ImportPlace *place, MailFile *source, uint64_t *ret_skipped, GError **error)
{
	uint64_t skipped = 0;
	bool found = place->file == NULL;
	Mail mail;

	mail_init(&mail);
	while (!found) {
		MailStep step = mailfile_next(source, &mail, NULL); /* complained of when it was its turn */

		if (step == MAIL_END)
			break;
		skipped += step == MAIL_READ;
		found = step == MAIL_READ && mail.number == place->number && strcmp(mail.file, place->file) == 0;
	}
	mail_clear(&mail);
	if (found)
		*ret_skipped = skipped;
	else
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT,
			"%s, where %s says that it goes on, is not there; without that file it begins anew",
			place->file, place->path);
	return found;
}

static void
add_ahead(ImportPlace *place, uint64_t number, const Mail *mail)
{
	gint64 key = (gint64)number;
	char *text = mail == NULL ? g_strdup("") : g_strdup_printf("%u %s", mail->number, mail->file);

	g_hash_table_insert(place->ahead, g_memdup2(&key, sizeof key), text);
}

void
import_place_done(ImportPlace *place, uint64_t number, const Mail *mail)
{
	const char *text;

	add_ahead(place, number, mail);
	for (gint64 next; next = (gint64)place->next, (text = g_hash_table_lookup(place->ahead, &next)) != NULL;) {
		parse(place, text);
		g_hash_table_remove(place->ahead, &next);
		place->next++;
	}
}

bool
import_place_save(ImportPlace *place, bool always, GError **error)
{
	int64_t now = g_get_monotonic_time();
	g_autofree char *text = NULL;

	if (place->file == NULL || (!always && now - place->saved_at < G_USEC_PER_SEC))
		return true;
	place->saved_at = now;
	text = g_strdup_printf("%u %s", place->number, place->file);
	return g_file_set_contents(place->path, text, -1, error);
}

void
import_place_remove(const ImportPlace *place)
{
	if (g_unlink(place->path) != 0 && errno != ENOENT)
		g_printerr("%s: %s\n", place->path, g_strerror(errno));
}
