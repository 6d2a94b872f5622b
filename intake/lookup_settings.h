#ifndef RETOUR_LOOKUP_SETTINGS_H
#define RETOUR_LOOKUP_SETTINGS_H

#include "settings.h"

/* How a service that asks who is listed goes about it: see backend_open_lists() and backend_open_filter(). */
typedef struct LookupSettings {
	int64_t connections, timeout_ms; /* to PostgreSQL, for what Redis does not answer */
	int64_t filter;                  /* entries up to which the list is kept in a filter; 0: it is not */
} LookupSettings;

/* Rows of the Setting table of a struct that has LookupSettings at that offset. */
#define LOOKUP_SETTINGS(at) \
	{ .key = "lookup_connections", \
		.type = SETTING_NUMBER, \
		.offset = (at) + offsetof(LookupSettings, connections), \
		.fallback = "4", \
		.low = 1, \
		.high = 1000 }, \
		{ .key = "lookup_timeout", \
			.type = SETTING_DURATION, \
			.offset = (at) + offsetof(LookupSettings, timeout_ms), \
			.fallback = "2s", \
			.low = 10, \
			.high = 20000 }, \
	{ \
		.key = "lookup_filter", .type = SETTING_NUMBER, .offset = (at) + offsetof(LookupSettings, filter), \
		.fallback = "0", .low = 0, .high = 1000000000 \
	}

#endif
