#ifndef RETOUR_CONDUCT_H
#define RETOUR_CONDUCT_H

#include "milter_settings.h"
#include "recipients.h"

/*
 * How a listener behaves: settings, our addresses and the rule book as one immutable, counted set. A message holds the set
 * it began with, so a reload never changes the terms in the middle.
 */
typedef struct Conduct {
	MilterSettings *file; /* owns what settings points into */
	const ListenerSettings *settings;
	Recipients *ours;        /* bounce, feedback and unsubscribe addresses */
	Recipients *feedback;    /* feedback addresses alone */
	Recipients *unsubscribe; /* unsubscribe addresses alone */
	Rulebook *book;
	gint references; /* conduct.c's own */
} Conduct;

/* From retour.yaml at path, for the listener of that name; loads the rules. ERROR_CONFIG also when it is not there. */
Conduct *conduct_load(const char *path, const char *listener, GError **error);
Conduct *conduct_ref(Conduct *conduct);
void conduct_unref(Conduct *conduct);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Conduct, conduct_unref)

#endif
