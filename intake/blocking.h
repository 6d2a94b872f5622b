#ifndef RETOUR_BLOCKING_H
#define RETOUR_BLOCKING_H

#include "listing.h"
#include "settings.h"

/* What becomes of mail to a listed address; the stricter first. */
typedef enum BlockMode {
	BLOCK_REJECT,
	BLOCK_DISCARD, /* taken, and not delivered to that recipient */
	BLOCK_MARK,    /* delivered, with a header that says so */
	BLOCK_LOG,     /* delivered; the log says what would have been refused */
} BlockMode;

/* When neither Redis nor PostgreSQL answers. */
typedef enum WhenUnavailable {
	UNAVAILABLE_ACCEPT,
	UNAVAILABLE_TEMPFAIL
} WhenUnavailable;

/* How a service that answers for the blacklist deals with what it finds. Settings keys of whatever it is part of. */
typedef struct Blocking {
	int mode;                        /* BlockMode */
	const YamlNode *exceptions_node; /* while loading only */
	GPtrArray *exceptions;           /* Exception *; NULL: none */
	char *mark_header;
	int when_unavailable; /* WhenUnavailable */
	char *support;        /* whom a refused sender asks */
} Blocking;

extern const char *const block_mode_names[];
extern const char *const when_unavailable_names[];

/* Rows of the Setting table of a struct that has a Blocking at that offset. */
#define BLOCKING_SETTINGS(at) \
	{ .key = "mode", \
		.type = SETTING_CHOICE, \
		.offset = (at) + offsetof(Blocking, mode), \
		.fallback = "reject", \
		.choices = block_mode_names }, \
		{ .key = "exceptions", .type = SETTING_NODE, .offset = (at) + offsetof(Blocking, exceptions_node) }, \
		{ .key = "mark_header", \
			.type = SETTING_TEXT, \
			.offset = (at) + offsetof(Blocking, mark_header), \
			.fallback = "X-Retour-Blocked" }, \
		{ .key = "when_unavailable", \
			.type = SETTING_CHOICE, \
			.offset = (at) + offsetof(Blocking, when_unavailable), \
			.fallback = "accept", \
			.choices = when_unavailable_names }, \
	{ \
		.key = "support", .type = SETTING_TEXT, .offset = (at) + offsetof(Blocking, support), \
		.fallback = "support" \
	}

/*
 * After settings_read() of map: checks, and reads the exceptions. What it makes is freed with blocking_clear(), beside
 * settings_clear().
 */
bool blocking_read(const YamlNode *map, Blocking *blocking, GError **error);
void blocking_clear(Blocking *blocking);

/* Can any entry meet with this mode? */
bool blocking_has_mode(const Blocking *blocking, BlockMode mode);

/* Of the first exception that fits the entry, else the general one. */
BlockMode blocking_mode(const Blocking *blocking, const Listing *listing);

#endif
