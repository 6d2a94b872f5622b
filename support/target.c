#include "target.h"

bool
target_is_reference(const char *word)
{
	return g_ascii_strncasecmp(word, "R-", 2) == 0 && g_ascii_isdigit(word[2]);
}

bool
target_of(Blacklist *blacklist, const char *word, char **ret_target, GError **error)
{
	g_autofree char *target = NULL;

	if (!target_is_reference(word))
		target = g_strdup(word);
	else if (!blacklist_referred(blacklist, word, &target, error))
		return false;
	if (target == NULL) {
		g_set_error(error, RETOUR_ERROR, ERROR_INPUT, "no entry ever had the reference %s", word);
		return false;
	}
	*ret_target = g_steal_pointer(&target);
	return true;
}
