#include "expiry.h"

#include "decision.h"
#include "settings.h"

#include <string.h>

bool
expiry_parse(const char *text, int64_t *ret_expires_at)
{
	int64_t milliseconds;

	if (text == NULL || strcmp(text, "never") == 0) {
		*ret_expires_at = NEVER_EXPIRES;
		return true;
	}
	if (!duration_parse(text, &milliseconds) || milliseconds < 1000)
		return false;
	*ret_expires_at = g_get_real_time() / G_USEC_PER_SEC + milliseconds / 1000;
	return true;
}
