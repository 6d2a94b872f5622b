#ifndef RETOUR_MAILFILE_H
#define RETOUR_MAILFILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The mails of files, directories and standard input, one at a time and in bounded memory. A file that begins with a
 * "From " line is an mbox (mboxrd and mboxo quoting undone), unless its name ends in ".eml" or it lies in a Maildir:
 * then it is one mail that some delivery agent put such a line before. Directories are walked recursively in name order,
 * without hidden names and without following links to directories; of a Maildir new and cur are read.
 */
typedef struct MailFile MailFile;

typedef struct Mail {
	char *file;      /* path as given or found; "-" is standard input */
	unsigned number; /* place in an mbox, from 1; 0: the file is one mail */
	GByteArray *bytes;
	bool truncated; /* the mail was longer than the limit; the rest was skipped */
	uint64_t end;   /* bytes of the whole walk up to where it ends */
} Mail;

void mail_init(Mail *mail);
void mail_clear(Mail *mail);

typedef enum MailStep {
	MAIL_READ,
	MAIL_UNREADABLE, /* error is set and names the file; the walk goes on */
	MAIL_END,
} MailStep;

/* paths: NULL-terminated, copied; none at all, or "-", is standard input. limit: bytes of one mail. */
MailFile *mailfile_new(const char *const *paths, size_t limit);
void mailfile_free(MailFile *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MailFile, mailfile_free)

/* How many bytes a walk over these paths will read; 0: nobody knows, for standard input is among them. */
uint64_t mailfile_measure(const char *const *paths);

/* Fills mail, whose buffers are reused. Not thread-safe. */
MailStep mailfile_next(MailFile *source, Mail *mail, GError **error);

#endif
