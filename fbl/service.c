#include "service.h"

#include "backend.h"
#include "exit_codes.h"
#include "health.h"
#include "https.h"
#include "mailbox.h"
#include "message.h"
#include "metrics_server.h"
#include "notify.h"
#include "program.h"
#include "signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MIRROR_CONNECTIONS 2
#define MIRROR_TIMEOUT_MS 10000
#define DRAIN_MS 30000 /* for batches in hand; then they are given up */
#define TICK_MS 10

typedef struct Service {
	const char *path;
	FblSettings *settings; /* of the mailboxes that run */
	FblSettings *first;    /* of what is opened once; the same until the first reload */
	Metrics *metrics;
	Health *health;
	MetricsServer *shown; /* NULL: to nobody */
	Backend backend;
	Workers *workers;
	GPtrArray *mailboxes; /* Mailbox * */
	int signals, cancel;
	int64_t watchdog_ms; /* 0: nobody watches */
} Service;

bool
service_check(const char *settings_path, GError **error)
{
	g_autoptr(FblSettings) settings = fbl_settings_load(settings_path, error);
	g_autoptr(Rulebook) book = settings == NULL ? NULL : rulebook_load(&settings->rules, error);

	return book != NULL;
}

static void
feed_watchdog(const Service *service)
{
	if (service->watchdog_ms != 0)
		notify_alive();
}

static bool
start_mailboxes(Service *service, GError **error)
{
	MailboxServices services = { service->workers, &service->first->store, service->metrics, service->cancel };

	for (unsigned i = 0; i < service->settings->mailboxes->len; i++) {
		Mailbox *mailbox = mailbox_start(service->settings->mailboxes->pdata[i], &services, error);

		if (mailbox == NULL)
			return false;
		g_ptr_array_add(service->mailboxes, mailbox);
	}
	return true;
}

static bool
all_ended(const Service *service)
{
	for (unsigned i = 0; i < service->mailboxes->len; i++)
		if (!mailbox_has_ended(service->mailboxes->pdata[i]))
			return false;
	return true;
}

static bool
await_end(const Service *service, int64_t milliseconds)
{
	for (int64_t waited = 0; !all_ended(service); waited += TICK_MS) {
		if (waited >= milliseconds)
			return false;
		g_usleep(TICK_MS * 1000);
		feed_watchdog(service);
	}
	return true;
}

/* False: some still hang in the database, which a process that ends does not wait for. */
static bool
stop_mailboxes(Service *service)
{
	eventfd_t count;

	for (unsigned i = 0; i < service->mailboxes->len; i++)
		mailbox_stop(service->mailboxes->pdata[i]);
	if (!await_end(service, DRAIN_MS)) {
		g_warning("stop=incomplete, messages in hand stay in their mailboxes");
		eventfd_write(service->cancel, 1);
		if (!await_end(service, DRAIN_MS))
			return false;
		eventfd_read(service->cancel, &count);
	}
	for (unsigned i = 0; i < service->mailboxes->len; i++)
		mailbox_free(service->mailboxes->pdata[i]);
	g_ptr_array_set_size(service->mailboxes, 0);
	return true;
}

static void
say_ready(const Service *service, const char *action)
{
	g_info("action=%s mailboxes=%u", action, service->mailboxes->len);
	notify_ready();
}

static bool
is_configured(const void *settings, const char *mailbox)
{
	const GPtrArray *mailboxes = ((const FblSettings *)settings)->mailboxes;

	for (unsigned i = 0; i < mailboxes->len; i++)
		if (g_str_equal(((const MailboxSettings *)mailboxes->pdata[i])->name, mailbox))
			return true;
	return false;
}

/* False: the service cannot go on. */
static bool
reload(Service *service)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(FblSettings) settings = fbl_settings_load(service->path, &error);
	g_autoptr(Rulebook) book = settings == NULL ? NULL : rulebook_load(&settings->rules, &error);

	notify_reloading();
	if (book == NULL) {
		g_warning("reload=refused error=\"%s\"", error->message);
		notify_ready();
		return true;
	}
	if (!stop_mailboxes(service))
		return false;
	intake_set_rulebook(service->backend.intake, book);
	if (service->settings != service->first)
		fbl_settings_free(service->settings);
	service->settings = g_steal_pointer(&settings);
	metrics_keep(service->metrics, is_configured, service->settings);
	if (!start_mailboxes(service, &error)) {
		g_warning("%s", error->message);
		return false;
	}
	say_ready(service, "reloaded");
	return true;
}

/* Until it is to stop. */
static void
loop(Service *service)
{
	for (;;) {
		struct pollfd fds = { service->signals, POLLIN, 0 };

		poll(&fds, 1, service->watchdog_ms == 0 ? -1 : (int)service->watchdog_ms);
		feed_watchdog(service);
		for (Order order; (order = signals_read(service->signals)) != ORDER_NONE;)
			if (order != ORDER_RELOAD || !reload(service))
				return;
	}
}

static bool
start_metrics(Service *service, GError **error)
{
	const FblSettings *settings = service->settings;
	unsigned mirror = cache_settings_name_any(&settings->cache) ? AREA_MIRROR : 0;

	service->metrics = metrics_new(program_version(), AREA_INTAKE | AREA_DATABASE | mirror);
	service->backend.meter = metrics_meter(service->metrics);
	service->health = health_new(&settings->store, service->metrics);
	return metrics_server_open(
		&settings->metrics, METRICS_FBL, service->metrics, health_ask, service->health, &service->shown, error);
}

static bool
start(Service *service, GError **error)
{
	g_autoptr(Rulebook) book = NULL;

	service->settings = service->first = fbl_settings_load(service->path, error);
	if (service->settings == NULL)
		return false;
	book = rulebook_load(&service->settings->rules, error);
	if (book == NULL)
		return false;
	service->watchdog_ms = notify_watchdog_ms();
	if (!start_metrics(service, error))
		return false;
	if (!backend_open_lists(&service->backend, &service->settings->store, &service->settings->cache,
		    MIRROR_CONNECTIONS, MIRROR_TIMEOUT_MS, error)
		|| !backend_open_intake(&service->backend, &service->settings->store, book, error))
		return false;
	backend_compare_subaddressing(&service->backend, book);
	service->workers = workers_start(service->backend.intake, WORKERS_THREADS, WORKERS_BYTES, error);
	return service->workers != NULL && start_mailboxes(service, error);
}

static int
finish(Service *service)
{
	notify_stopping();
	g_info("action=stopping");
	if (!stop_mailboxes(service))
		_exit(EXIT_SUCCESS);
	workers_stop(service->workers);
	backend_close(&service->backend);
	metrics_server_stop(service->shown);
	health_free(service->health);
	metrics_free(service->metrics);
	if (service->settings != service->first)
		fbl_settings_free(service->settings);
	fbl_settings_free(service->first);
	g_ptr_array_unref(service->mailboxes);
	close(service->signals);
	close(service->cancel);
	g_info("action=stopped");
	return EXIT_SUCCESS;
}

int
service_run(const char *settings_path)
{
	Service service = { .path = settings_path, .mailboxes = g_ptr_array_new() };
	g_autoptr(GError) error = NULL;

	/* Before any thread. */
	service.signals = signals_open(false);
	service.cancel = eventfd(0, EFD_CLOEXEC);
	https_init();
	message_init();
	if (geteuid() == 0)
		g_warning("user=root, nothing here needs to be root");
	if (!start(&service, &error))
		return program_fail(error);
	say_ready(&service, "ready");
	loop(&service);
	return finish(&service);
}
