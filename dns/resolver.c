#include "resolver.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <string.h>

#define PARALLEL 100
#define ASK_MS 30000
#define SOCKETS (ARES_GETSOCK_MAXNUM - 1) /* for the last one c-ares's macro shifts into the sign */
#define EDNS_BYTES 1232                   /* what passes everywhere without fragments; longer answers come by TCP */

const Setting resolver_settings[] = {
	{ .key = "servers", .type = SETTING_TEXTS, .offset = offsetof(ResolverSettings, servers) },
	{ .key = "timeout",
		.type = SETTING_DURATION,
		.offset = offsetof(ResolverSettings, timeout_ms),
		.fallback = "2s",
		.low = 10,
		.high = 10000 },
	{ .key = "tries",
		.type = SETTING_NUMBER,
		.offset = offsetof(ResolverSettings, tries),
		.fallback = "2",
		.low = 1,
		.high = 5 },
	{ 0 },
};

struct Resolver {
	const ResolverSettings *settings;
	char *servers; /* as c-ares takes them; "": resolv.conf */
};

/* One call of resolver_ask(). */
typedef struct Round {
	ares_channel channel;
	const char *const *domains;
	MailDomain *answers;
	size_t count, begun, active;
} Round;

typedef struct Question {
	Round *round;
	size_t index;
	int type; /* ns_t_mx, then, where there is none, ns_t_a and ns_t_aaaa */
} Question;

void
mail_domain_clear(MailDomain *domain)
{
	g_clear_pointer(&domain->mx, g_free);
}

const char *
mail_domain_answer_name(MailDomainAnswer answer)
{
	static const char *const names[] = { "unknown", "found", "null_mx", "not_found" };

	g_assert(answer < G_N_ELEMENTS(names));
	return names[answer];
}

static bool
set_servers(const Resolver *resolver, ares_channel channel, GError **error)
{
	int problem =
		*resolver->servers == '\0' ? ARES_SUCCESS : ares_set_servers_ports_csv(channel, resolver->servers);

	if (problem == ARES_SUCCESS)
		return true;
	g_set_error(error, RETOUR_ERROR, ERROR_CONFIG, "dns: 'servers: [%s]' are no addresses: %s", resolver->servers,
		ares_strerror(problem));
	return false;
}

/* Of several servers the first becomes the last. */
static void
begin_with_second(ares_channel channel)
{
	struct ares_addr_port_node *first = NULL, *last;

	if (ares_get_servers_ports(channel, &first) != ARES_SUCCESS || first == NULL || first->next == NULL) {
		ares_free_data(first);
		return;
	}
	for (last = first; last->next != NULL;)
		last = last->next;
	last->next = first;
	last = first;
	first = first->next;
	last->next = NULL;
	ares_set_servers_ports(channel, first);
	ares_free_data(first);
}

/* Which server is asked first; the others follow while none answers. */
typedef enum ServerOrder {
	SERVERS_IN_TURN, /* another one with every question */
	SERVERS_FROM_FIRST,
	SERVERS_FROM_SECOND,
} ServerOrder;

static bool
open_channel(const Resolver *resolver, ServerOrder order, ares_channel *ret_channel, GError **error)
{
	struct ares_options options = {
		.flags = ARES_FLAG_EDNS | ARES_FLAG_STAYOPEN,
		.timeout = (int)resolver->settings->timeout_ms,
		.tries = (int)resolver->settings->tries,
		.ednspsz = EDNS_BYTES,
	};
	int problem = ares_init_options(ret_channel, &options,
		ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ
			| (order == SERVERS_IN_TURN ? ARES_OPT_ROTATE : ARES_OPT_NOROTATE));

	if (problem != ARES_SUCCESS) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "dns: %s", ares_strerror(problem));
		return false;
	}
	if (!set_servers(resolver, *ret_channel, error)) {
		ares_destroy(*ret_channel);
		return false;
	}
	if (order == SERVERS_FROM_SECOND)
		begin_with_second(*ret_channel);
	return true;
}

Resolver *
resolver_open(const ResolverSettings *settings, GError **error)
{
	g_autoptr(Resolver) resolver = g_new0(Resolver, 1);
	ares_channel channel;

	ares_library_init(ARES_LIB_INIT_ALL);
	resolver->settings = settings;
	resolver->servers = g_strjoinv(",", settings->servers);
	if (!open_channel(resolver, SERVERS_IN_TURN, &channel, error))
		return NULL;
	ares_destroy(channel);
	return g_steal_pointer(&resolver);
}

void
resolver_close(Resolver *resolver)
{
	if (resolver == NULL)
		return;
	ares_library_cleanup();
	g_free(resolver->servers);
	g_free(resolver);
}

static void
settle(MailDomain *domain, MailDomainAnswer answer, const char *mx)
{
	domain->answer = answer;
	g_free(domain->mx);
	domain->mx = g_ascii_strdown(mx, -1);
}

/* Of equal preference the first by name, so that the answer does not change with the order in which a server gives them. */
static bool
is_better(const struct ares_mx_reply *mx, const struct ares_mx_reply *best)
{
	return best == NULL || mx->priority < best->priority
	       || (mx->priority == best->priority && g_ascii_strcasecmp(mx->host, best->host) < 0);
}

/* False: the answer has no MX in it, a bare CNAME perhaps. A null MX counts only where it stands alone (RFC 7505 section 3). */
static bool
read_mx(MailDomain *domain, const unsigned char *answer, int size)
{
	struct ares_mx_reply *records = NULL;
	const struct ares_mx_reply *best = NULL;
	bool null = false;
	int problem = ares_parse_mx_reply(answer, size, &records);

	if (problem == ARES_ENODATA || (problem == ARES_SUCCESS && records == NULL))
		return false;
	for (const struct ares_mx_reply *mx = records; mx != NULL; mx = mx->next) {
		bool root = *mx->host == '\0' || strcmp(mx->host, ".") == 0;

		null |= root;
		if (!root && is_better(mx, best))
			best = mx;
	}
	if (best != NULL)
		settle(domain, MAIL_DOMAIN_FOUND, best->host);
	else if (null)
		settle(domain, MAIL_DOMAIN_NULL_MX, "");
	if (records != NULL)
		ares_free_data(records);
	return true;
}

/* Anything but an address record in the answer is a CNAME that leads nowhere. */
static bool
has_address(int type, const unsigned char *answer, int size)
{
	struct ares_addrttl v4[1];
	struct ares_addr6ttl v6[1];
	int count = 1;

	if (type == ns_t_a)
		return ares_parse_a_reply(answer, size, NULL, v4, &count) == ARES_SUCCESS && count > 0;
	return ares_parse_aaaa_reply(answer, size, NULL, v6, &count) == ARES_SUCCESS && count > 0;
}

/* False: nothing in it of the type that was asked for. */
static bool
read_answer(const Question *question, const unsigned char *answer, int size)
{
	MailDomain *domain = &question->round->answers[question->index];

	if (question->type == ns_t_mx)
		return read_mx(domain, answer, size);
	if (!has_address(question->type, answer, size))
		return false;
	settle(domain, MAIL_DOMAIN_FOUND, "");
	return true;
}

static void send_question(Question *question, int type);

/* Nothing of the type that was asked for. */
static void
go_on(Question *question)
{
	if (question->type == ns_t_mx)
		send_question(question, ns_t_a);
	else if (question->type == ns_t_a)
		send_question(question, ns_t_aaaa);
	else
		settle(&question->round->answers[question->index], MAIL_DOMAIN_NOT_FOUND, "");
}

static void
answered(void *data, int status, int timeouts, unsigned char *answer, int size)
{
	Question *question = data;
	Round *round = question->round;

	(void)timeouts;
	if (status == ARES_ENOTFOUND || status == ARES_EBADNAME)
		settle(&round->answers[question->index], MAIL_DOMAIN_NOT_FOUND, "");
	else if (status == ARES_ENODATA || (status == ARES_SUCCESS && !read_answer(question, answer, size)))
		go_on(question);
	round->active--;
	g_free(question);
}

/* The answer may come within the call. */
static void
send_question(Question *question, int type)
{
	Question *next = g_new(Question, 1);

	*next = (Question){ .round = question->round, .index = question->index, .type = type };
	next->round->active++;
	ares_query(next->round->channel, next->round->domains[next->index], ns_c_in, type, answered, next);
}

static void
begin_some(Round *round)
{
	while (round->begun < round->count && round->active < PARALLEL) {
		Question first = { .round = round, .index = round->begun++ };

		send_question(&first, ns_t_mx);
	}
}

/* Waits for a descriptor or for the next time-out of c-ares, and lets it work. */
static void
step(ares_channel channel, int64_t left_us)
{
	struct timeval limit = { .tv_sec = left_us / G_USEC_PER_SEC, .tv_usec = left_us % G_USEC_PER_SEC };
	struct timeval room, *wait = ares_timeout(channel, &limit, &room);
	ares_socket_t sockets[SOCKETS];
	struct pollfd polled[SOCKETS];
	unsigned wanted = (unsigned)ares_getsock(channel, sockets, SOCKETS);
	nfds_t count = 0;

	for (unsigned i = 0; i < SOCKETS; i++) {
		bool readable = ARES_GETSOCK_READABLE(wanted, i) != 0;
		bool writable = ARES_GETSOCK_WRITABLE(wanted, i) != 0;

		if (readable || writable)
			polled[count++] = (struct pollfd){ .fd = sockets[i],
				.events = (short)(readable * POLLIN | writable * POLLOUT) };
	}
	poll(polled, count, (int)(wait->tv_sec * 1000 + wait->tv_usec / 1000 + 1));
	for (nfds_t i = 0; i < count; i++)
		if (polled[i].revents != 0)
			ares_process_fd(channel, polled[i].events & POLLIN ? polled[i].fd : ARES_SOCKET_BAD,
				polled[i].revents & (POLLOUT | POLLERR | POLLHUP) ? polled[i].fd : ARES_SOCKET_BAD);
	ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* what has timed out */
}

static bool
ask(Resolver *resolver, ServerOrder order, const char *const *domains, size_t count, MailDomain *ret_domains,
	GError **error)
{
	Round round = { .domains = domains, .answers = ret_domains, .count = count };
	int64_t end = g_get_monotonic_time() + INT64_C(1000) * ASK_MS;

	if (!open_channel(resolver, order, &round.channel, error))
		return false;
	for (size_t i = 0; i < count; i++)
		ret_domains[i] = (MailDomain){ .answer = MAIL_DOMAIN_UNKNOWN, .mx = g_strdup("") };
	for (begin_some(&round); round.active > 0; begin_some(&round)) {
		int64_t left = end - g_get_monotonic_time();

		if (left <= 0)
			break;
		step(round.channel, left);
	}
	ares_destroy(round.channel); /* answers what is still open, so that nothing is left behind */
	return true;
}

bool
resolver_ask(Resolver *resolver, const char *const *domains, size_t count, MailDomain *ret_domains, GError **error)
{
	return ask(resolver, SERVERS_IN_TURN, domains, count, ret_domains, error);
}

static bool
is_same(const MailDomain *a, const MailDomain *b)
{
	return a->answer == b->answer && strcmp(a->mx, b->mx) == 0;
}

bool
resolver_confirm(Resolver *resolver, const char *const *domains, size_t count, MailDomain *ret_domains, GError **error)
{
	g_autofree MailDomain *again = g_new0(MailDomain, count);

	if (!ask(resolver, SERVERS_FROM_FIRST, domains, count, ret_domains, error))
		return false;
	if (!ask(resolver, SERVERS_FROM_SECOND, domains, count, again, error)) {
		for (size_t i = 0; i < count; i++)
			mail_domain_clear(&ret_domains[i]);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_same(&ret_domains[i], &again[i]))
			settle(&ret_domains[i], MAIL_DOMAIN_UNKNOWN, "");
		mail_domain_clear(&again[i]);
	}
	return true;
}
