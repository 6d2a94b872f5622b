#ifndef RETOUR_REPLY_H
#define RETOUR_REPLY_H

#include "report.h"

/* What a mail server answered, as reports quote it: what every reader of bounces needs of it. After message_init(). */

/*
 * One line: white space collapsed, and the codes that a multi-line reply repeats in each of its lines taken out:
 * "550-5.1.1 No such 550 5.1.1 user" becomes "550 5.1.1 No such user". In place; returns its argument.
 */
char *reply_clean(char *text);

/* From wordings like "in reply to RCPT TO", "after end of data", "connect to ...: Connection refused". */
Stage reply_stage(const char *text);

/* The better of a Status field and the codes in the diagnostic: the more specific one, and the diagnostic's in doubt. */
Status reply_choose_status(Status field, const char *diagnostic);

/* Fills diagnostic, status, reply_code and stage of event. */
void reply_fill(Event *event, const char *diagnostic, Status field);

#endif
