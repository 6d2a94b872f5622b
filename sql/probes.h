#ifndef RETOUR_PROBES_H
#define RETOUR_PROBES_H

#include "blacklist.h"

/*
 * Domains that policy has listed and wants looked up again (policy.yaml: probe). Who takes some asks DNS about them and
 * says which take mail again; one that nobody answers for comes back at its next turn. The role: retour_admin.
 */

/* Domains that are due, at most so many: GPtrArray of char *. Several hosts may ask; each domain goes to one. */
GPtrArray *probes_take(Blacklist *blacklist, unsigned most, GError **error);

/* The domain takes mail again; answer: what DNS said, for the audit trail. *ret_released: entries that ended. */
bool probes_answer(
	Blacklist *blacklist, const char *domain, const char *answer, unsigned *ret_released, GError **error);

#endif
