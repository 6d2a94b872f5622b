#ifndef RETOUR_HEALTH_H
#define RETOUR_HEALTH_H

#include "metrics.h"
#include "store.h"

/*
 * What a service says of itself when it is asked: can PostgreSQL be reached now (asked by a connection of its own, at most once in
 * two seconds), do all listeners serve, is the mirror in Redis up to date. The last one is told and is no illness: PostgreSQL
 * answers instead. Thread-safe.
 */
typedef struct Health Health;

/* metrics is borrowed. */
Health *health_new(const StoreSettings *store, Metrics *metrics);
void health_free(Health *health); /* NULL is fine */

/* A MetricsHealth. Takes two seconds at most. */
bool health_ask(void *health, GString *text, GString *series);

#endif
