#ifndef RETOUR_SENT_H
#define RETOUR_SENT_H

#include "errors.h"
#include "store.h"

#include <stdint.h>

/*
 * Remembers mail that left, so that a report can be tied to mail that was really sent, and counts it per provider and
 * sender domain. Written in batches by an own thread: sent_add() never waits for the database. When the buffer is full
 * the record is dropped and counted, and the log says so; mail goes before bookkeeping.
 */
typedef struct SentRecorder SentRecorder;

typedef struct SentRecipient {
	const char *address;  /* key */
	const char *provider; /* name or domain */
} SentRecipient;

typedef struct SentMail {       /* borrowed for the length of the call */
	const char *message_id; /* without angle brackets */
	const char *queue_id;
	const char *envelope_sender; /* as the customer gave it, whatever it was changed to */
	const char *sender_domain;   /* of From:, else of the envelope sender; normalised */
	int64_t sent_at;             /* that of the token, if there is one */
	const SentRecipient *recipients;
	size_t recipient_count;
	int64_t token; /* token_message_number(); 0: it got none */
} SentMail;

SentRecorder *sent_open(const StoreSettings *settings, size_t buffer_recipients, GError **error);
/* Writes what is waiting (at most 5 s), then closes. */
void sent_close(SentRecorder *recorder);
/* False: dropped. Thread-safe. */
bool sent_add(SentRecorder *recorder, const SentMail *mail);
uint64_t sent_dropped(const SentRecorder *recorder);

#endif
