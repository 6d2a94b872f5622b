/*
 * Forced into every compilation unit by meson: what cannot be used safely does not compile.
 * A use becomes a call of an undeclared function whose name says what is wrong.
 */
#ifndef RETOUR_BANNED_H
#define RETOUR_BANNED_H

/* The declarations must be seen before the names are taken away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RETOUR_BANNED(function) sorry_##function##_is_banned

#undef strcpy
#define strcpy(a, b) RETOUR_BANNED(strcpy)
#undef strcat
#define strcat(a, b) RETOUR_BANNED(strcat)
#undef strncpy
#define strncpy(a, b, n) RETOUR_BANNED(strncpy)
#undef strncat
#define strncat(a, b, n) RETOUR_BANNED(strncat)
#undef sprintf
#define sprintf(...) RETOUR_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) RETOUR_BANNED(vsprintf)
#undef strtok
#define strtok(a, b) RETOUR_BANNED(strtok)
#undef atoi
#define atoi(a) RETOUR_BANNED(atoi)
#undef atol
#define atol(a) RETOUR_BANNED(atol)
/* Static buffers: use the _r forms or GDateTime. */
#undef gmtime
#define gmtime(a) RETOUR_BANNED(gmtime)
#undef localtime
#define localtime(a) RETOUR_BANNED(localtime)
#undef ctime
#define ctime(a) RETOUR_BANNED(ctime)
#undef asctime
#define asctime(a) RETOUR_BANNED(asctime)

#endif
