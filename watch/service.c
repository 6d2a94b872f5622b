#include "service.h"

#include "alert_command.h"
#include "alert_webhook.h"
#include "health.h"
#include "https.h"
#include "live_duty.h"
#include "log.h"
#include "metrics_server.h"
#include "notify.h"
#include "program.h"
#include "provider_finder.h"
#include "providers_load.h"
#include "signals.h"
#include "watch_metrics.h"
#include "watch_settings.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define DATABASE_MS 60000 /* of one statement; nobody waits for it */
#define ALERTS_A_TURN 20
#define ALERT_MS 30000
#define SOON_MS 100

/* What a turn works with: one set, replaced as a whole by a reload. */
typedef struct Watch {
	WatchSettings *settings;
	Providers *providers;
	MailHosts *hosts;
	Resolver *resolver;
	Blacklist *blacklist;
	Cache *cache;
	ProviderFinder finder;
	LiveDuty live;
	Metrics *metrics; /* borrowed */
	bool failing;     /* logged once when it begins and once when it ends */
} Watch;

static void
watch_free(Watch *watch)
{
	if (watch == NULL)
		return;
	if (watch->blacklist != NULL)
		blacklist_close(watch->blacklist);
	cache_close(watch->cache);
	resolver_close(watch->resolver);
	mail_hosts_free(watch->hosts);
	providers_free(watch->providers);
	watch_settings_free(watch->settings);
	g_free(watch);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watch, watch_free)

/* Everything but the database and Redis. */
static Watch *
watch_load(const char *path, GError **error)
{
	g_autoptr(Watch) watch = g_new0(Watch, 1);

	watch->settings = watch_settings_load(path, error);
	if (watch->settings == NULL)
		return NULL;
	watch->providers = providers_load(watch->settings->rules.providers_file, error);
	if (watch->providers == NULL)
		return NULL;
	watch->resolver = resolver_open(&watch->settings->dns, error);
	if (watch->resolver == NULL)
		return NULL;
	watch->hosts = mail_hosts_new();
	return g_steal_pointer(&watch);
}

static Watch *
watch_open(const char *path, Metrics *metrics, GError **error)
{
	g_autoptr(Watch) watch = watch_load(path, error);

	if (watch == NULL)
		return NULL;
	watch->metrics = metrics;
	watch->settings->store.meter = metrics_meter(metrics);
	watch->blacklist = blacklist_open(&watch->settings->store, 1, DATABASE_MS, error);
	if (watch->blacklist == NULL)
		return NULL;
	watch->cache = cache_open(&watch->settings->cache, error);
	if (watch->cache == NULL)
		return NULL;
	watch->finder = (ProviderFinder){ .blacklist = watch->blacklist,
		.resolver = watch->resolver,
		.hosts = watch->hosts,
		.providers = watch->providers };
	watch->live = (LiveDuty){
		.cache = watch->cache, .blacklist = watch->blacklist, .settings = &watch->settings->reputation
	};
	return g_steal_pointer(&watch);
}

static void
log_changes(const GPtrArray *changes)
{
	for (unsigned i = 0; i < changes->len; i++) {
		const ReputationChange *change = changes->pdata[i];
		g_autofree char *name = log_value(change->name);
		bool good = g_str_equal(change->state, standing_name(STANDING_GOOD));

		g_log(G_LOG_DOMAIN, good ? G_LOG_LEVEL_INFO : G_LOG_LEVEL_WARNING,
			"reputation=%s subject=%s name=%s was=%s", change->state, change->subject, name,
			*change->was == '\0' ? "none" : change->was);
	}
}

static bool
publish(const Watch *watch, const GPtrArray *found, GError **error)
{
	g_autoptr(GArray) programmes = programme_states(watch->blacklist, error);
	uint64_t waiting;

	if (programmes == NULL || !reputation_alerts_waiting(watch->blacklist, &waiting, error))
		return false;
	metrics_publish(watch->metrics, watch_metrics_text(found, programmes, waiting));
	return true;
}

static bool
has_receiver(const ReputationSettings *settings)
{
	return *settings->alert_command != NULL || *settings->alert_url != '\0';
}

static bool
note_standings(const Watch *watch, const GPtrArray *found, GError **error)
{
	const ReputationSettings *settings = &watch->settings->reputation;
	g_autoptr(GPtrArray) changes =
		reputation_note(watch->blacklist, found, settings, !has_receiver(settings), error);

	if (changes == NULL)
		return false;
	log_changes(changes);
	return publish(watch, found, error);
}

static bool
send_alert(const ReputationSettings *settings, const ReputationAlert *alert, GError **error)
{
	if (*settings->alert_url != '\0')
		return alert_webhook_post(settings, alert, ALERT_MS, error);
	return alert_command_run(settings->alert_command, alert, ALERT_MS, error);
}

/* A failure keeps the alert for later; what nobody took for a week is given up, with a word. */
static bool
tell(const Watch *watch, const ReputationAlert *alert, bool *ret_failed, GError **error)
{
	Meter *meter = metrics_meter(watch->metrics);
	g_autoptr(GError) problem = NULL;

	if (send_alert(&watch->settings->reputation, alert, &problem)) {
		meter_count_as(meter, METRIC_ALERTS, ALERT_TOLD);
		return reputation_alert_told(watch->blacklist, alert->id, error);
	}
	meter_count_as(meter, METRIC_ALERTS, alert->late ? ALERT_GIVEN_UP : ALERT_FAILED);
	g_autofree char *reason = log_value(problem->message);

	g_warning("alert=%" G_GINT64_FORMAT " tries=%u told=%s error=%s", alert->id, alert->tries,
		alert->late ? "never" : "later", reason);
	*ret_failed = true;
	return !alert->late || reputation_alert_told(watch->blacklist, alert->id, error);
}

static bool
tell_alerts(const Watch *watch, GError **error)
{
	bool failed = !has_receiver(&watch->settings->reputation);

	/* One failure is enough for a turn: the next would take as long. */
	for (unsigned i = 0; i < ALERTS_A_TURN && !failed; i++) {
		g_autoptr(ReputationAlert) alert = NULL;

		if (!reputation_alert_next(watch->blacklist, &alert, error))
			return false;
		if (alert == NULL)
			return true;
		if (!tell(watch, alert, &failed, error))
			return false;
		notify_alive();
	}
	return true;
}

static bool
judge(Watch *watch, GError **error)
{
	const ReputationSettings *settings = &watch->settings->reputation;
	ReputationQuery query = { .window = (ReputationWindow)settings->alert_window };

	if (!reputation_now(watch->blacklist, &query.until, error))
		return false;
	g_autoptr(GPtrArray) found = reputation_read(watch->blacklist, &query, settings, error);

	if (found == NULL)
		return false;
	bool told = note_standings(watch, found, error) && tell_alerts(watch, error);

	live_duty_turn(&watch->live, query.until, found);
	return told;
}

/* No duty waits for another; the first error is told. */
static bool
do_turn(Watch *watch, bool *ret_more, GError **error)
{
	bool looked = provider_finder_turn(&watch->finder, ret_more, error);

	notify_alive();
	return judge(watch, looked ? error : NULL) && looked;
}

/* Returns when to come again, in ms. */
static int64_t
turn(Watch *watch)
{
	g_autoptr(GError) error = NULL;
	bool more = false;

	if (do_turn(watch, &more, &error)) {
		meter_set(metrics_meter(watch->metrics), METRIC_WATCH_TIME,
			(uint64_t)(g_get_real_time() / G_USEC_PER_SEC));
		if (watch->failing)
			g_info("watch=well");
		watch->failing = false;
	} else {
		g_autofree char *reason = log_value(error->message);

		meter_count(metrics_meter(watch->metrics), METRIC_WATCH_FAILURES);
		if (!watch->failing)
			g_warning("watch=failing error=%s", reason);
		watch->failing = true;
	}
	notify_alive();
	return more ? SOON_MS : watch->settings->reputation.interval_ms;
}

static Watch *
reload(Watch *watch, const char *path)
{
	g_autoptr(GError) error = NULL;
	Watch *next;

	notify_reloading();
	next = watch_open(path, watch->metrics, &error);
	notify_ready();
	if (next == NULL) {
		g_warning("reload=refused error=\"%s\"", error->message);
		return watch;
	}
	g_info("action=reloaded");
	watch_free(watch);
	return next;
}

/* Waits until the time, and no longer than the watchdog allows. True: told to stop. */
static bool
wait_until(int signals, int64_t until, const char *path, Watch **watch)
{
	int64_t watchdog = notify_watchdog_ms(), left;

	while ((left = until - g_get_monotonic_time() / 1000) > 0) {
		struct pollfd fds = { signals, POLLIN, 0 };

		poll(&fds, 1, (int)(watchdog == 0 ? left : MIN(left, watchdog)));
		notify_alive();
		for (Order order; (order = signals_read(signals)) != ORDER_NONE;) {
			if (order != ORDER_RELOAD)
				return true;
			*watch = reload(*watch, path);
			until = 0;
		}
	}
	return false;
}

bool
service_check(const char *settings_path, GError **error)
{
	g_autoptr(Watch) watch = watch_load(settings_path, error);

	return watch != NULL;
}

/* Until it is told to stop. watch: replaced by a reload. */
static void
loop(Watch **watch, int signals, const char *settings_path)
{
	int64_t again;

	notify_ready();
	g_info("action=ready");
	do
		again = g_get_monotonic_time() / 1000 + turn(*watch);
	while (!wait_until(signals, again, settings_path, watch));
	notify_stopping();
}

int
service_run(const char *settings_path)
{
	int signals = signals_open(false);
	g_autoptr(GError) error = NULL;
	g_autoptr(Metrics) metrics = metrics_new(program_version(), AREA_WATCH | AREA_DATABASE);
	Watch *watch;
	Health *health;
	MetricsServer *shown = NULL;
	int code = EXIT_SUCCESS;

	https_init();
	watch = watch_open(settings_path, metrics, &error);
	health = watch == NULL ? NULL : health_new(&watch->settings->store, metrics);
	if (watch != NULL
		&& metrics_server_open(
			&watch->settings->metrics, METRICS_WATCH, metrics, health_ask, health, &shown, &error))
		loop(&watch, signals, settings_path);
	else
		code = program_fail(error);
	metrics_server_stop(shown);
	health_free(health);
	watch_free(watch);
	close(signals);
	if (code == EXIT_SUCCESS)
		g_info("action=stopped");
	return code;
}
