#include "flood.h"

#include <arpa/inet.h>
#include <pthread.h>

#define SOURCES_LIMIT 100000 /* those beyond share one account */
#define HOUR 3600

struct Flood {
	pthread_mutex_t lock;
	int64_t per_hour, per_source;
	int64_t hour, taken; /* of the hour that runs */
	GHashTable *sources; /* name -> taken, GINT_TO_POINTER() */
};

Flood *
flood_new(int64_t per_hour, int64_t per_source)
{
	Flood *flood = g_new0(Flood, 1);

	pthread_mutex_init(&flood->lock, NULL);
	flood->per_hour = per_hour == 0 ? INT64_MAX : per_hour;
	flood->per_source = per_source == 0 ? INT64_MAX : per_source;
	flood->sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return flood;
}

void
flood_free(Flood *flood)
{
	g_hash_table_unref(flood->sources);
	pthread_mutex_destroy(&flood->lock);
	g_free(flood);
}

/* With the lock held. */
static void
begin_hour(Flood *flood, int64_t now)
{
	if (flood->hour == now / HOUR)
		return;
	flood->hour = now / HOUR;
	flood->taken = 0;
	g_hash_table_remove_all(flood->sources);
}

/* With the lock held. Owned by the caller. */
static char *
account_of(const Flood *flood, const char *source)
{
	struct in6_addr address;
	char text[INET6_ADDRSTRLEN];
	char *account;

	if (inet_pton(AF_INET6, source, &address) == 1) {
		for (size_t i = 8; i < sizeof address.s6_addr; i++)
			address.s6_addr[i] = 0;
		source = inet_ntop(AF_INET6, &address, text, sizeof text);
	}
	account = g_strdup(source);
	if (g_hash_table_size(flood->sources) < SOURCES_LIMIT || g_hash_table_contains(flood->sources, account))
		return account;
	g_free(account);
	return g_strdup("others");
}

/* With the lock held. False: there is no room. */
static bool
book(Flood *flood, const char *source, int change)
{
	g_autofree char *account = account_of(flood, source);
	int64_t taken = GPOINTER_TO_INT(g_hash_table_lookup(flood->sources, account));

	if (change > 0 && taken >= flood->per_source)
		return false;
	g_hash_table_replace(flood->sources, g_steal_pointer(&account), GINT_TO_POINTER((int)MAX(taken + change, 0)));
	return true;
}

bool
flood_take(Flood *flood, const char *source, int64_t now)
{
	bool room;

	pthread_mutex_lock(&flood->lock);
	begin_hour(flood, now);
	room = flood->taken < flood->per_hour && (*source == '\0' || book(flood, source, 1));
	flood->taken += room;
	pthread_mutex_unlock(&flood->lock);
	return room;
}

void
flood_give_back(Flood *flood, const char *source, int64_t now)
{
	pthread_mutex_lock(&flood->lock);
	if (flood->hour == now / HOUR) {
		flood->taken = MAX(flood->taken - 1, 0);
		if (*source != '\0')
			book(flood, source, -1);
	}
	pthread_mutex_unlock(&flood->lock);
}
