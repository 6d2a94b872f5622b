#ifndef RETOUR_READERS_H
#define RETOUR_READERS_H

#include "inbound.h"
#include "mail_limits.h"
#include "report.h"

/*
 * Bytes to Report: guard, parse, ask the readers in order. Never NULL: mail that is no report is REPORT_OTHER.
 * Thread-safe after message_init(). Owned by the caller.
 */
Report *report_read(const Inbound *inbound, const Limits *limits);

/* Fills the digest of a report that report_read() returned. Apart, for most mail is no report, and few who read one record it. */
void report_name(Report *report);

/* What report_read() looks at, for "explain": names of the readers in the order they are asked, NULL-terminated. */
const char *const *report_reader_names(void);

#endif
