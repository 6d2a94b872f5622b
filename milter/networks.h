#ifndef RETOUR_NETWORKS_H
#define RETOUR_NETWORKS_H

#include "errors.h"

#include <stdbool.h>

/* Networks of clients: "192.0.2.0/24", "2001:db8::/32", "127.0.0.1". Immutable once filled. */
typedef struct Networks Networks;

Networks *networks_new(void);
/* ERROR_CONFIG without a place; the caller knows file and line. */
bool networks_add(Networks *networks, const char *text, GError **error);
void networks_free(Networks *networks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Networks, networks_free)

/* client: as {client_addr} has it, also "IPv6:::1"; what is no address is in no network. */
bool networks_match(const Networks *networks, const char *client);

#endif
