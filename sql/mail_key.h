#ifndef RETOUR_MAIL_KEY_H
#define RETOUR_MAIL_KEY_H

#include <stdint.h>

/*
 * sent.mail_key: FNV-1a over Message-ID and recipient. A way into an index and no proof: who finds a row by it
 * compares both texts. Never to be changed, for it stands in the database.
 */
int64_t mail_key(const char *message_id, const char *recipient);

/* What is kept of a Message-ID, here and in the report that is looked up. */
#define MAIL_MESSAGE_ID_BYTES 998

#endif
