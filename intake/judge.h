#ifndef RETOUR_JUDGE_H
#define RETOUR_JUDGE_H

#include "finding.h"
#include "mail_limits.h"
#include "rulebook.h"

/* A report and what each of its events means. Pure: the same bytes and rule book give the same result. */
typedef struct Judged {
	Report *report;
	Finding *findings; /* one per event, same order */
	size_t finding_count;
	char *sender_domain; /* whose mail it was, as the report claims; "" */
	/* Complaints: whose report it says it is, borrowed from the book; NULL: nobody's that is known. */
	const Programme *programme;
	Rulebook *book; /* referenced: verdicts borrow from it */
} Judged;

/* What is needed to record it, namely the digest and the keys, is filled by judged_name(). */
Judged *judge(Rulebook *book, const Inbound *inbound, const Limits *limits);
void judged_name(Judged *judged);
void judged_free(Judged *judged);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Judged, judged_free)

#endif
