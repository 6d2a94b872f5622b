#ifndef RETOUR_MAP_REPLY_H
#define RETOUR_MAP_REPLY_H

#include "gate.h"
#include "map_settings.h"

/*
 * Replies of the socketmap protocol. "Not listed" is NOTFOUND and never OK: in an access table OK would let the recipient
 * past all restrictions that follow. No reply holds bytes but printable ASCII.
 */

#define REPLY_NOT_FOUND "NOTFOUND "
#define REPLY_UNKNOWN_NAME "PERM there is no such map here: recipient, recipient@DOMAIN, recipient_sender, access"

/* To a question that the gate answered so; listing: for GATE_CLOSED. Owned by the caller. */
char *map_reply(const MapListener *listener, GateAnswer answer, const Listing *listing, const char *recipient);

#endif
