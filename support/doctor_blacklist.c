#include "doctor.h"

#include "subaddress_rules.h"

void
doctor_check_blacklist(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(doctor->app, &error);
	g_autoptr(Subaddressing) held = blacklist == NULL ? NULL : subaddress_rules_load(blacklist, &error);
	g_autoptr(Subaddressing) wanted = held == NULL ? NULL : app_subaddressing(doctor->app, &error);
	const char *domain;

	if (wanted == NULL)
		doctor_say(doctor, "sub-addressing", HEALTH_FAIL, "%s", error->message);
	else if (!subaddressing_folds_alike(held, wanted, &domain))
		doctor_say(doctor, "sub-addressing", HEALTH_WARN,
			"the database goes by other rules than this configuration (%s), and the database holds; run "
			"'retour blacklist rekey', or mend 'subaddressing' in section 'rules'",
			domain);
	else if (subaddressing_count(wanted) == 0)
		doctor_say(doctor, "sub-addressing", HEALTH_OK, "off: every spelling of an address stands for itself");
	else
		doctor_say(doctor, "sub-addressing", HEALTH_OK, "spellings are folded at %u domains, as configured",
			subaddressing_count(wanted));
}
