#ifndef RETOUR_FORGET_H
#define RETOUR_FORGET_H

#include "blacklist.h"

/*
 * What is stored about a person, and its erasure. Beside writers, table by table, each a transaction of its own; begun again it
 * goes on. The role: retour_admin; for reading retour_support is enough.
 */
typedef struct Person {
	char *address; /* key */
	char *pattern; /* regular expression (PostgreSQL, caseless): the address as it may stand in text, as VERP too */
} Person;

/* NULL, ERROR_INPUT: not an address. */
Person *person_new(const char *address, GError **error);
void person_free(Person *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Person, person_free)

/* Each row in which the address stands, as JSON text; audit trail included. each returns false to stop. */
bool person_rows(Blacklist *blacklist, const Person *person,
	bool (*each)(void *context, const char *table, const char *json), void *context, GError **error);

typedef struct Forgetting {
	const Person *person;
	const char *hash; /* that takes its place */
	const char *actor, *reason;
} Forgetting;

/* First: from here on the hash is refused. *ret_entries: that moved. Mirrors should see this before the names go. */
bool forget_entry(Blacklist *blacklist, const Forgetting *forgetting, unsigned *ret_entries, GError **error);
/* Then: everywhere. progress may be NULL; it is called before each table. *ret_rows: that went or were changed. */
bool forget_everywhere(Blacklist *blacklist, const Forgetting *forgetting,
	void (*progress)(void *context, const char *table), void *context, uint64_t *ret_rows, GError **error);

#endif
