#ifndef RETOUR_EDIT_H
#define RETOUR_EDIT_H

#include "session.h"

/* Changes to the message in hand, at its end. What the MTA does not allow is logged; the message goes on without. */
void edit_add_header(SMFICTX *ctx, const Session *session, const char *name, const char *value);
/* Above all headers but the MTA's own: what is cut off a long header is its end. */
void edit_insert_header(SMFICTX *ctx, const Session *session, const char *name, const char *value);
/* number: 1 for the first of that name. */
void edit_remove_header(SMFICTX *ctx, const char *name, unsigned number);
void edit_remove_recipient(SMFICTX *ctx, const Recipient *recipient);
/* address: in angle brackets. */
void edit_change_sender(SMFICTX *ctx, const char *address);

#endif
