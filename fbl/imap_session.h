#ifndef RETOUR_IMAP_SESSION_H
#define RETOUR_IMAP_SESSION_H

#include "imap.h"
#include "imap_reader.h"

/* What imap.c and imap_auth.c share: how commands are run. */
struct Imap {
	ImapStream *stream;
	ImapReader *reader;
	ImapResponse *response;   /* the last one */
	GHashTable *capabilities; /* set */
	int64_t timeout_ms;
	size_t message_bytes;
	unsigned commands;
	char tag[16];
	uint32_t exists, uidvalidity, uidnext;
	bool news; /* an EXISTS came since the last search */
};

/* Is given each untagged response to a command that is no status. */
typedef void (*ImapHandler)(Imap *imap, void *context);

bool imap_send_line(Imap *imap, const char *line, GError **error);
/* With the next tag. */
bool imap_send_command(Imap *imap, const char *command, GError **error);
/* Up to the tagged response, or a continuation where one is awaited (*ret_continued). command: whose verb an error names. */
bool imap_finish(
	Imap *imap, const char *command, ImapHandler handler, void *context, bool *ret_continued, GError **error);
bool imap_run(Imap *imap, const char *command, ImapHandler handler, void *context, GError **error);

bool imap_fail_protocol(const char *what, GError **error);
/* Can it stand in a quoted string? */
bool imap_is_quotable(const char *text);
char *imap_quote(const char *text);

#endif
