#ifndef RETOUR_EXPLANATION_H
#define RETOUR_EXPLANATION_H

#include "message.h"
#include "report.h"

/*
 * The words for people that come with a machine's block. Postfix says only there at which command the reply came,
 * Sendmail and OpenSMTPD keep the reply itself there. Completes the failed and delayed events of report: the stage
 * where it is unknown, everything of reply_fill() where the diagnostic says nothing; the address of an only recipient
 * where the block hides it.
 */
void explanation_apply(Report *report, const Message *message, const Inbound *inbound, const Limits *limits);

#endif
