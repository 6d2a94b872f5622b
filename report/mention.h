#ifndef RETOUR_MENTION_H
#define RETOUR_MENTION_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/* A mail address within a line of running text. */
typedef struct Mention {
	char *address;  /* owned by whom it was returned to: mention_clear() */
	size_t begin;   /* of the address with its brackets and quotes */
	size_t end;     /* behind them */
	bool bracketed; /* stood in <> or quotes: it is whole, whatever follows */
} Mention;

/*
 * The next address at or behind offset from. Leaves out URLs, message ids in brackets behind a "Message-ID:" label,
 * paths and what address_parse() refuses. Time is linear in the text however often '@' occurs.
 */
bool mention_find(const char *text, size_t from, Mention *ret_mention);
void mention_clear(Mention *mention);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mention, mention_clear)

#endif
