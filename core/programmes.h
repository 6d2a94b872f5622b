#ifndef RETOUR_PROGRAMMES_H
#define RETOUR_PROGRAMMES_H

#include <glib.h>
#include <stdbool.h>

/*
 * Feedback programmes: who sends complaints, and how their reports are recognised. Section `programmes` of
 * providers.yaml. Immutable once filled; shared by threads.
 */
typedef enum Enrolment {
	ENROLMENT_NONE,    /* cannot be enrolled in: they write to abuse@ of whom they like */
	ENROLMENT_DOMAIN,  /* by DKIM signing domain of our mail */
	ENROLMENT_IP,      /* by our sending addresses */
	ENROLMENT_ACCOUNT, /* comes with an account or a membership */
} Enrolment;

typedef struct Programme {
	char *name;
	char *provider;     /* whose users complain; "" for a hub of many */
	char **dkim;        /* signing domains (d=) of its reports; none: no signature proves them */
	char **senders;     /* addresses, and domains with what lies below them, of From: or the envelope sender */
	char **user_agents; /* how the User-Agent of its reports begins, caseless */
	bool solicited;     /* RFC 6650: we asked for its reports; others are read, and act never by themselves */
	int enrolment;      /* Enrolment */
	char *url;          /* where to enrol; "" */
} Programme;

void programme_free(Programme *programme);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Programme, programme_free)

typedef struct Programmes Programmes;

Programmes *programmes_new(void);
void programmes_free(Programmes *programmes);

/*
 * Takes programme, whose domains and addresses are normalised already. False: one of its senders is another one's;
 * *ret_index says which, *ret_other whose. programme is freed then.
 */
bool programmes_add(Programmes *programmes, Programme *programme, size_t *ret_index, const char **ret_other);

/*
 * Whose report it says it is: by From:, then by the envelope sender, then by User-Agent. "" or NULL for what is not known.
 * Everybody can write these, so this names a report and proves nothing. NULL: none that is known. Borrowed.
 */
const Programme *programmes_recognise(
	const Programmes *programmes, const char *from, const char *envelope_sender, const char *user_agent);

/* NULL: there is none of that name. Borrowed. */
const Programme *programmes_find(const Programmes *programmes, const char *name);

/*
 * Whose report it is for certain, when a trusted server has verified a DKIM signature: From: is a programme's, which every
 * signature covers, and the signing domain is that programme's or lies below it. (Users of a mailbox provider sign with the
 * provider's domain as well, but cannot write from its feedback address.) NULL: nobody's, or not solicited. from: an
 * address; signed_by: d=, in any case. Borrowed.
 */
const Programme *programmes_prove(const Programmes *programmes, const char *from, const char *signed_by);

#endif
