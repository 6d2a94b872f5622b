#ifndef RETOUR_SMTP_REPLY_H
#define RETOUR_SMTP_REPLY_H

#include "meter.h"

#include <libmilter/mfapi.h>

/* What the SMTP client of a refused or delayed message is told. text as it is to be read; it goes out as one line. */
void smtp_reply_set(SMFICTX *ctx, const char *code, const char *status, const char *text);
/* With 451, for a message that is put off; counts it. SMFIS_TEMPFAIL, to be used as a return value. */
sfsistat smtp_reply_put_off(SMFICTX *ctx, Meter *meter, PutOff reason);

#define REPLY_NO_TOKEN_STATUS "5.7.1"
#define REPLY_NO_TOKEN_TEXT "No mail of ours has this return path, so there is nothing to report to it"
#endif
