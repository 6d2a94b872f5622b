#include "doctor.h"

#include "programme_state.h"

/* Below that many complaints a share says nothing; above that share of them nobody can be helped. */
#define COMPLAINTS_ENOUGH 20
#define HIDDEN_PERCENT 50

static void
check_programme(Doctor *doctor, const ProgrammeState *state)
{
	g_autofree char *subject = g_strdup_printf("programme %s", state->name);
	uint64_t percent = state->complaints == 0 ? 0 : state->unattributed * 100 / state->complaints;

	if (state->silent)
		doctor_say(doctor, subject, HEALTH_WARN,
			"silent for %u days, usually it pauses for %u at most; see whether the enrolment still holds "
			"and its mailbox is read",
			state->silent_days, state->usual_days);
	else if (state->complaints >= COMPLAINTS_ENOUGH && percent >= HIDDEN_PERCENT)
		doctor_say(doctor, subject, HEALTH_WARN,
			"%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			" complaints in 30 days name nobody; stamp outgoing mail, so that they can be told apart",
			state->unattributed, state->complaints);
	else
		doctor_say(doctor, subject, HEALTH_OK,
			"heard %u days ago; %" G_GUINT64_FORMAT " complaints in 30 days, %" G_GUINT64_FORMAT
			" name nobody",
			state->silent_days, state->complaints, state->unattributed);
}

void
doctor_check_programmes(Doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	Blacklist *blacklist = app_blacklist(doctor->app, &error);
	g_autoptr(GArray) states = blacklist == NULL ? NULL : programme_states(blacklist, &error);

	if (states == NULL) {
		doctor_say(doctor, "programmes", HEALTH_FAIL, "%s", error->message);
		return;
	}
	if (states->len == 0)
		doctor_say(doctor, "programmes", HEALTH_OK, "no complaint from a feedback programme in 180 days");
	for (guint i = 0; i < states->len; i++)
		check_programme(doctor, &g_array_index(states, ProgrammeState, i));
}
