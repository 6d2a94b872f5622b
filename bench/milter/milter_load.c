/*
 * Drives a milter as a busy MTA does, without the MTA: many sessions at once, each with some messages.
 * Prints one line of JSON. In mail, sender and recipient "{seq}" stands for the number of the message.
 */
#include "milter_wire.h"

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define BODY_CHUNK 65535

typedef struct Options {
	char *socket, *mail, *sender, *recipient;
	int sessions, messages, per_session, recipients, first;
} Options;

typedef struct Load {
	Options options;
	char *text;
	atomic_int next;
	atomic_long verdicts[128]; /* by letter of the last reply to a message; 0: broken session */
	atomic_long recipients_refused;
	pthread_mutex_t lock;
	GArray *rcpt_us; /* under lock: how long each answer to RCPT took; double */
} Load;

static char *
fill(const char *template, int number)
{
	GString *text = g_string_new(template);
	g_autofree char *digits = g_strdup_printf("%d", number);

	g_string_replace(text, "{seq}", digits, 0);
	return g_string_free(text, FALSE);
}

static void
put_macro(Wire *wire, char stage, const char *queue_id)
{
	static const char client[] = "{client_addr}\000127.0.0.1";
	GString *data = g_string_new(NULL);

	g_string_append_c(data, stage);
	g_string_append_len(data, client, sizeof client);
	g_string_append_len(data, "i", 2);
	g_string_append_len(data, queue_id, (gssize)strlen(queue_id) + 1);
	wire_put(wire, SMFIC_MACRO, data->str, data->len);
	g_string_free(data, TRUE);
}

/* True: the milter wants to see more of this message. */
static bool
step(Wire *wire, unsigned long no_reply, char *ret_reply)
{
	*ret_reply = SMFIR_CONTINUE;
	if (wire->steps & no_reply)
		return true;
	*ret_reply = wire_reply(wire);
	return *ret_reply == SMFIR_CONTINUE;
}

/* As step(), for RCPT, with its time. */
static bool
step_recipient(Load *load, Wire *wire, char *ret_reply)
{
	struct timespec before, after;
	bool taken;

	clock_gettime(CLOCK_MONOTONIC, &before);
	taken = step(wire, SMFIP_NR_RCPT, ret_reply);
	clock_gettime(CLOCK_MONOTONIC, &after);
	double us = (double)(after.tv_sec - before.tv_sec) * 1e6 + (double)(after.tv_nsec - before.tv_nsec) / 1e3;

	pthread_mutex_lock(&load->lock);
	g_array_append_val(load->rcpt_us, us);
	pthread_mutex_unlock(&load->lock);
	return taken;
}

static int
compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
percentile(const GArray *sorted, double share)
{
	return sorted->len == 0 ? 0 : g_array_index(sorted, double, (unsigned)(share * (sorted->len - 1)));
}

static bool
put_envelope(Load *load, Wire *wire, int number, char *ret_reply)
{
	g_autofree char *id = g_strdup_printf("4L%d", number);
	g_autofree char *sender = fill(load->options.sender, number);
	int taken = 0;

	put_macro(wire, SMFIC_MAIL, id);
	wire_put(wire, SMFIC_MAIL, sender, strlen(sender) + 1);
	if (!step(wire, SMFIP_NR_MAIL, ret_reply))
		return false;
	for (int i = 0; i < load->options.recipients; i++) {
		g_autofree char *recipient = fill(load->options.recipient, number * load->options.recipients + i);

		put_macro(wire, SMFIC_RCPT, id);
		wire_put(wire, SMFIC_RCPT, recipient, strlen(recipient) + 1);
		if (step_recipient(load, wire, ret_reply))
			taken++;
		else if (*ret_reply == SMFIR_ACCEPT || *ret_reply == 0)
			return false;
		else
			load->recipients_refused++;
	}
	if (taken == 0)
		return false;
	if (wire->steps & SMFIP_NODATA)
		return true;
	put_macro(wire, SMFIC_DATA, id);
	wire_put(wire, SMFIC_DATA, "", 0);
	return step(wire, SMFIP_NR_DATA, ret_reply);
}

/* One header of the text, with its folded lines; returns where the next one begins. */
static const char *
put_header(Wire *wire, const char *line)
{
	const char *colon = strchr(line, ':'), *end = line;
	GString *data = g_string_new_len(line, colon - line);
	gssize skip = wire->steps & SMFIP_HDR_LEADSPC || colon[1] != ' ' ? 1 : 2;

	do {
		end = strchr(end, '\n') + 1;
	} while (*end == ' ' || *end == '\t');
	g_string_append_c(data, '\0');
	g_string_append_len(data, colon + skip, end - 1 - (colon + skip));
	g_string_append_c(data, '\0');
	wire_put(wire, SMFIC_HEADER, data->str, data->len);
	g_string_free(data, TRUE);
	return end;
}

static bool
put_body(Wire *wire, const char *text, char *ret_reply)
{
	GString *body = g_string_new(text);
	bool more = true;

	g_string_replace(body, "\n", "\r\n", 0);
	for (size_t at = 0; more && at < body->len; at += BODY_CHUNK) {
		wire_put(wire, SMFIC_BODY, body->str + at, MIN(body->len - at, BODY_CHUNK));
		more = step(wire, SMFIP_NR_BODY, ret_reply);
	}
	g_string_free(body, TRUE);
	return more || *ret_reply == SMFIR_SKIP;
}

static bool
put_content(Load *load, Wire *wire, int number, char *ret_reply)
{
	g_autofree char *text = fill(load->text, number);
	const char *at = text;

	while (*at != '\0' && *at != '\n' && !(wire->steps & SMFIP_NOHDRS)) {
		at = put_header(wire, at);
		if (!step(wire, SMFIP_NR_HDR, ret_reply))
			return false;
	}
	if (!(wire->steps & SMFIP_NOEOH)) {
		wire_put(wire, SMFIC_EOH, "", 0);
		if (!step(wire, SMFIP_NR_EOH, ret_reply))
			return false;
	}
	return wire->steps & SMFIP_NOBODY || *at == '\0' || put_body(wire, at + 1, ret_reply);
}

static char
send_message(Load *load, Wire *wire, int number)
{
	g_autofree char *id = g_strdup_printf("4L%d", number);
	char reply;

	if (!put_envelope(load, wire, number, &reply) || !put_content(load, wire, number, &reply)) {
		/* Ended before its end: an MTA whose recipients were all refused says so. */
		wire_put(wire, SMFIC_ABORT, "", 0);
		return wire_flush(wire) ? reply : 0;
	}
	put_macro(wire, SMFIC_BODYEOB, id);
	wire_put(wire, SMFIC_BODYEOB, "", 0);
	return wire_reply(wire);
}

static void
run_session(Load *load)
{
	Wire *wire = wire_open(load->options.socket);
	char reply = wire == NULL ? 0 : SMFIR_CONTINUE;

	if (wire == NULL) {
		load->next++;
		load->verdicts[0]++;
		return;
	}
	for (int i = 0; i < load->options.per_session && reply != 0; i++) {
		int number = load->next++;

		if (number >= load->options.messages)
			break;
		reply = send_message(load, wire, load->options.first + number);
		load->verdicts[(unsigned char)reply & 127]++;
	}
	wire_put(wire, SMFIC_QUIT, "", 0);
	wire_flush(wire);
	wire_close(wire);
}

static void *
work(void *data)
{
	Load *load = data;

	while (load->next < load->options.messages)
		run_session(load);
	return NULL;
}

static void
run(Load *load)
{
	g_autofree pthread_t *threads = g_new0(pthread_t, load->options.sessions);
	int64_t begin = g_get_monotonic_time();
	double seconds;

	for (int i = 0; i < load->options.sessions; i++)
		if (pthread_create(&threads[i], NULL, work, load) != 0)
			g_error("pthread_create failed");
	for (int i = 0; i < load->options.sessions; i++)
		pthread_join(threads[i], NULL);
	seconds = (double)(g_get_monotonic_time() - begin) / 1e6;
	g_array_sort(load->rcpt_us, compare_times);
	g_print("{\"messages\": %d, \"seconds\": %.4f, \"per_second\": %.1f, \"recipients_refused\": %ld",
		load->options.messages, seconds, load->options.messages / seconds, load->recipients_refused);
	g_print(", \"rcpt_p50_us\": %.1f, \"rcpt_p99_us\": %.1f", percentile(load->rcpt_us, 0.5),
		percentile(load->rcpt_us, 0.99));
	for (unsigned i = 0; i < G_N_ELEMENTS(load->verdicts); i++)
		if (load->verdicts[i] != 0)
			g_print(", \"%s%c\": %ld", i == 0 ? "broken" : "", i == 0 ? '_' : (int)i, load->verdicts[i]);
	g_print("}\n");
}

int
main(int argc, char **argv)
{
	Load load = { .options = { .sessions = 20, .messages = 1000, .per_session = 1, .recipients = 1 } };
	Options *options = &load.options;

	pthread_mutex_init(&load.lock, NULL);
	load.rcpt_us = g_array_new(FALSE, FALSE, sizeof(double));
	const GOptionEntry entries[] = {
		{ "socket", 0, 0, G_OPTION_ARG_FILENAME, &options->socket, "Unix socket of the milter", "PATH" },
		{ "mail", 0, 0, G_OPTION_ARG_FILENAME, &options->mail, "The mail, with LF line ends", "FILE" },
		{ "sender", 0, 0, G_OPTION_ARG_STRING, &options->sender, "MAIL argument; <>", "TEXT" },
		{ "recipient", 0, 0, G_OPTION_ARG_STRING, &options->recipient, "RCPT argument", "TEXT" },
		{ "sessions", 0, 0, G_OPTION_ARG_INT, &options->sessions, "At once; 20", "N" },
		{ "messages", 0, 0, G_OPTION_ARG_INT, &options->messages, "In all; 1000", "N" },
		{ "per-session", 0, 0, G_OPTION_ARG_INT, &options->per_session, "Messages per session; 1", "N" },
		{ "first", 0, 0, G_OPTION_ARG_INT, &options->first, "Number of the first message; 0", "N" },
		{ "recipients", 0, 0, G_OPTION_ARG_INT, &options->recipients, "Recipients per message; 1", "N" },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- drive a milter");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)
		|| !g_file_get_contents(options->mail == NULL ? "" : options->mail, &load.text, NULL, &error)
		|| options->socket == NULL || options->recipient == NULL) {
		g_printerr("milter_load: %s\n", error == NULL ? "--socket and --recipient are needed" : error->message);
		return 64;
	}
	if (options->sender == NULL)
		options->sender = g_strdup("<>");
	run(&load);
	return load.verdicts[0] == 0 ? 0 : 1;
}
