#ifndef RETOUR_PROPERTY_MODEL_H
#define RETOUR_PROPERTY_MODEL_H

#include "property_ops.h"

#include <glib.h>

/* What should come out, by a second, simple reading of the rules: maps in memory, one operation after the other. */

typedef struct ModelEntry {
	Category category;
	Evidence evidence;
	bool manual;
	int64_t expires_at; /* by the calendar of its writer, or NEVER_EXPIRES */
	int64_t event_at;   /* 0: a person's */
	unsigned strikes;
} ModelEntry;

typedef struct Model {
	GHashTable *entries;             /* "target scope" -> ModelEntry * */
	GHashTable *strikes;             /* "target scope category" -> GArray * of int64_t, days in order */
	GHashTable *known;               /* key -> Told * */
	GHashTable *counters;            /* "hour provider sender_domain category" -> int64_t[2]: n, verified */
	uint64_t changes;                /* automatic ones in the audit trail */
	int64_t today[PROPERTY_WRITERS]; /* where their calendars ended; the caller's */
} Model;

Model *model_new(void);
void model_free(Model *model);
/* now: the writer's calendar, a quarter of a day after any midnight. */
void model_apply(Model *model, const Op *op, int64_t now);

/* The policy that the model knows by heart, as a file. */
extern const char *const property_policy;

#endif
