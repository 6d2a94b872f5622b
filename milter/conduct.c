#include "conduct.h"

static void
add_all(Recipients *ours, char **patterns)
{
	/* The settings were loaded, so every pattern was tried already. */
	for (char **pattern = patterns; *pattern != NULL; pattern++)
		if (!recipients_add(ours, *pattern, NULL))
			g_assert_not_reached();
}

Conduct *
conduct_load(const char *path, const char *listener, GError **error)
{
	g_autoptr(Conduct) conduct = g_new0(Conduct, 1);

	conduct->references = 1;
	conduct->file = milter_settings_load(path, error);
	if (conduct->file == NULL)
		return NULL;
	conduct->settings = milter_settings_find(conduct->file, listener);
	if (conduct->settings == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "%s: listener '%s' is gone", path, listener);
		return NULL;
	}
	conduct->ours = recipients_new();
	add_all(conduct->ours, conduct->settings->bounce_addresses);
	add_all(conduct->ours, conduct->settings->feedback_addresses);
	conduct->feedback = recipients_new();
	add_all(conduct->feedback, conduct->settings->feedback_addresses);
	add_all(conduct->ours, conduct->settings->unsubscribe_addresses);
	conduct->unsubscribe = recipients_new();
	add_all(conduct->unsubscribe, conduct->settings->unsubscribe_addresses);
	conduct->book = rulebook_load(&conduct->file->rules, error);
	return conduct->book == NULL ? NULL : g_steal_pointer(&conduct);
}

Conduct *
conduct_ref(Conduct *conduct)
{
	g_atomic_int_inc(&conduct->references);
	return conduct;
}

void
conduct_unref(Conduct *conduct)
{
	if (conduct == NULL || !g_atomic_int_dec_and_test(&conduct->references))
		return;
	rulebook_unref(conduct->book);
	recipients_free(conduct->ours);
	recipients_free(conduct->feedback);
	recipients_free(conduct->unsubscribe);
	milter_settings_free(conduct->file);
	g_free(conduct);
}
