#ifndef RETOUR_IMPORT_PLACE_H
#define RETOUR_IMPORT_PLACE_H

#include "mailfile.h"

#include <stdint.h>

/*
 * How far an import has come, in a file: "NUMBER PATH" of the last mail of the archive before which none is left to be done.
 * Mails are done out of order, by several threads; the caller locks. Nothing depends on it but time: what is told again
 * counts once.
 */
typedef struct ImportPlace ImportPlace;

/* From the file at path, if there is one. ERROR_CONFIG: it holds something else, or cannot be read. */
ImportPlace *import_place_open(const char *path, GError **error);
void import_place_free(ImportPlace *place); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportPlace, import_place_free)

/*
 * Reads source up to and with that mail, which is none where there was no file; *ret_skipped: how many mails. ERROR_INPUT: it
 * is not there, so that this is another archive or a changed one.
 */
bool import_place_skip(const ImportPlace *place, MailFile *source, uint64_t *ret_skipped, GError **error);

/* number: of the crew, from 0. mail NULL: what stood there could not be read, and will not be tried again. */
void import_place_done(ImportPlace *place, uint64_t number, const Mail *mail);
/* Writes the file, at most once a second unless always. */
bool import_place_save(ImportPlace *place, bool always, GError **error);
/* All is done: the file goes. */
void import_place_remove(const ImportPlace *place);

#endif
