#ifndef RETOUR_CMD_HELD_H
#define RETOUR_CMD_HELD_H

#include "command.h"

/* Within `retour blacklist`: entries that are held while their provider seems to be out of order. */
extern const Command blacklist_held_command, blacklist_release_command, blacklist_confirm_command;

#endif
