#ifndef RETOUR_SMTP_REPLY_H
#define RETOUR_SMTP_REPLY_H

#include <libmilter/mfapi.h>

/* What the SMTP client of a refused or delayed message is told. text as it is to be read; it goes out as one line. */
void smtp_reply_set(SMFICTX *ctx, const char *code, const char *status, const char *text);
/* With 451, for a message that is put off: SMFIS_TEMPFAIL, to be used as a return value. */
sfsistat smtp_reply_put_off(SMFICTX *ctx, const char *status, const char *text);

#define REPLY_RETRY_STATUS "4.3.0"
#define REPLY_RETRY_TEXT "This report cannot be recorded at the moment, please try again later"
#define REPLY_BUSY_STATUS "4.3.2"
#define REPLY_BUSY_TEXT "Too busy to look at this message, please try again later"
#define REPLY_NO_TOKEN_STATUS "5.7.1"
#define REPLY_NO_TOKEN_TEXT "No mail of ours has this return path, so there is nothing to report to it"
#define REPLY_UNAVAILABLE_TEXT \
	"The list of blocked recipients cannot be consulted at the moment, please try again later"

#endif
