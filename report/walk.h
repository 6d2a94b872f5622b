#ifndef RETOUR_WALK_H
#define RETOUR_WALK_H

#include "failures.h"
#include "mention.h"

/* The way through the lines of a bounce, and what its steps share. Private to failures.c and the files that read its lines. */
typedef struct Walk {
	Failures *failures;
	const Prose *prose;
	size_t index;      /* of the line */
	Failure *current;  /* whom the lines are about; NULL: nobody yet */
	bool transcript;   /* within a transcript of the SMTP dialogue */
	bool unnamed;      /* the last entry of the list names a program or a file, and no address yet */
	bool announced;    /* a line has announced failed recipients, and nothing else came since */
	unsigned indent;   /* of the last listed recipient */
	Stage sent;        /* of the last ">>>" line */
	char *asked;       /* address of the last ">>> RCPT TO"; NULL */
	GString *pending;  /* transcript lines not yet known to be about anybody */
	bool pending_used; /* they have been attributed; new ones begin afresh */
	size_t budget;     /* addresses still looked at */
	size_t recipients; /* limit */
} Walk;

/* One more line of what is said; headings, repetitions and what is too much are left out. */
void walk_append(GString *text, const char *line);
/* Addresses below are as address_parse() returned them. */
/* The failure of that address, new or known; a better rank replaces the old one. NULL: too many. */
Failure *walk_add(Walk *walk, const char *address, FailureRank rank);
/* "a@b, c@d, e@f": the others of a list in one line, from offset end on, with whose words are theirs. Returns its end. */
size_t walk_add_list(Walk *walk, const Line *line, size_t end, Failure *first);
/* The lines that follow are about it. NULL: nothing. */
void walk_follow(Walk *walk, Failure *failure, const Line *line);

/* The next address of the line that may be believed to be whole; counts against the budget. */
bool walk_mention(Walk *walk, const Line *line, size_t from, Mention *ret_mention);
/* The returned message went to that address, or came from it and did not go to it. */
bool walk_went_to(const Walk *walk, const char *address);
bool walk_came_from(const Walk *walk, const char *address);

/* Nothing but blanks, punctuation and digits. */
bool walk_is_filler(const char *text, size_t size);
/* The line begins with a reply code or an enhanced code of class 4 or 5. */
bool walk_is_reply(const char *text);
/* "<help@example.jp>へご連絡ください": languages that name the purpose behind the address. */
bool walk_is_contact_behind(const Walk *walk, const Line *line, const Mention *mention);

/* "please contact\nhelp@example.org", "a message sent by\n<a@b>": an address that begins the line is no recipient. */
bool walk_belongs_above(const Walk *walk);

/* Each reads the line, or the address in it, in its way. False: it is not of that kind. */
bool listed_read(Walk *walk, const Line *line, Mention *mention);
bool stated_read(Walk *walk, const Line *line, const Mention *mention);
/* The last three words: "message from X could not be delivered to" is no sender's label, "original sender" is. */
const char *stated_last_words(const char *label);
bool transcript_read(Walk *walk, const Line *line);
/* A line of a transcript that is of no kind: about whom, a later one will say. */
void transcript_append(Walk *walk, const Line *line);
/* "(generated from a@b)": we mailed a@b. */
bool walk_read_forwarded(Walk *walk, const Line *line, const Mention *mention);

#endif
