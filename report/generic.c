#include "generic.h"

#include "address.h"
#include "cues.h"
#include "failures.h"
#include "origin.h"
#include "original.h"
#include "outcome.h"
#include "prose.h"

#include <string.h>

/* What the envelope and the header say of a mail's nature. */
typedef struct Signs {
	bool null_sender; /* the envelope sender is null, or the mail claims that it was */
	bool own_sender;  /* it is known, and neither null nor a machine's */
	bool mailer;      /* From is the address of a mail system */
	bool daemon;      /* From is the name of a machine */
	bool service;     /* From may be one */
	bool from_list;   /* sent by a mailing list */
	bool bounce_subject;
	bool delay_subject;
	bool ordinary_subject; /* a forward, a reply, an auto-reply */
	bool replies;          /* headers of an auto-responder */
	bool failed_header;    /* X-Failed-Recipients */
} Signs;

static bool
local_part_has(const char *lower, Cue cue)
{
	const char *at = strrchr(lower, '@'), *begin = at;
	g_autofree char *local = NULL;

	if (at == NULL)
		return cue_found(cue, lower);
	while (begin > lower && strchr("<( \t\"", begin[-1]) == NULL)
		begin--;
	local = g_strndup(begin, (gsize)(at - begin));
	return cue_found(cue, local);
}

/* A machine's name in the display name or the local part; the domain is not looked at. */
static bool
is_daemon(const char *from)
{
	const char *at = strrchr(from, '@'), *end = at;
	g_autofree char *without_domain = NULL;

	if (*from == '\0' || strcmp(from, "<>") == 0 || at == NULL)
		return at != NULL || *from == '\0' || *from == '<' || cue_found(CUE_DAEMON, from);
	while (*end != '\0' && strchr("> \t)", *end) == NULL)
		end++;
	without_domain = g_strdup_printf("%.*s%s", (int)(at - from), from, end);
	return cue_found(CUE_DAEMON, without_domain);
}

static bool
has_own_sender(const Message *message, const Inbound *inbound)
{
	const char *path =
		inbound->envelope_sender != NULL ? inbound->envelope_sender : message_header(message, "Return-Path");

	return strchr(path, '@') != NULL && strcasestr(path, "mailer-daemon") == NULL;
}

static bool
is_auto_responder(const Message *message)
{
	static const char *const names[] = { "X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Apple-Action",
		"X-Vacation", "X-Auto-Reply-From", "X-MS-Exchange-Inbox-Rules-Loop" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (*message_header(message, names[i]) != '\0')
			return true;
	return g_ascii_strncasecmp(message_header(message, "Precedence"), "auto", 4) == 0;
}

static void
read_signs(const Message *message, const Inbound *inbound, Signs *signs)
{
	g_autofree char *from = cue_lower(message_header(message, "From"));
	g_autofree char *subject = cue_lower(message_header(message, "Subject"));

	*signs = (Signs){ 0 };
	g_strstrip(from);
	g_strstrip(subject);
	signs->null_sender = origin_is_mailer(message, inbound);
	signs->own_sender = has_own_sender(message, inbound);
	signs->mailer = origin_is_daemon(from);
	signs->daemon = signs->mailer || is_daemon(from);
	signs->service = signs->daemon || local_part_has(from, CUE_SERVICE);
	signs->from_list = origin_is_list(message);
	signs->bounce_subject = cue_found(CUE_SUBJECT_BOUNCE, subject);
	signs->delay_subject = cue_found(CUE_SUBJECT_DELAY, subject);
	signs->ordinary_subject = cue_begins(CUE_SUBJECT_ORDINARY, subject);
	signs->replies = is_auto_responder(message);
	signs->failed_header = *message_header(message, "X-Failed-Recipients") != '\0';
}

/*
 * Only what a machine sent is a bounce, and only when its text says so. A machine is known by its From; by the null
 * sender, where subject or returned message speak for a bounce too (auto-replies have it as well); else by all of that.
 */
static bool
may_be_bounce(const Signs *signs)
{
	if (signs->replies || (signs->from_list && !signs->daemon))
		return false;
	if (signs->ordinary_subject && signs->own_sender)
		return false;
	if (signs->daemon || signs->failed_header)
		return true;
	if (signs->ordinary_subject)
		return false;
	return signs->null_sender || (signs->service && (signs->bounce_subject || signs->delay_subject));
}

static bool
speaks_of_failure(const Prose *prose)
{
	return cue_set_has(prose->cues, CUE_FAILURE) || cue_set_has(prose->cues, CUE_WARNING)
	       || cue_set_has(prose->cues, CUE_DELAY);
}

/* A challenge, a moderated list, an absence: nothing failed, whoever sent it. */
static bool
is_held(const Signs *signs, const Prose *prose)
{
	return cue_set_has(prose->cues, CUE_HELD) && !signs->failed_header
	       && !(signs->daemon && signs->bounce_subject && prose->has_original);
}

static bool
quotes_reply(const Failures *failures)
{
	if (outcome_has_reply(failures->common->str))
		return true;
	for (size_t i = 0; i < failures->list->len; i++)
		if (outcome_has_reply(((const Failure *)g_ptr_array_index(failures->list, i))->text->str))
			return true;
	return false;
}

/* A receipt: nobody is said to have failed with a reply. */
static bool
is_success(const Prose *prose, const Failures *failures)
{
	return cue_set_has(prose->cues, CUE_SUCCESS) && !quotes_reply(failures);
}

/*
 * Who can be answered may write of failures for any reason, a postmaster to users, a courier to customers: what comes
 * from there brings the mail back, or says so in its subject and quotes a mail system, or is one's and names somebody.
 */
static bool
brings_back(const Signs *signs, const Prose *prose, const Failures *failures)
{
	if (prose->has_original)
		return true;
	return (signs->bounce_subject || signs->delay_subject)
	       && ((signs->mailer && failures->list->len > 0) || quotes_reply(failures));
}

/* Couriers write of what could not be delivered, too; a message may be about a parcel. */
static bool
is_about_goods(const Signs *signs, const Prose *prose, const Failures *failures)
{
	return cue_set_has(prose->cues, CUE_GOODS) && !cue_set_has(prose->cues, CUE_MAIL) && !signs->daemon
	       && !signs->failed_header && !prose->has_original && !quotes_reply(failures);
}

static bool
is_bounce(const Signs *signs, const Prose *prose, const Failures *failures)
{
	bool named = failures->list->len > 0
		     && ((const Failure *)g_ptr_array_index(failures->list, 0))->rank >= FAILURE_SAID;
	bool said = speaks_of_failure(prose) || quotes_reply(failures);

	if (is_held(signs, prose) || is_success(prose, failures) || is_about_goods(signs, prose, failures))
		return false;
	if (signs->own_sender && !signs->failed_header && !brings_back(signs, prose, failures))
		return false;
	if (signs->failed_header)
		return said || named || (signs->daemon && prose->lines->len > 0);
	if (signs->daemon && signs->bounce_subject && named)
		return true;
	if (signs->daemon)
		return said && (named || signs->bounce_subject || signs->delay_subject || prose->has_original);
	if (signs->null_sender)
		return said && named && (signs->bounce_subject || signs->delay_subject || prose->has_original);
	return said && named && prose->has_original;
}

static bool
is_delay(const Signs *signs, const Prose *prose)
{
	if (cue_set_has(prose->cues, CUE_WARNING))
		return true;
	if (cue_set_has(prose->cues, CUE_FINAL))
		return signs->delay_subject && cue_set_has(prose->cues, CUE_DELAY);
	return signs->delay_subject || cue_set_has(prose->cues, CUE_DELAY);
}

/* Lines about nobody in particular that say something: the reply if there is one, else without what every bounce says. */
static char *
common_text(const Failures *failures)
{
	g_auto(GStrv) lines = g_strsplit(failures->common->str, "\n", -1);
	g_autoptr(GString) text = g_string_new(NULL);

	for (char **line = lines; *line != NULL; line++) {
		g_autofree char *lower = cue_lower(*line);

		if (!cue_begins(CUE_NOISE, lower) && !cue_begins(CUE_TRAILER, lower))
			g_string_append_printf(text, "%s%s", text->len > 0 ? "\n" : "", *line);
	}
	return g_strdup(text->len > 0 ? text->str : failures->common->str);
}

/* "Recipient: a@b" names whom, and not why. */
static bool
only_names(const char *own)
{
	static const char *const labels[] = { "recipient", "recipients", "recipient address", "to", "address", "email",
		"e-mail", "email address", "e-mail address", "failed recipient", "failed address", "addressed to",
		"for", "rcpt to", "mailbox", "destination", "intended recipient" };
	size_t label = strcspn(own, ":");

	if (own[label] == '\0' || strchr(own, '\n') != NULL
		|| strpbrk(own + label + 1 + strspn(own + label + 1, " <"), " :") != NULL)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(labels); i++)
		if (label == strlen(labels[i]) && g_ascii_strncasecmp(own, labels[i], label) == 0)
			return true;
	return false;
}

static void
fill_outcome(Event *event, const char *own, const char *common)
{
	if (*own == '\0' || (*common != '\0' && only_names(own))
		|| (!outcome_has_reply(own) && outcome_has_reply(common)))
		outcome_fill(event, common);
	else
		outcome_fill(event, own);
}

/* Host names that are at fault, for "421 example.com (smtp)... Deferred": the only recipient of the mail in that domain. */
static const char *
mailed_at_host(const Failures *failures)
{
	GHashTableIter iter;
	gpointer key, value;
	const char *found = NULL;
	g_autofree char *lower = g_ascii_strdown(failures->common->str, -1);

	g_hash_table_iter_init(&iter, failures->mailed);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		if (strstr(lower, address_domain(key)) == NULL)
			continue;
		if (found != NULL)
			return NULL;
		found = value;
	}
	return found;
}

static Event *
add_event(Report *report, const char *address, const char *mailed, const char *own, const char *common)
{
	EventAction action = report->kind == REPORT_DELAY ? ACTION_DELAYED : ACTION_FAILED;
	Event *event = report_add_event(report, action);

	report_set(&event->recipient, address);
	report_set(&event->original_recipient, mailed);
	fill_outcome(event, own, common);
	return event;
}

/* X-Failed-Recipients, where it lists more than the text does. */
static void
add_failed_header(Report *report, const Message *message, const Failures *failures, const char *common, size_t limit)
{
	g_autoptr(GHashTable) missing = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	GHashTableIter iter;
	gpointer key, value;

	failures_take_addresses(missing, message_header(message, "X-Failed-Recipients"));
	if (g_hash_table_size(missing) <= report->events->len)
		return;
	g_hash_table_iter_init(&iter, missing);
	while (g_hash_table_iter_next(&iter, &key, &value) && report->events->len < limit)
		if (report->events->len == 0 || !g_hash_table_contains(failures->by_key, key))
			add_event(report, value, NULL, common, common);
}

/* What came back had been sent to a list, whose members its header does not name. */
static bool
was_list_mail(const GPtrArray *returned)
{
	static const char *const names[] = { "List-Post", "Mailing-List", "X-Mailman-Version", "X-BeenThere" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (*headers_get(returned, names[i]) != '\0')
			return true;
	return g_ascii_strcasecmp(headers_get(returned, "Precedence"), "list") == 0;
}

/* Where the text names nobody: the recipient of the returned message, where there can be but one. NULL: unknown. */
static const char *
guess_recipient(const Failures *failures, const Prose *prose)
{
	const char *address = mailed_at_host(failures);

	if (address != NULL)
		return address;
	if (failures->single != NULL && !was_list_mail(prose->returned))
		return failures->single;
	if (failures->list->len == 1 && !prose->torn)
		return ((const Failure *)g_ptr_array_index(failures->list, 0))->address;
	return NULL;
}

/* Filters that say in a header of the bounce what its text does not: au's X-SPASIGN. */
static void
add_filter_sign(Event *event, const Message *message)
{
	const char *sign = message_header(message, "X-SPASIGN");
	g_autofree char *told = NULL;

	if (*sign == '\0' || event->reply_code != 0)
		return;
	told = g_strdup_printf("%s X-SPASIGN: %s", event->diagnostic, sign);
	report_set(&event->diagnostic, g_strstrip(told));
}

/* Of a mail that was cut off, what is merely mentioned may not be what the rest would have named. */
static bool
is_reliable(const Prose *prose, const Failures *failures)
{
	FailureRank least = prose->torn ? FAILURE_SAID : FAILURE_MENTIONED;

	return failures->list->len > 0 && ((const Failure *)g_ptr_array_index(failures->list, 0))->rank >= least;
}

static void
add_events(Report *report, const Message *message, const Prose *prose, const Failures *failures, const Limits *limits)
{
	g_autofree char *common = common_text(failures);

	for (size_t i = 0; is_reliable(prose, failures) && i < failures->list->len; i++) {
		const Failure *failure = g_ptr_array_index(failures->list, i);

		Event *event = add_event(report, failure->address, failure->mailed, failure->text->str, common);

		if (event->stage == STAGE_UNKNOWN)
			event->stage = failure->stage;
		if (event->stage == STAGE_UNKNOWN && failures->list->len == 1)
			event->stage = failures->stage;
	}
	add_failed_header(report, message, failures, common, limits->recipients);
	if (report->events->len == 0)
		add_event(report, guess_recipient(failures, prose), NULL, common, common);
	for (guint i = 0; i < report->events->len; i++)
		add_filter_sign(g_ptr_array_index(report->events, i), message);
}

Report *
generic_read(const Message *message, const Inbound *inbound, const Limits *limits)
{
	g_autoptr(Prose) prose = NULL;
	g_autoptr(Failures) failures = NULL;
	Report *report;
	Signs signs;

	read_signs(message, inbound, &signs);
	if (!may_be_bounce(&signs))
		return NULL;
	prose = prose_read(message, inbound, limits);
	failures = failures_read(message, prose, limits);
	if (!is_bounce(&signs, prose, failures))
		return NULL;
	report = report_new(is_delay(&signs, prose) ? REPORT_DELAY : REPORT_BOUNCE, "generic");
	add_events(report, message, prose, failures, limits);
	original_read_headers(&report->original, prose->returned);
	if (origin_is_postmaster_copy(message))
		report->kind = REPORT_OTHER;
	return report;
}

const Reader generic_reader = { "generic", generic_read };
