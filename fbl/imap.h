#ifndef RETOUR_IMAP_H
#define RETOUR_IMAP_H

#include "imap_stream.h"

#include <glib.h>

/*
 * A session with an IMAP server (RFC 3501), as much of it as a reader of reports needs. Used by one thread. After ERROR_RETRY
 * the session is of no use and must be closed; ERROR_INPUT: the server said NO to this command alone, the session goes on.
 */
typedef struct Imap Imap;

/* Connects and asks for capabilities. endpoint is borrowed for the call. Messages are bounded to message_bytes each. */
Imap *imap_open(const ImapEndpoint *endpoint, size_t message_bytes, GError **error);
/* Says LOGOUT and waits for nothing. */
void imap_close(Imap *imap);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Imap, imap_close)

bool imap_has(const Imap *imap, const char *capability); /* upper case, "IDLE" */

/* AUTHENTICATE PLAIN, else LOGIN. ERROR_CONFIG: refused. */
bool imap_login(Imap *imap, const char *user, const char *password, GError **error);

/*
 * A mechanism of one step with its response; the explanation that comes before a refusal is answered by dismiss (base64).
 * ERROR_CONFIG: refused; another try on this session is possible.
 */
bool imap_authenticate(Imap *imap, const char *mechanism, const char *response, const char *dismiss, GError **error);

/* Whom the server's log may show; where the server wants to know. */
bool imap_identify(Imap *imap, const char *version, GError **error);

typedef struct ImapFolder {
	uint32_t uidvalidity;
	uint32_t exists;
} ImapFolder;

/* folder: UTF-8. ERROR_INPUT: there is none, or not for us. */
bool imap_select(Imap *imap, const char *folder, ImapFolder *ret_folder, GError **error);

/* UIDs from first on that are not flagged \Deleted, ascending, each once: appended to ret_uids (uint32_t). */
bool imap_search(Imap *imap, uint32_t first, GArray *ret_uids, GError **error);

typedef struct ImapMessage { /* borrowed for the call */
	uint32_t uid;
	const char *bytes;
	size_t size;
	bool truncated;
} ImapMessage;

/*
 * BODY.PEEK of count messages, in the order of the server; a message that is gone meanwhile is left out. What each takes of
 * time does not count against the server.
 */
bool imap_fetch(Imap *imap, const uint32_t *uids, size_t count, void (*each)(void *context, const ImapMessage *message),
	void *context, GError **error);

/*
 * MOVE, or COPY, \Deleted and UID EXPUNGE; makes the folder when it is missing. ERROR_INPUT: the server can do neither, or
 * refuses.
 */
bool imap_move(Imap *imap, const uint32_t *uids, size_t count, const char *folder, GError **error);

bool imap_noop(Imap *imap, GError **error);

/*
 * Waits for news of the selected folder, at most that long; returns at once when there were some since the last search.
 * wake: a descriptor that ends the waiting when it is readable.
 */
bool imap_idle(Imap *imap, int wake, int64_t milliseconds, GError **error);

/* "1:3,7" of ascending UIDs. Owned by the caller. */
char *imap_uid_set(const uint32_t *uids, size_t count);

#endif
