#ifndef RETOUR_ERRORS_H
#define RETOUR_ERRORS_H

#include <glib.h>

/*
 * An error code says what the caller can do. Library code returns errors with a message that is
 * complete enough to print; only programs print them, once.
 */
typedef enum RetourError {
	ERROR_RETRY,  /* the world is at fault (database, cache, disk): the same call may work later */
	ERROR_INPUT,  /* this message or request is at fault: it will never work */
	ERROR_CONFIG, /* configuration, rules or schema are at fault: refuse to start */
} RetourError;

#define RETOUR_ERROR retour_error_quark()
GQuark retour_error_quark(void);

#endif
