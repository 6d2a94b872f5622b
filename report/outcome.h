#ifndef RETOUR_OUTCOME_H
#define RETOUR_OUTCOME_H

#include "report.h"

/*
 * What a report says in prose about one recipient becomes the event's reply code, status, stage, remote host and
 * diagnostic. After message_init(). The diagnostic begins at the remote side's reply where one is quoted; all of the text
 * otherwise.
 */
void outcome_fill(Event *event, const char *text);

/* Does the text quote an SMTP reply, or name an enhanced code of class 4 or 5? */
bool outcome_has_reply(const char *text);

#endif
