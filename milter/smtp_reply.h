#ifndef RETOUR_SMTP_REPLY_H
#define RETOUR_SMTP_REPLY_H

#include "listing.h"

#include <stdint.h>

/* What the SMTP client of a refused or delayed message is told, ready for smfi_setreply(): one line, at most 512 octets with codes and line end, printable ASCII, percent signs doubled. Owned by the caller. */
char *smtp_reply_blocked(const Listing *listing, const char *address, const char *support);

#define REPLY_BLOCKED_STATUS "5.7.1"
#define REPLY_RETRY_STATUS "4.3.0"
#define REPLY_RETRY_TEXT "This report cannot be recorded at the moment, please try again later"
#define REPLY_BUSY_STATUS "4.3.2"
#define REPLY_BUSY_TEXT "Too busy to look at this message, please try again later"
#define REPLY_UNAVAILABLE_TEXT \
	"The list of blocked recipients cannot be consulted at the moment, please try again later"

#endif
