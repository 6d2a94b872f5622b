/*
 * Sends mail as many busy sites at once do: parallel SMTP sessions, one command at a time. "{seq}" in mail, sender and
 * recipient stands for the number of the message. Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct Options {
	char *host, *mail, *sender, *recipient;
	int port, sessions, messages, per_session, first;
} Options;

typedef struct Load {
	Options options;
	char *text; /* with CRLF and the final dot */
	atomic_int next, taken, refused;
} Load;

static char *
fill(const char *template, int number)
{
	GString *text = g_string_new(template);
	g_autofree char *digits = g_strdup_printf("%d", number);

	g_string_replace(text, "{seq}", digits, 0);
	return g_string_free(text, FALSE);
}

/* Two streams over one socket: a single one would have to seek between reading and writing. */
typedef struct Connection {
	FILE *in, *out;
} Connection;

static bool
dial(const Options *options, Connection *ret_connection)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options->port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, options->host, &address.sin_addr);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		close(fd);
		return false;
	}
	ret_connection->in = fdopen(fd, "r");
	ret_connection->out = fdopen(dup(fd), "w");
	return true;
}

/* The class of the reply, 2 to 5; 0: the connection is gone. */
static int
reply(Connection *connection)
{
	char line[1024];

	do {
		if (fgets(line, sizeof line, connection->in) == NULL)
			return 0;
	} while (line[3] == '-');
	return line[0] - '0';
}

static int
ask(Connection *connection, const char *command)
{
	if (fputs(command, connection->out) == EOF || fflush(connection->out) == EOF)
		return 0;
	return reply(connection);
}

static bool
send_message(const Load *load, Connection *connection, int number)
{
	g_autofree char *sender = fill(load->options.sender, number),
			*recipient = fill(load->options.recipient, number);
	g_autofree char *mail = g_strdup_printf("MAIL FROM:%s\r\n", sender);
	g_autofree char *rcpt = g_strdup_printf("RCPT TO:%s\r\n", recipient), *text = fill(load->text, number);

	return ask(connection, mail) == 2 && ask(connection, rcpt) == 2 && ask(connection, "DATA\r\n") == 3
	       && ask(connection, text) == 2;
}

static void
send_some(Load *load, Connection *connection)
{
	for (int i = 0; i < load->options.per_session; i++) {
		int number = load->next++;

		if (number >= load->options.messages)
			return;
		if (!send_message(load, connection, load->options.first + number)) {
			load->refused++;
			return;
		}
		load->taken++;
	}
}

static void
run_session(Load *load)
{
	Connection connection;

	if (!dial(&load->options, &connection)) {
		load->refused++;
		load->next++;
		return;
	}
	if (reply(&connection) == 2 && ask(&connection, "EHLO load.bench.example\r\n") == 2) {
		send_some(load, &connection);
		ask(&connection, "QUIT\r\n");
	} else {
		load->refused++;
		load->next++;
	}
	fclose(connection.in);
	fclose(connection.out);
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
	g_print("{\"taken\": %d, \"refused\": %d, \"seconds\": %.4f, \"per_second\": %.1f}\n", load->taken,
		load->refused, seconds, load->taken / seconds);
}

static char *
on_the_wire(const char *text)
{
	GString *wire = g_string_new(text);

	g_string_replace(wire, "\n", "\r\n", 0);
	g_string_replace(wire, "\r\n.", "\r\n..", 0);
	g_string_append(wire, ".\r\n");
	return g_string_free(wire, FALSE);
}

int
main(int argc, char **argv)
{
	Load load = { .options = { .sessions = 20, .messages = 1000, .per_session = 1, .port = 25 } };
	Options *options = &load.options;
	const GOptionEntry entries[] = {
		{ "host", 0, 0, G_OPTION_ARG_STRING, &options->host, "IPv4 address", "ADDRESS" },
		{ "port", 0, 0, G_OPTION_ARG_INT, &options->port, "25", "N" },
		{ "mail", 0, 0, G_OPTION_ARG_FILENAME, &options->mail, "The mail, with LF line ends", "FILE" },
		{ "sender", 0, 0, G_OPTION_ARG_STRING, &options->sender, "With angle brackets", "TEXT" },
		{ "recipient", 0, 0, G_OPTION_ARG_STRING, &options->recipient, "With angle brackets", "TEXT" },
		{ "sessions", 0, 0, G_OPTION_ARG_INT, &options->sessions, "At once; 20", "N" },
		{ "messages", 0, 0, G_OPTION_ARG_INT, &options->messages, "In all; 1000", "N" },
		{ "per-session", 0, 0, G_OPTION_ARG_INT, &options->per_session, "Messages per session; 1", "N" },
		{ "first", 0, 0, G_OPTION_ARG_INT, &options->first, "Number of the first message; 0", "N" },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("- send mail by SMTP, in parallel");
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)
		|| !g_file_get_contents(options->mail == NULL ? "" : options->mail, &text, NULL, &error)
		|| options->host == NULL || options->sender == NULL || options->recipient == NULL) {
		g_printerr("smtp_load: %s\n",
			error == NULL ? "--host, --sender and --recipient are needed" : error->message);
		return 64;
	}
	load.text = on_the_wire(text);
	run(&load);
	return load.refused == 0 ? 0 : 1;
}
