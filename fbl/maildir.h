#ifndef RETOUR_MAILDIR_H
#define RETOUR_MAILDIR_H

#include "mailbox.h"

/*
 * Reads new/ and cur/ of a Maildir until it is told to stop (true), or until the disk or the database fails. Files are only
 * renamed, and only within the Maildir: into .Folder/cur/ (Maildir++). What stays is remembered until the program ends.
 */
bool maildir_run(Mailbox *mailbox, GError **error);

#endif
