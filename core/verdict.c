#include "verdict.h"

#include "names.h"

#include <glib.h>

static const char *const confidences[] = {
	[CONFIDENCE_LOW] = "low",
	[CONFIDENCE_MEDIUM] = "medium",
	[CONFIDENCE_HIGH] = "high",
};

const char *
confidence_name(Confidence confidence)
{
	g_assert(confidence < G_N_ELEMENTS(confidences));
	return confidences[confidence];
}

bool
confidence_parse(const char *name, Confidence *ret_confidence)
{
	return names_find(confidences, G_N_ELEMENTS(confidences), name, ret_confidence);
}
