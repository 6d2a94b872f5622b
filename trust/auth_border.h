#ifndef RETOUR_AUTH_BORDER_H
#define RETOUR_AUTH_BORDER_H

#include "auth_results.h"
#include "inbound.h"
#include "yaml_file.h"

/*
 * Which Authentication-Results of a mail is believed. RFC 8601 section 5 has the border of a site take away instances that
 * arrive from outside in its name; border names whom that is configured for. Of these the topmost is believed, and only
 * where it stands above all Received lines of hosts that border does not name: what stands below came from elsewhere. To a
 * milter its own MTA's Received line is not shown, so it need not be named there.
 *
 * bytes: a mail, or its beginning. NULL: nothing is believed. Owned by the caller.
 */
AuthResults *auth_border_read(const Border *border, const char *bytes, size_t size);

/*
 * What a source is configured with, made ready for a Border: keys trusted_authserv_ids and trusted_received of map, lower
 * case from here on. ERROR_CONFIG with file:line: what can be neither, or hosts without ids.
 */
bool auth_border_check(const YamlNode *map, char **authserv_ids, char **received_by, GError **error);

#endif
