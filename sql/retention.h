#ifndef RETOUR_RETENTION_H
#define RETOUR_RETENTION_H

#include "blacklist.h"

/*
 * What is kept how long. Runs beside writers: each step is a transaction of its own, a partition goes only when its lock
 * can be had at once, and what is interrupted goes on with the next run. The role: retour_admin.
 */
typedef enum RetentionTable {
	RETENTION_EVENTS,
	RETENTION_REPORTS,
	RETENTION_SENT,
	RETENTION_EVENT_KEYS,
	RETENTION_STRIKES,
	RETENTION_BLACKLIST,        /* entries that have expired */
	RETENTION_PROVIDER_DOMAINS, /* to which no mail was counted since, and of which no person said anything */
	RETENTION_ALERTS,           /* that were told */
	RETENTION_COUNT
} RetentionTable;

typedef struct RetentionSettings {
	int64_t keep_ms[RETENTION_COUNT]; /* 0: for ever */
} RetentionSettings;

/* Section `retention` of retour.yaml. */
extern const Setting retention_settings[];

/* Partitions of the coming days and months. Services with a store do it by themselves, too. */
bool retention_prepare(Blacklist *blacklist, GError **error);

typedef struct RetentionDone {
	uint64_t partitions, rows;
} RetentionDone;

/* How rows of the table go: with their partitions, one by one, or both for those that fell beside a partition. */
typedef struct RetentionRule {
	const char *table;
	bool partitioned, swept;
} RetentionRule;

extern const RetentionRule retention_rules[RETENTION_COUNT];

/*
 * Drops and deletes what is no longer kept. progress may be NULL. ERROR_RETRY also when a partition was in use all
 * the time; *ret_done holds what was done until then.
 */
bool retention_run(Blacklist *blacklist, RetentionTable table, const RetentionSettings *settings,
	void (*progress)(void *context, uint64_t rows), void *context, RetentionDone *ret_done, GError **error);

#endif
