/*
 * classify DIRECTORY [SECONDS]: how many mails a second of one core's time are read, and read and judged, against GMime's
 * parser alone on the same mails. Rounds alternate, so that all see the same machine.
 */
#include "data_dir.h"
#include "judge.h"
#include "mailfile.h"
#include "message.h"
#include "readers.h"

#include <gmime/gmime.h>
#include <stdio.h>
#include <time.h>

typedef struct Bench {
	GPtrArray *mails; /* Mail * */
	size_t bytes;
	Rulebook *book;
} Bench;

typedef void (*WorkFunc)(const Bench *bench, const Inbound *inbound);

static void
load_mails(Bench *bench, const char *path)
{
	g_autoptr(MailFile) source = mailfile_new((const char *const[]){ path, NULL }, limits_default.message_bytes);
	Mail *mail = g_new0(Mail, 1);

	bench->mails = g_ptr_array_new();
	mail_init(mail);
	while (mailfile_next(source, mail, NULL) != MAIL_END) {
		bench->bytes += mail->bytes->len;
		g_ptr_array_add(bench->mails, mail);
		mail = g_new0(Mail, 1);
		mail_init(mail);
	}
	mail_clear(mail);
	g_free(mail);
}

static bool
load_rules(Bench *bench)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *shipped = data_dir();
	RulebookSettings settings;

	if (rulebook_settings_read(NULL, NULL, shipped, &settings, &error)) {
		bench->book = rulebook_load(&settings, &error);
		rulebook_settings_clear(&settings);
	}
	if (bench->book == NULL)
		fprintf(stderr, "classify: %s\n", error->message);
	return bench->book != NULL;
}

static void
parse_only(const Bench *bench, const Inbound *inbound)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(inbound->bytes, inbound->size);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	(void)bench;
	g_clear_object(&message);
	g_object_unref(parser);
	g_object_unref(stream);
}

static void
read_only(const Bench *bench, const Inbound *inbound)
{
	(void)bench;
	report_free(report_read(inbound, &limits_default));
}

static void
read_and_judge(const Bench *bench, const Inbound *inbound)
{
	judged_free(judge(bench->book, inbound, &limits_default));
}

/* Of this process: what others do meanwhile shall not count. */
static double
cpu_seconds(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	return (double)spent.tv_sec + (double)spent.tv_nsec / 1e9;
}

static double
round_of(const Bench *bench, WorkFunc work)
{
	double begun = cpu_seconds();

	for (unsigned i = 0; i < bench->mails->len; i++) {
		const Mail *mail = g_ptr_array_index(bench->mails, i);
		const Inbound inbound = { .source = "file",
			.id = mail->file,
			.bytes = (const char *)mail->bytes->data,
			.size = mail->bytes->len,
			.client_address = "" };

		work(bench, &inbound);
	}
	return cpu_seconds() - begun;
}

static const struct {
	const char *name;
	WorkFunc work;
} works[] = {
	{ "GMime parse only", parse_only },
	{ "read", read_only },
	{ "read and judge", read_and_judge },
};

static void
measure(const Bench *bench, double seconds)
{
	double spent[G_N_ELEMENTS(works)] = { 0 };
	unsigned rounds = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(works); i++)
		round_of(bench, works[i].work); /* warm */
	for (; rounds == 0 || spent[0] * G_N_ELEMENTS(works) < seconds; rounds++)
		for (size_t i = 0; i < G_N_ELEMENTS(works); i++)
			spent[i] += round_of(bench, works[i].work);
	printf("%u mails, %.1f kB on average, %u rounds\n", bench->mails->len,
		(double)bench->bytes / 1024 / bench->mails->len, rounds);
	for (size_t i = 0; i < G_N_ELEMENTS(works); i++)
		printf("%-18s %8.0f mails/s %7.1f us each %6.2f x GMime parse only\n", works[i].name,
			bench->mails->len * rounds / spent[i], spent[i] * 1e6 / (bench->mails->len * rounds),
			spent[0] / spent[i]);
}

int
main(int argc, char **argv)
{
	Bench bench = { 0 };

	if (argc < 2) {
		fprintf(stderr, "usage: classify DIRECTORY [SECONDS]\n");
		return 2;
	}
	message_init();
	load_mails(&bench, argv[1]);
	if (bench.mails->len == 0 || !load_rules(&bench))
		return 1;
	measure(&bench, argc > 2 ? g_ascii_strtod(argv[2], NULL) : 6);
	return 0;
}
