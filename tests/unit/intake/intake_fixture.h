#ifndef RETOUR_INTAKE_FIXTURE_H
#define RETOUR_INTAKE_FIXTURE_H

#include "gate.h"
#include "intake.h"
#include "lookup.h"
#include "mirror.h"
#include "redis_server.h"

/*
 * The whole of it on private servers: PostgreSQL from tests/lab/with_postgres, migrated once, a Redis of its own,
 * and the shipped rules. Tests share the database and so use an address of their own each.
 */
typedef struct Fixture {
	RedisServer *redis;
	CacheSettings cache_settings;
	StoreSettings store_settings;
	RulebookSettings rulebook_settings;
	Cache *cache;
	Blacklist *blacklist;
	Store *store;
	Rulebook *book;
	Intake *intake;
	Gate *gate;
	Meter *meter;          /* of gate and intake */
	Mirror *mirror;        /* NULL until fixture_start_mirror() */
	atomic_uint published; /* how often the intake has said so */
} Fixture;

/* 0, or the status to end with: 77 when a server is not there. */
int fixture_prepare(void);

Fixture *fixture_new(void);
void fixture_free(Fixture *fixture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)

void fixture_start_mirror(Fixture *fixture);
/* Waits until Redis itself answers. */
void fixture_await_mirror(Fixture *fixture);

/* Takes the mail over. */
IntakeResult fixture_deliver(Fixture *fixture, char *mail, bool local);
/* As support does it, by hand. */
void fixture_list(Fixture *fixture, const char *target, const char *scope);
GateAnswer fixture_ask(Fixture *fixture, const char *address, const char *sender_domain);
unsigned fixture_events(Fixture *fixture, const char *address);

/* "stop", "start" or "kill". */
void fixture_postgres(const char *verb);

#endif
