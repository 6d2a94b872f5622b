#ifndef RETOUR_CACHE_H
#define RETOUR_CACHE_H

#include "errors.h"
#include "listing.h"
#include "meter.h"
#include "redis_access.h"
#include "settings.h"

/*
 * The blacklist mirrored in Redis, for the question at every RCPT. Disposable: whatever is missing, stale, foreign, slow
 * or broken is CACHE_UNKNOWN, and the caller asks PostgreSQL. Thread-safe; connections are kept and made anew when they fail.
 *
 * Keys, below the configured prefix: "position" (hash: database, generation, xid, id), "fresh" (the generation; expires
 * unless the mirror keeps renewing it), "<generation>:<target>" (the entries of one target), "rebuild" (held by the one
 * rebuild that may run) and "litter" (there may be keys of generations that nobody reads). A rebuild writes a new
 * generation beside the old one and switches, so that look-ups never see half a list.
 *
 * Redis 5 or newer, one instance, or a primary with replicas: the mirror then writes to the primary, and look-ups ask the
 * first that answers and hears from its primary. The user needs
 * +get +hmget for look-ups; for the mirror also +set +hset +pttl +pexpire +pexpireat +exists +unlink +scan +eval +evalsha +info,
 * on the keys of the prefix, and +hgetall +hlen +rename for live figures; and +role where there is more than one address. Redis
 * must not evict: with maxmemory set, its policy has to be noeviction.
 */
typedef struct Cache Cache;

typedef struct CacheSettings {
	char **addresses; /* "unix:/path", "tcp:host:port" or "tls:host:port", tried in this order */
	char **sentinels; /* likewise; with them the primary is whom they name. Neither: no cache at all */
	char *sentinel_name;
	RedisLogin login, sentinel_login;
	RedisTlsSettings tls; /* of all addresses "tls:..." */
	char *prefix;         /* "retour:" */
	int64_t timeout_ms;   /* of one answer */
	int64_t fresh_ms;     /* how long the mirror may be silent before look-ups go to PostgreSQL */
	int64_t connections;
	Meter *meter; /* not of the file: where it is counted; borrowed; NULL: nowhere */
} CacheSettings;

/* Section `redis` of retour.yaml. Freed with settings_clear(cache_settings, settings). */
extern const Setting cache_settings[];
/* map: the section, or NULL for the fallbacks. */
bool cache_settings_read(const YamlNode *map, CacheSettings *ret_settings, GError **error);
bool cache_settings_name_any(const CacheSettings *settings); /* false: no Redis is configured */

Cache *cache_open(const CacheSettings *settings, GError **error); /* a Redis that is away is no error */
void cache_close(Cache *cache);
bool cache_is_configured(const Cache *cache); /* false: the settings name none, and nothing is ever asked */

typedef enum CacheAnswer {
	CACHE_NOT_LISTED,
	CACHE_LISTED,
	CACHE_UNKNOWN
} CacheAnswer;

/*
 * As blacklist_check(), but that rules of sub-addressing are not known here; at most NAMES_LIMIT names, of which the first
 * tells the domain. One round trip. *ret_listing is set for CACHE_LISTED only and is then owned by the caller. After a failure Redis is
 * left alone for a moment instead of making every mail wait.
 */
CacheAnswer cache_check(
	Cache *cache, const char *const *names, const char *sender_domain, int64_t now, Listing **ret_listing);

/*
 * For when PostgreSQL does not answer either: what the mirror held when it was last renewed, for a stale list is better than
 * none. Believed is a mirror of the database that this process last spoke to, whichever process made it. Asks even while Redis
 * is left alone.
 */
CacheAnswer cache_check_stale(
	Cache *cache, const char *const *names, const char *sender_domain, int64_t now, Listing **ret_listing);

/*
 * The mirror's side. These wait longer than a look-up does, and try even when Redis failed a moment ago.
 * Errors: ERROR_RETRY when Redis is away, refuses to write or another rebuild runs; ERROR_CONFIG when it must not be used as it is.
 */

/* *ret_usable: a mirror of this database stands there, up to *ret_position. */
bool cache_position(Cache *cache, const char *database, bool *ret_usable, ChangePosition *ret_position, GError **error);
/*
 * Applies states (TargetState *) if the mirror still stands at from, atomically. current: to is the end of the feed, so
 * "fresh" is renewed. *ret_applied false: another process was first.
 */
bool cache_apply(Cache *cache, const char *database, ChangePosition from, ChangePosition to, const GPtrArray *states,
	bool current, bool *ret_applied, GError **error);
/* Removes what an interrupted rebuild left behind. Nothing to do, or a rebuild is running: true at once. */
bool cache_tidy(Cache *cache, GError **error);

/* A full rebuild: begin, add each target, finish with the position of the snapshot; or abandon. */
typedef struct CacheRebuild CacheRebuild;
CacheRebuild *cache_rebuild_begin(Cache *cache, const char *database, GError **error);
bool cache_rebuild_add(CacheRebuild *rebuild, const TargetState *state, GError **error);
/*
 * Switches to the new generation and removes the others, without blocking Redis. Frees rebuild in any case. The snapshot is
 * as old as the rebuild took, so look-ups stay with PostgreSQL until the first cache_apply() that is current.
 */
bool cache_rebuild_finish(CacheRebuild *rebuild, ChangePosition position, GError **error);
void cache_rebuild_abandon(CacheRebuild *rebuild);

/*
 * Live figures: how our mail was taken in one window. The texts are the caller's. Keys: "live:<window>" (hash: database, as_of,
 * service, providers and senders, which are how many, and id of the publication), "live:<window>:provider" and
 * "live:<window>:sender" (hashes of texts by name). One window is replaced as a whole and ends as a whole.
 */
typedef struct LiveFigures {
	int64_t as_of; /* seconds since the epoch */
	char *service;
	GHashTable *providers, *senders; /* char * by char *, owned */
} LiveFigures;

LiveFigures *live_figures_new(void);
void live_figures_free(LiveFigures *figures);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveFigures, live_figures_free)

/* What stands there as of later stays. ERROR_RETRY: Redis is away or lost them meanwhile; what stood there stands. */
bool cache_live_publish(Cache *cache, const char *database, const char *window, const LiveFigures *figures,
	int64_t lifetime_ms, GError **error);
/* *ret_figures NULL: there are none of this database, or not all of them. Owned by the caller. */
bool cache_live_read(Cache *cache, const char *database, const char *window, LiveFigures **ret_figures, GError **error);

#endif
