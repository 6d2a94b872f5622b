#include "doctor.h"

#include "provider_domains.h"
#include "reputation_alerts.h"

/* retour-watch asks for what is due within a minute or so, and tells an alert at once when the command works. */
void
doctor_check_watch(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(doctor->app, &error);
	uint64_t overdue, waiting;

	if (blacklist == NULL || !provider_domains_overdue(blacklist, &overdue, &error)
		|| !reputation_alerts_waiting(blacklist, &waiting, &error))
		doctor_say(doctor, "watch", HEALTH_FAIL, "%s", error->message);
	else if (overdue > 0)
		doctor_say(doctor, "watch", HEALTH_WARN,
			"%" G_GUINT64_FORMAT
			" domains wait for their MX to be looked up for more than an hour; see whether retour-watch "
			"runs and DNS answers",
			overdue);
	else if (waiting > 0)
		doctor_say(doctor, "watch", HEALTH_WARN,
			"%" G_GUINT64_FORMAT
			" alerts could not be told for ten minutes; see the log of retour-watch for what is wrong with "
			"'alert_command'",
			waiting);
	else
		doctor_say(doctor, "watch", HEALTH_OK, "no domain and no alert is overdue");
}
