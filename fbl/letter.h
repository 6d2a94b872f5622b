#ifndef RETOUR_LETTER_H
#define RETOUR_LETTER_H

#include "inbound.h"
#include "recipients.h"

#include <glib.h>

/* What of a mail's headers is believed, because the mailbox's own server wrote it. Borrowed. */
typedef struct LetterTrust {
	const char *const *headers;    /* that tell the envelope */
	const Recipients *unsubscribe; /* addresses kept for unsubscribe mail; NULL: none */
	Border border;
} LetterTrust;

/* A message of a mailbox on its way through the intake. Owns all it points to, source aside. */
typedef struct Letter {
	const char *source; /* static: "imap", "maildir" */
	uint32_t uid;
	char *id;
	char *bytes; /* freed as soon as the intake is done with it */
	size_t size;
	bool truncated;
	char *envelope_sender; /* NULL: unknown */
	char **recipients;
	bool unsubscribe; /* one of them is kept for unsubscribe mail */
	Border border;    /* borrowed from the mailbox, which outlives its letters */
	Outcome outcome;
} Letter;

/*
 * Copies bytes. The envelope comes from the topmost header of each trusted name and from no other: "Return-Path" is the
 * sender, the first other one that is there names the recipient. Without trusted headers both stay unknown, for whoever
 * wrote the mail wrote its headers.
 */
Letter *letter_new(const char *source, uint32_t uid, const char *id, const char *bytes, size_t size, bool truncated,
	const LetterTrust *trust);
void letter_free(Letter *letter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Letter, letter_free)

#endif
