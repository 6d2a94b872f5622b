#ifndef RETOUR_EXIT_CODES_H
#define RETOUR_EXIT_CODES_H

/* sysexits(3), as MTAs and systemd know them. */
#define EXIT_USAGE 64
#define EXIT_UNAVAILABLE 69 /* socket taken */
#define EXIT_INTERNAL 70
#define EXIT_CONFIG 78

#endif
