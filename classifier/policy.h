#ifndef RETOUR_POLICY_H
#define RETOUR_POLICY_H

#include "decision.h"
#include "errors.h"

/*
 * What a verdict does to the blacklist: policy.yaml as a table, pure functions over it. Immutable, shared by threads.
 * An unverified report never lists anybody, whatever the file says: a file that says so is refused.
 */
typedef struct Policy Policy;

Policy *policy_load(const char *path, GError **error);
void policy_free(Policy *policy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Policy, policy_free)

Plan policy_plan(const Policy *policy, const Case *subject);
Decision policy_decide(const Plan *plan, const History *history, int64_t now);
/* How long a strike may matter: the longest window, 0 when nothing is counted. */
unsigned policy_window_days(const Policy *policy);

#endif
