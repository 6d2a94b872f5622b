#ifndef RETOUR_FAILURES_H
#define RETOUR_FAILURES_H

#include "prose.h"
#include "report.h"

/*
 * Who failed, and what is said of each, from the prose of a bounce. An address is taken for a failed recipient by how
 * it stands in the text; the better kinds make the others void, so that an address that a bounce merely mentions is
 * not reported beside those that it lists.
 */
typedef enum FailureRank {
	FAILURE_GUESSED,   /* the returned message has only this recipient */
	FAILURE_QUOTED,    /* within a quoted reply */
	FAILURE_MENTIONED, /* anywhere, and the returned message went to it */
	FAILURE_SAID,      /* in a sentence about a failure */
	FAILURE_NAMED,     /* listed, labelled or addressed in a transcript as a failed recipient */
} FailureRank;

typedef struct Failure {
	char *address;
	char *key;
	char *mailed; /* the address that we mailed, where the text says that it went on to address; else NULL */
	FailureRank rank;
	Stage stage;          /* at which the transcript says that this recipient was refused */
	struct Failure *like; /* borrowed: the first of a list in one line, whose words are ours too; else NULL */
	GString *text;        /* what is said of this recipient, one line each */
} Failure;

typedef struct Failures {
	GPtrArray *list;     /* Failure *, in the order of the text, of one rank */
	GHashTable *by_key;  /* borrowed Failure * */
	Stage stage;         /* of the first refusal in the transcript */
	GString *common;     /* what is said of no recipient in particular, one line each */
	GHashTable *mailed;  /* keys of the returned message's recipients -> address */
	char *single;        /* the only address of its To and Cc; NULL: none, or several */
	GHashTable *senders; /* keys of who wrote it -> address */
} Failures;

Failures *failures_read(const Message *message, const Prose *prose, const Limits *limits);
/* Adds the addresses of a header field's value to a set: key -> address as written, both owned by the set. */
void failures_take_addresses(GHashTable *set, const char *value);
void failures_free(Failures *failures);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Failures, failures_free)

#endif
