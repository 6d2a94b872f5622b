#ifndef RETOUR_SCHEMA_H
#define RETOUR_SCHEMA_H

#include "database.h"

/* The version of the schema that this program was built for. */
unsigned schema_wanted(void);
/* ERROR_CONFIG when `retour migrate` is due. A newer schema is fine: hosts are upgraded one by one. */
bool schema_check(Database *database, GError **error);

#endif
