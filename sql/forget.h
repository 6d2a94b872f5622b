#ifndef RETOUR_FORGET_H
#define RETOUR_FORGET_H

#include "blacklist.h"

/*
 * What is stored about a person, and its erasure. Beside writers, table by table, each a transaction of its own; begun again it
 * goes on. The role: retour_admin; for reading retour_support is enough.
 */
typedef struct Person {
	char **names;  /* under which it may be listed, NULL-terminated: the blacklist's key first */
	char *pattern; /* regular expression (PostgreSQL, caseless): the address as it may stand in text, as VERP too */
} Person;

/* By the rules of sub-addressing one mailbox is one person, however it is spelled. NULL, ERROR_INPUT: not an address. */
Person *person_new(Blacklist *blacklist, const char *address, GError **error);
void person_free(Person *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Person, person_free)

/* Each row in which a person's pattern (or a hash) stands, as JSON text; audit trail included. each returns false to stop. */
bool person_rows(Blacklist *blacklist, const char *pattern,
	bool (*each)(void *context, const char *table, const char *json), void *context, GError **error);

typedef struct Forgetting {
	const Person *person;
	char **hashes; /* that take the places of its names */
	const char *actor, *reason;
} Forgetting;

/* First: from here on the hash is refused. *ret_entries: that moved. Mirrors should see this before the names go. */
bool forget_entry(Blacklist *blacklist, const Forgetting *forgetting, unsigned *ret_entries, GError **error);
/* Then: everywhere. progress may be NULL; it is called before each table. *ret_rows: that went or were changed. */
bool forget_everywhere(Blacklist *blacklist, const Forgetting *forgetting,
	void (*progress)(void *context, const char *table), void *context, uint64_t *ret_rows, GError **error);

#endif
