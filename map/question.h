#ifndef RETOUR_QUESTION_H
#define RETOUR_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A request of the socketmap protocol (socketmap_table(5)), "NAME KEY". The name says what the key is:
 *
 *   recipient           an address
 *   recipient@DOMAIN    an address, for mail from that sender domain
 *   recipient_sender    an address, a blank, and the sender's address or domain; "<>" or nothing for the null sender
 *   access              keys of Sendmail's access map; "To:" and an address is looked up
 */
typedef struct MapQuestion {
	char *recipient;     /* as it was asked */
	char *key;           /* address key */
	char *sender_domain; /* ""; only entries for everybody hold then */
} MapQuestion;

typedef enum QuestionRead {
	QUESTION_ADDRESS,
	QUESTION_NO_ADDRESS,   /* a key that can be on no list */
	QUESTION_UNKNOWN_NAME, /* the mail server's configuration is wrong */
} QuestionRead;

/* text: not terminated, any bytes. *ret_question is set for QUESTION_ADDRESS; its members are owned by the caller. */
QuestionRead question_read(const char *text, size_t length, MapQuestion *ret_question);
void question_clear(MapQuestion *question);

/* Longest request; RFC 5321 allows 254 octets for each address. */
#define QUESTION_LIMIT 1024

#endif
