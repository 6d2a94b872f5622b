/*
 * variants DIRECTORY...: what happens to mails on their way must not make them say more. Each *.eml below is read with
 * CRLF and CR CR LF line ends, cut off at a quarter, half and three quarters, and forwarded by a person and by a machine:
 * no address that the whole mail does not yield, hard never where the whole mail is not. A directory that is not there
 * is skipped.
 */
#include "data_dir.h"
#include "judge.h"
#include "message.h"

#include <stdio.h>
#include <string.h>

typedef struct Run {
	Rulebook *book;
	unsigned count, failed;
} Run;

typedef GByteArray *(*VaryFunc)(const GByteArray *whole);

static GByteArray *
with_line_ends(const GByteArray *whole, const char *ends)
{
	GByteArray *out = g_byte_array_new();

	for (guint i = 0; i < whole->len; i++) {
		if (whole->data[i] == '\n')
			g_byte_array_append(out, (const guint8 *)ends, (guint)strlen(ends));
		else if (whole->data[i] != '\r')
			g_byte_array_append(out, &whole->data[i], 1);
	}
	return out;
}

static GByteArray *
with_crlf(const GByteArray *whole)
{
	return with_line_ends(whole, "\r\n");
}

static GByteArray *
with_crcrlf(const GByteArray *whole)
{
	return with_line_ends(whole, "\r\r\n");
}

static GByteArray *
cut(const GByteArray *whole, guint quarters)
{
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, whole->data, whole->len / 4 * quarters);
	return out;
}

static GByteArray *
cut_at_25(const GByteArray *whole)
{
	return cut(whole, 1);
}

static GByteArray *
cut_at_50(const GByteArray *whole)
{
	return cut(whole, 2);
}

static GByteArray *
cut_at_75(const GByteArray *whole)
{
	return cut(whole, 3);
}

static GByteArray *
wrapped(const GByteArray *whole, const char *header)
{
	static const char body[] =
		"Subject: Fwd: returned\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=wrap\n\n"
		"--wrap\nContent-Type: text/plain\n\nSee below.\n\n--wrap\nContent-Type: message/rfc822\n\n";
	static const char end[] = "\n--wrap--\n";
	GByteArray *out = g_byte_array_new();

	g_byte_array_append(out, (const guint8 *)header, (guint)strlen(header));
	g_byte_array_append(out, (const guint8 *)body, sizeof(body) - 1);
	g_byte_array_append(out, whole->data, whole->len);
	g_byte_array_append(out, (const guint8 *)end, sizeof(end) - 1);
	return out;
}

static GByteArray *
forwarded_by_person(const GByteArray *whole)
{
	return wrapped(whole, "Return-Path: <joe@home.example>\nFrom: Joe <joe@home.example>\nTo: us@home.example\n");
}

static GByteArray *
forwarded_by_machine(const GByteArray *whole)
{
	return wrapped(whole, "Return-Path: <>\nFrom: MAILER-DAEMON@home.example\nTo: us@home.example\n");
}

static const struct {
	const char *name;
	VaryFunc vary;
} variants[] = { { "crlf", with_crlf }, { "crcrlf", with_crcrlf }, { "cut-25", cut_at_25 }, { "cut-50", cut_at_50 },
	{ "cut-75", cut_at_75 }, { "forwarded-by-person", forwarded_by_person },
	{ "forwarded-by-machine", forwarded_by_machine } };

/* The whole mail has another address only behind the cut, or on the strength of what stands there. */
static const char *const exceptions[] = {
	"arf-20.eml cut-75",           /* the recipient's field is cut off, a header of the reported mail is left */
	"lhost-exim-03.eml cut-50",    /* header and text of the sample name different addresses */
	"lhost-postfix-31.eml cut-50", /* part 1 and part 2 of the sample name different addresses */
	/* Behind the cut: that the mail was forwarded, so that this is not the address that we mailed. */
	"lhost-sendmail-02.eml cut-50",
	"lhost-sendmail-15.eml cut-50",
	"lhost-sendmail-16.eml cut-50",
	"lhost-sendmail-34.eml cut-50",
	"lhost-sendmail-39.eml cut-50",
	"lhost-sendmail-59.eml cut-50",
	/* Behind the cut: the host whose "unknown user" means a filter. */
	"rhost-nttdocomo-01.eml cut-50",
};

static Judged *
judge_bytes(const Run *run, const GByteArray *bytes)
{
	Inbound inbound = { .source = "file",
		.id = "variant",
		.bytes = (const char *)bytes->data,
		.size = bytes->len,
		.client_address = "" };

	return judge(run->book, &inbound, &limits_default);
}

static bool
is_hard(const Judged *judged, size_t index)
{
	const Finding *finding = &judged->findings[index];

	return finding->event->action == ACTION_FAILED && judged->report->kind == REPORT_BOUNCE
	       && finding->verdict.confidence > CONFIDENCE_LOW
	       && category_disposition(finding->verdict.category) == DISPOSITION_PERMANENT;
}

static bool
yields(const Judged *judged, const char *address, bool hard)
{
	for (size_t i = 0; i < judged->finding_count; i++) {
		const Event *event = judged->findings[i].event;

		if ((!hard || is_hard(judged, i))
			&& (*address == '\0' || g_ascii_strcasecmp(event->recipient, address) == 0
				|| g_ascii_strcasecmp(event->original_recipient, address) == 0))
			return true;
	}
	return false;
}

/* NULL: nothing wrong. Owned by the caller. */
static char *
find_fault(const Judged *whole, const Judged *varied)
{
	for (size_t i = 0; i < varied->finding_count; i++) {
		const Event *event = varied->findings[i].event;
		const char *mailed = *event->original_recipient != '\0' ? event->original_recipient : event->recipient;

		if (*mailed != '\0' && !yields(whole, mailed, false))
			return g_strdup_printf("recipient %s", mailed);
		if (is_hard(varied, i) && !yields(whole, mailed, true))
			return g_strdup_printf("hard for <%s>: %s", mailed, event->diagnostic);
	}
	return NULL;
}

static void
run_mail(Run *run, const char *name, const GByteArray *bytes)
{
	g_autoptr(Judged) whole = judge_bytes(run, bytes);

	for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
		g_autoptr(GByteArray) varied_bytes = variants[i].vary(bytes);
		g_autoptr(Judged) varied = judge_bytes(run, varied_bytes);
		g_autofree char *fault = find_fault(whole, varied);
		g_autofree char *title = g_strdup_printf("%s %s", name, variants[i].name);
		bool excused = false;

		for (size_t k = 0; k < G_N_ELEMENTS(exceptions); k++)
			excused = excused || strcmp(exceptions[k], title) == 0;
		if (fault == NULL || excused)
			continue;
		printf("# %s: %s\n", title, fault);
		run->failed++;
	}
	run->count++;
}

static void
run_directory(Run *run, const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL), *bytes = NULL;
		g_autoptr(GByteArray) array = NULL;
		gsize size;

		if (g_file_test(below, G_FILE_TEST_IS_DIR))
			run_directory(run, below);
		if (!g_str_has_suffix(name, ".eml") || !g_file_get_contents(below, &bytes, &size, NULL))
			continue;
		array = g_byte_array_new_take((guint8 *)g_steal_pointer(&bytes), size);
		run_mail(run, name, array);
	}
	if (dir != NULL)
		g_dir_close(dir);
}

static Rulebook *
load_rules(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *shipped = data_dir();
	RulebookSettings settings;
	Rulebook *book = NULL;

	if (rulebook_settings_read(NULL, NULL, shipped, &settings, &error)) {
		book = rulebook_load(&settings, &error);
		rulebook_settings_clear(&settings);
	}
	if (book == NULL)
		printf("Bail out! %s\n", error->message);
	return book;
}

int
main(int argc, char **argv)
{
	Run run = { 0 };
	unsigned all = 0;

	message_init();
	run.book = load_rules();
	if (run.book == NULL)
		return 1;
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++) {
		run.count = run.failed = 0;
		run_directory(&run, argv[i]);
		all += run.failed;
		if (run.count == 0)
			printf("ok %d variants # SKIP no mails in %s\n", i, argv[i]);
		else
			printf("%s %d variants of %u mails\n", run.failed == 0 ? "ok" : "not ok", i, run.count);
	}
	rulebook_unref(run.book);
	return all > 0;
}
