#ifndef RETOUR_ACTOR_H
#define RETOUR_ACTOR_H

/* Who acts, for the audit trail: "cli:" and the given name, else who became root by sudo, else the user. Owned by the caller. */
char *actor_name(const char *given);

#endif
