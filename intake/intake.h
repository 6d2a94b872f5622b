#ifndef RETOUR_INTAKE_H
#define RETOUR_INTAKE_H

#include "errors.h"
#include "inbound.h"
#include "judge.h"
#include "meter.h"
#include "store.h"

/*
 * The one path every message takes: parse, judge, commit, publish. Any number of threads may deliver at once; the
 * thread that brings a message carries it to the commit.
 */
typedef struct Intake Intake;

/* What a source may want to log or show. */
typedef struct IntakeResult {
	Outcome outcome;
	ReportKind kind;
	const char *dialect; /* static */
	Recorded recorded;
} IntakeResult;

/*
 * store and meter are borrowed, meter may be NULL; book is referenced. published is called after a commit that changed the
 * blacklist; may be NULL.
 */
Intake *intake_new(Store *store, Rulebook *book, const Limits *limits, Meter *meter, void (*published)(void *context),
	void *context);
void intake_free(Intake *intake);

/* A set that was loaded while the service runs; messages in flight keep the old one. */
void intake_set_rulebook(Intake *intake, Rulebook *book);
/* Referenced: the caller unrefs. */
Rulebook *intake_rulebook(Intake *intake);

/* Logs one line with the outcome. result may be NULL. */
Outcome intake_deliver(Intake *intake, const Inbound *inbound, IntakeResult *result);

#endif
