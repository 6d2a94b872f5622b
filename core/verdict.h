#ifndef RETOUR_VERDICT_H
#define RETOUR_VERDICT_H

#include "category.h"

typedef enum Confidence {
	CONFIDENCE_LOW,    /* a code alone: a hint, never enough by itself */
	CONFIDENCE_MEDIUM, /* text alone */
	CONFIDENCE_HIGH,   /* text and code agree, or a provider's own wording */
} Confidence;

/* The classifier's judgement of one event. Text is borrowed from the classifier and lives as long as it. */
typedef struct Verdict {
	Category category;
	Confidence confidence;
	const char *rule;    /* id; codes judge as "code.5.1.1" or "code.550" */
	const char *contact; /* key into the objection channels; "" */
	const char *list;    /* DNS blocklist named by the reply; "" */
} Verdict;

const char *confidence_name(Confidence confidence);
bool confidence_parse(const char *name, Confidence *ret_confidence);

#endif
