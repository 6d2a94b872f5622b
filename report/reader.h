#ifndef RETOUR_READER_H
#define RETOUR_READER_H

#include "message.h"
#include "report.h"

/*
 * One way to read a report. Readers are const structs in a table (readers.c), asked in order; the first that
 * knows the message wins. A new MTA dialect is one file with one of these, and its line in the table.
 */
typedef struct Reader {
	const char *name;
	/* Owned by the caller; NULL: not mine. */
	Report *(*read)(const Message *message, const Inbound *inbound, const Limits *limits);
} Reader;

/* Each in the file of its name. */
extern const Reader arf_reader;
extern const Reader auto_reply_reader;
extern const Reader mdn_reader;
extern const Reader other_reader;
extern const Reader rfc3464_reader;
extern const Reader unsubscribe_reader;
extern const Reader xarf_reader;

#endif
