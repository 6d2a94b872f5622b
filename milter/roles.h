#ifndef RETOUR_ROLES_H
#define RETOUR_ROLES_H

#include <libmilter/mfapi.h>

/*
 * What each role registers with libmilter. A callback that is not there is a step that the MTA leaves out, and every
 * step costs a round trip and often a change of thread.
 */
struct smfiDesc role_inbound(void);
struct smfiDesc role_internal(void);
struct smfiDesc role_outbound(void);

#endif
