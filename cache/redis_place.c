#include "redis_place.h"

#include <string.h>

static bool
parse_port(const char *text, int *ret_port)
{
	guint64 port;

	if (!g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL))
		return false;
	*ret_port = (int)port;
	return true;
}

static bool
parse_tcp(RedisPlace *place, const char *text)
{
	const char *colon = strrchr(text, ':');

	if (colon == NULL || colon == text || !parse_port(colon + 1, &place->port))
		return false;
	bool bracketed = *text == '[' && colon[-1] == ']';

	place->host =
		bracketed ? g_strndup(text + 1, (size_t)(colon - text - 2)) : g_strndup(text, (size_t)(colon - text));
	return *place->host != '\0';
}

RedisPlace *
redis_place_parse(const char *address, GError **error)
{
	g_autoptr(RedisPlace) place = g_new0(RedisPlace, 1);

	place->address = g_strdup(address);
	if (g_str_has_prefix(address, "unix:/"))
		place->path = g_strdup(address + strlen("unix:"));
	place->tls = g_str_has_prefix(address, "tls:");
	if (place->path != NULL
		|| ((place->tls || g_str_has_prefix(address, "tcp:")) && parse_tcp(place, address + strlen("tcp:"))))
		return g_steal_pointer(&place);
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
		"redis address \"%s\" is none of unix:/path, tcp:host:port and tls:host:port", address);
	return NULL;
}

RedisPlace *
redis_place_of(const char *host, const char *port, bool tls)
{
	RedisPlace *place;
	int number;

	if (*host == '\0' || !parse_port(port, &number))
		return NULL;
	place = g_new0(RedisPlace, 1);
	place->address = g_strdup_printf("%s:%s:%d", tls ? "tls" : "tcp", host, number);
	place->tls = tls;
	place->host = g_strdup(host);
	place->port = number;
	return place;
}

void
redis_place_free(void *data)
{
	RedisPlace *place = data;

	if (place == NULL)
		return;
	g_free(place->host);
	g_free(place->path);
	g_free(place->address);
	g_free(place);
}
