#ifndef RETOUR_CODES_H
#define RETOUR_CODES_H

#include "category.h"
#include "report.h"

/*
 * What the codes alone say, where no rule knows the words: a hint, for providers reuse them. The enhanced code first
 * (IANA registry), then the reply code (RFC 5321; RFC 7504 for 521 and 556).
 */
typedef struct CodeVerdict {
	Category category; /* CATEGORY_UNDETERMINED: they say nothing */
	const char *rule;  /* static: "code.5.1.1", "code.550", "code.none" */
} CodeVerdict;

CodeVerdict codes_judge(Status status, unsigned reply_code, Stage stage);

/* By the enhanced code alone; UNDETERMINED for X.0.0 and other empty phrases. */
CodeVerdict codes_judge_status(Status status);

#endif
