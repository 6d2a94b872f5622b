#ifndef RETOUR_REPUTATION_H
#define RETOUR_REPUTATION_H

#include "blacklist.h"
#include "rate.h"
#include "settings.h"
#include "standing.h"

/*
 * How our mail is taken: by all, by each provider, and of each sender domain. From the counters, so exact; a window is so
 * many whole hours or days (UTC) and the one under way, and is compared with as many before it.
 */
typedef enum ReputationWindow {
	WINDOW_1H,
	WINDOW_24H,
	WINDOW_7D,
	WINDOW_COUNT
} ReputationWindow;

extern const char *const reputation_windows[]; /* "1h", "24h", "7d", NULL */

typedef struct ReputationSettings { /* section `reputation` of retour.yaml */
	RateLimits complaints, hard_bounces;
	char **complaint_limits, **hard_bounce_limits; /* as written; what the above are read from */
	int64_t least_sent;
	int alert_window; /* ReputationWindow */
	int64_t interval_ms;
	int64_t hold_ms;      /* see standing_follow() */
	char **alert_command; /* the program and its arguments; empty: none */
	char *alert_url;      /* where they are posted instead; "": nowhere */
	char *alert_token_file, *alert_ca_file;
} ReputationSettings;

extern const Setting reputation_settings[]; /* of ReputationSettings, for settings_clear() */

/* ERROR_CONFIG names file:line. map may be NULL. The struct must be zeroed before the first use. */
bool reputation_settings_read(const YamlNode *map, ReputationSettings *ret_settings, GError **error);

typedef enum ReputationSubject {
	SUBJECT_SERVICE,  /* all our mail; its name is "" */
	SUBJECT_PROVIDER, /* what goes to one provider */
	SUBJECT_SENDER,   /* mail of one sender domain */
} ReputationSubject;

const char *reputation_subject_name(ReputationSubject subject); /* "service", "provider", "sender" */

/* With evidence, but for sent and unverified. */
typedef struct ReputationCounts {
	int64_t sent, delivered, deferred, bounced, hard, complaints, unverified;
} ReputationCounts;

typedef struct Reputation {
	ReputationSubject subject;
	char *name;
	ReputationCounts now, before;
	Rate hard_bounces, complaints; /* of mail sent */
	Trend hard_bounces_trend, complaints_trend;
	Standing hard_bounces_standing, complaints_standing;
	Standing standing;   /* the worst of both, as they are now */
	StandingRange range; /* likewise */
} Reputation;

typedef struct ReputationQuery {
	ReputationWindow window;
	int64_t until;                        /* seconds since the epoch; 0: now */
	const char *provider, *sender_domain; /* only mail to and from; NULL: any */
} ReputationQuery;

/*
 * GPtrArray of Reputation *, which owns them: the service, then providers, then senders, each worst first; of each the 10,000
 * with most mail.
 */
GPtrArray *reputation_read(
	Blacklist *blacklist, const ReputationQuery *query, const ReputationSettings *settings, GError **error);

/* Rates, trends and standings of what has names and counts alone (Reputation *), and their order: as reputation_read() does. */
void reputations_judge(GPtrArray *found, const ReputationSettings *settings);
Reputation *reputation_new(ReputationSubject subject, const char *name);
GPtrArray *reputations_new(void); /* owns what is put into it */

/* Now, by the clock of the database: for queries that are to be about the same moment. */
bool reputation_now(Blacklist *blacklist, int64_t *ret_now, GError **error);

/*
 * One hour of the counters into days, as comment on counters_roll_up() says. *ret_moved false: nothing is left. As the owner of
 * the database.
 */
bool counters_roll_up(Blacklist *blacklist, bool *ret_moved, GError **error);

#endif
