#ifndef RETOUR_DOCTOR_H
#define RETOUR_DOCTOR_H

#include "app.h"

#include <json-glib/json-glib.h>

/* What one check found, and what to do about it. */
typedef enum Health {
	HEALTH_OK,
	HEALTH_WARN,
	HEALTH_FAIL,
} Health;

typedef struct Doctor {
	App *app;
	Health worst;
} Doctor;

/* Prints one line; format is what was found, and ends with the next step where there is one. */
void doctor_say(Doctor *doctor, const char *subject, Health health, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* Does the database fold spellings as configured, and are erased addresses found by the key that is there? */
void doctor_check_blacklist(Doctor *doctor);

/* Are the listeners of retour.yaml there? A socket is only connected to, nothing is said on it. */
void doctor_check_listeners(Doctor *doctor);

/* Has a feedback programme fallen silent, or does it name nobody any more? */
void doctor_check_programmes(Doctor *doctor);

/* Does retour-watch do its work? */
void doctor_check_watch(Doctor *doctor);

/* What proof can this installation give, and what would give more? database: whether it may be asked. */
void doctor_check_trust(Doctor *doctor, bool database);

#endif
