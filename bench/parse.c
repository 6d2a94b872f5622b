/*
 * bench/parse DIRECTORY [SECONDS]: how many mails a second report_read() does, against GMime's parser alone on the same
 * mails in the same run. Rounds alternate, so that both see the same machine.
 */
#include "message.h"
#include "readers.h"

#include <glib.h>
#include <gmime/gmime.h>
#include <stdio.h>

typedef struct Mails {
	GPtrArray *bytes; /* GBytes * */
	size_t total;
} Mails;

static Mails
load(const char *directory)
{
	Mails mails = { g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref), 0 };
	GDir *dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *path = g_build_filename(directory, name, NULL);
		char *contents;
		gsize size;

		if (g_file_get_contents(path, &contents, &size, NULL)) {
			g_ptr_array_add(mails.bytes, g_bytes_new_take(contents, size));
			mails.total += size;
		}
	}
	if (dir != NULL)
		g_dir_close(dir);
	return mails;
}

static void
parse_only(const char *bytes, size_t size)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes, size);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_clear_object(&message);
	g_object_unref(parser);
	g_object_unref(stream);
}

static void
read_report(const char *bytes, size_t size)
{
	Inbound inbound = { .source = "file", .id = "", .bytes = bytes, .size = size };
	g_autoptr(Report) report = report_read(&inbound, &limits_default);

	g_assert(report != NULL);
}

static double
round_of(const Mails *mails, void (*work)(const char *bytes, size_t size))
{
	gint64 start = g_get_monotonic_time();

	for (guint i = 0; i < mails->bytes->len; i++) {
		gsize size;
		const char *bytes = g_bytes_get_data(g_ptr_array_index(mails->bytes, i), &size);

		work(bytes, size);
	}
	return (double)(g_get_monotonic_time() - start) / 1e6;
}

int
main(int argc, char **argv)
{
	Mails mails = load(argc > 1 ? argv[1] : ".");
	double seconds = argc > 2 ? g_ascii_strtod(argv[2], NULL) : 5, parse = 0, read = 0;
	unsigned rounds = 0;

	if (mails.bytes->len == 0) {
		fprintf(stderr, "usage: parse DIRECTORY [SECONDS]\n");
		return 2;
	}
	message_init();
	round_of(&mails, parse_only);
	round_of(&mails, read_report);
	for (; parse + read < seconds; rounds++) {
		parse += round_of(&mails, parse_only);
		read += round_of(&mails, read_report);
	}
	printf("%u mails, %.1f kB on average, %u rounds\n", mails.bytes->len,
		(double)mails.total / 1024 / mails.bytes->len, rounds);
	printf("GMime parse-only  %8.0f messages/s  %6.1f us each\n", mails.bytes->len * rounds / parse,
		parse * 1e6 / (mails.bytes->len * rounds));
	printf("report_read       %8.0f messages/s  %6.1f us each\n", mails.bytes->len * rounds / read,
		read * 1e6 / (mails.bytes->len * rounds));
	printf("ratio             %8.2f\n", parse / read);
	g_ptr_array_unref(mails.bytes);
	return 0;
}
