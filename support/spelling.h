#ifndef RETOUR_SPELLING_H
#define RETOUR_SPELLING_H

#include "providers.h"

/*
 * "anna@gmial.com": the address that was meant where the domain is one slip of the finger away from a provider's and no
 * provider's itself. NULL: nothing is near. Pure; owned by the caller.
 */
char *spelling_meant(const Providers *providers, const char *address);

#endif
