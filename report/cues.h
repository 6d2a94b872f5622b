#ifndef RETOUR_CUES_H
#define RETOUR_CUES_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What bounces say in words, in the languages of their writers: data for the readers of prose. Phrases are those of
 * MTAs, not of single mails; a new wording is a line in cues.c.
 */
typedef enum Cue {
	CUE_DAEMON,           /* name or local part of a From that only machines bear */
	CUE_SERVICE,          /* local part of a From that may be a machine's */
	CUE_SUBJECT_BOUNCE,   /* subject of a final failure */
	CUE_SUBJECT_DELAY,    /* subject of a warning */
	CUE_SUBJECT_ORDINARY, /* subject of a reply, a forward, an auto-reply, a receipt */
	CUE_FAILURE,          /* says that mail did not arrive */
	CUE_WARNING,          /* says that this is only a warning, whatever else is said */
	CUE_DELAY,            /* says that it is still being tried */
	CUE_FINAL,            /* says that it is not being tried any more */
	CUE_SUCCESS,          /* says that it did arrive */
	CUE_HELD,       /* wants something of a person before it is delivered: challenge, moderation, quarantine */
	CUE_GOODS,      /* speaks of parcels */
	CUE_MAIL,       /* speaks of mail */
	CUE_RECIPIENT,  /* label of a failed recipient, or announces a list of them */
	CUE_STRANGER,   /* label of an address that is no recipient: sender, message id */
	CUE_CONTACT,    /* comes before an address that wants to be written to */
	CUE_FORWARDED,  /* label of the address that we mailed, where mail went on to another */
	CUE_TRANSCRIPT, /* begins a transcript of the SMTP dialogue */
	CUE_TRAILER,    /* begins a paragraph of advice behind the story of a failure */
	CUE_AFTERWORD,  /* begins the reporting MTA's own words behind a reply that it quoted */
	CUE_NOISE,      /* line that says nothing about the failure */
	CUE_STAGE,      /* tells at which command of the SMTP dialogue the reply came; nothing else does */
	CUE_COUNT
} Cue;

/* Once per process, before the first thread; message_init() does it. */
void cues_init(void);

/* Text as the functions below want it. Owned by the caller. */
char *cue_lower(const char *text);

/* The kinds of phrases that a text holds. */
typedef uint64_t CueSet;

static inline bool
cue_set_has(CueSet set, Cue cue)
{
	return (set >> cue & 1) != 0;
}

/*
 * All kinds in the line of size bytes at offset begin; phrases that begin in it and end in a later one are added to *all with
 * them.
 */
CueSet cues_in_line(const GString *lower, size_t begin, size_t size, CueSet *all);
/* Does the text, which is in lower case, hold a phrase of that kind? Phrases below three bytes are not looked for. */
bool cue_found(Cue cue, const char *lower);
/* The same at its beginning. */
bool cue_begins(Cue cue, const char *lower);

/* A line without its decoration ("--- ", " ***"), in lower case: does the returned message begin behind it? */
bool cue_is_original_marker(const char *lower);

#endif
