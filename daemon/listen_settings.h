#ifndef RETOUR_LISTEN_SETTINGS_H
#define RETOUR_LISTEN_SETTINGS_H

#include "listen_socket.h"
#include "settings.h"

/* Where a service listens, as it stands in retour.yaml. */
typedef struct ListenSettings {
	char *address;      /* "unix:/path" or "inet:port@host", as Postfix and Sendmail write it */
	char *mode, *group; /* of a unix socket; octal, and "" to leave it */
} ListenSettings;

/* Rows of the Setting table of a struct that has ListenSettings at that offset. */
#define LISTEN_SETTINGS(at) \
	{ .key = "socket", \
		.type = SETTING_TEXT, \
		.offset = (at) + offsetof(ListenSettings, address), \
		.required = true }, \
		{ .key = "socket_mode", \
			.type = SETTING_TEXT, \
			.offset = (at) + offsetof(ListenSettings, mode), \
			.fallback = "0660" }, \
	{ \
		.key = "socket_group", .type = SETTING_TEXT, .offset = (at) + offsetof(ListenSettings, group) \
	}

/* map: what they were read from. */
bool listen_settings_check(const YamlNode *map, const ListenSettings *settings, GError **error);
/* Two listeners of one service differ in name and socket. map: what the second was read from. */
bool listen_settings_check_differ(const YamlNode *map, const char *name, const ListenSettings *settings,
	const char *other_name, const ListenSettings *other, GError **error);
ListenSocket *listen_settings_open(const ListenSettings *settings, GError **error);
/* The first key that differs; NULL: none. */
const char *listen_settings_change(const ListenSettings *old, const ListenSettings *new);

#endif
