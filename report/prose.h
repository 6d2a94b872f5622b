#ifndef RETOUR_PROSE_H
#define RETOUR_PROSE_H

#include "cues.h"
#include "message.h"

/*
 * What a bounce tells people: the lines of its text above the returned message, without quoted mail. Bounces that are
 * no multipart have the returned message behind a marker line; its headers are read from there.
 */
typedef struct Line {
	const char *text;  /* without white space at either end; "" is an empty line */
	const char *lower; /* the same in lower case */
	CueSet cues;       /* in it */
	unsigned indent;   /* characters of white space before it */
	bool torn;         /* the mail may have been cut off in it */
} Line;

typedef struct Prose {
	GArray *lines;       /* Line */
	GStringChunk *words; /* what the lines consist of */
	GString *lower;      /* all of them; NULL: there is no part for people */
	CueSet cues;         /* in all of them, also where a phrase goes on in the next line */
	const GPtrArray *
		returned; /* Header * of the returned message, from its part or from behind the marker; empty when there is none */
	GPtrArray *owned;  /* those from behind the marker */
	bool open_ended;   /* the mail ends with them */
	bool torn;         /* the mail was cut off within them, perhaps */
	bool has_original; /* a returned message, or the marker of one, is there */
} Prose;

/* What the delivery agent that holds the mailbox (Dovecot's, Sieve's) puts before its reason; lower case. */
#define PROSE_AGENT_PHRASE "was automatically rejected:"

/*
 * False: the text says nothing that a status report lacks, neither of a stage of the SMTP dialogue, in words or by a
 * transcript, nor a delivery agent's reason, so that reading it is vain. Costs a fraction of prose_read().
 */
bool prose_may_tell_more(const Message *message);

/* Borrows from message, which must outlive it. */
Prose *prose_read(const Message *message, const Inbound *inbound, const Limits *limits);
void prose_free(Prose *prose);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Prose, prose_free)

static inline const Line *
prose_line(const Prose *prose, size_t index)
{
	return &g_array_index(prose->lines, Line, index);
}

#endif
