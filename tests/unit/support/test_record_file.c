#include "record_file.h"

#include "foreign_list.h"

#include <string.h>

/* text, and what comes out: "line: target reason" per record, joined by "; "; an error follows as "!". */
static const struct FileCase {
	const char *name, *list, *text, *records;
	bool lines;
} file_cases[] = {
	{ "csv", "csv", "target,reason\na@b.example,gone\n\"c@d.example\",\"said \"\"no\"\",\r\ntwice\"\n",
		"2: a@b.example gone; 3: c@d.example said \"no\",\r\ntwice", false },
	{ "csv-crlf-bom", "csv",
		"\xef\xbb\xbf"
		"Email,Reason\r\na@b.example,gone\r\n\r\nc@d.example,\r\n",
		"2: a@b.example gone; 4: c@d.example ", false },
	{ "csv-no-last-newline", "csv", "email\na@b.example", "2: a@b.example ", false },
	{ "csv-too-many", "csv", "email\na@b.example,x\n", "!file:3: more values than the first line has names",
		false },
	{ "csv-empty", "csv", "", "", false },
	{ "lines", "csv", "a@b.example\n\n# no\n @d.example \n", "1: a@b.example ; 4: @d.example ", true },
	{ "ses", "ses",
		"{\"SuppressedDestinationSummaries\":[{\"EmailAddress\":\"a@b.example\",\"Reason\":\"BOUNCE\",\n"
		"\"LastUpdateTime\":\"2026-01-01\"},\n{\"EmailAddress\":\"c@d.example\",\"Reason\":\"COMPLAINT\"}],"
		"\"NextToken\":\"x\"}",
		"1: a@b.example BOUNCE; 3: c@d.example COMPLAINT", false },
	{ "sendgrid", "sendgrid",
		"[{\"created\":1443651125,\"email\":\"a@b.example\",\"reason\":\"550 5.1.1 no {such} "
		"\\\"user\\\"\",\"status\":\"5.1.1\"}]",
		"1: a@b.example 550 5.1.1 no {such} \"user\"", false },
	{ "postmark", "postmark",
		"{\"Suppressions\":[{\"EmailAddress\":\"a@b.example\",\"SuppressionReason\":\"SpamComplaint\","
		"\"Origin\":\"Recipient\"}]}",
		"1: a@b.example SpamComplaint", false },
	{ "mailgun-pages", "mailgun",
		"{\"items\":[{\"address\":\"a@b.example\",\"code\":\"550\",\"error\":\"gone\"}],\"paging\":{\"next\":"
		"\"u\"}}\n"
		"{\"items\":[{\"address\":\"c@d.example\",\"tags\":[\"*\"],\"error\":\"\"}],\"paging\":{\"next\":\"u\"}"
		"}",
		"1: a@b.example gone; 2: c@d.example ", false },
	{ "kumomta", "kumomta",
		"{\"type\":\"Bounce\",\"recipient\":\"a@b.example\",\"response\":{\"code\":550,\"enhanced_code\":{"
		"\"class\":5},"
		"\"content\":\"no such user\"}}\n{\"type\":\"Delivery\",\"recipient\":\"c@d.example\"}\n",
		"1: a@b.example no such user; 2: c@d.example ", false },
	{ "json-cut", "json", "[{\"email\":\"a@b.example\"},{\"email\":\"c@",
		"1: a@b.example !file:1: the file ends within a record", false },
	{ "json-broken", "json", "{\"email\":}", "!file:1: this is no JSON", false },
	{ "json-deep", "json", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		"!file:1: this record is too deep or too long", false },
};

typedef struct Seen {
	const ForeignList *list;
	GString *text;
} Seen;

static bool
note(void *context, GHashTable *record, unsigned line)
{
	Seen *seen = context;
	const char *reason = record_get(record, seen->list->reason);

	if (*reason == '\0' && seen->list->only == NULL && strcmp(seen->list->name, "csv") != 0)
		reason = record_get(record, seen->list->kind);
	g_string_append_printf(seen->text, "%s%u: %s %s", seen->text->len == 0 ? "" : "; ", line,
		record_get(record, seen->list->target), reason);
	return true;
}

static void
check_file(const void *data)
{
	const struct FileCase *row = data;
	g_autoptr(GString) text = g_string_new(NULL);
	Seen seen = { .list = foreign_list_find(row->list), .text = text };
	g_autofree char *copy = g_strdup(row->text);
	FILE *stream = *copy == '\0' ? fopen("/dev/null", "re") : fmemopen(copy, strlen(copy), "r");
	RecordFile file = { .file = stream, .name = "file", .lines = row->lines };
	g_autoptr(GError) error = NULL;

	if (!record_file_read(&file, note, &seen, &error)) {
		g_assert_error(error, RETOUR_ERROR, ERROR_INPUT);
		g_string_append_printf(text, "!%s", error->message);
	}
	g_assert_cmpstr(text->str, ==, row->records);
	fclose(stream);
}

static const struct KindCase {
	const char *word;
	int category; /* -1: unknown */
} kind_cases[] = {
	{ "COMPLAINT", CATEGORY_COMPLAINT_SPAM },
	{ "SpamComplaint", CATEGORY_COMPLAINT_SPAM },
	{ "ManualSuppression", CATEGORY_COMPLAINT_OPTOUT },
	{ "user_unknown", CATEGORY_USER_UNKNOWN },
	{ "BOUNCE", -1 },
	{ "HardBounce", -1 },
	{ "", -1 },
};

static void
check_kinds(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kind_cases); i++) {
		Category category;
		bool known = foreign_kind_category(kind_cases[i].word, &category);

		g_assert_cmpint(known ? (int)category : -1, ==, kind_cases[i].category);
	}
	g_assert_null(foreign_list_find("xml"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(file_cases); i++) {
		g_autofree char *path = g_strconcat("/record-file/", file_cases[i].name, NULL);

		g_test_add_data_func(path, &file_cases[i], check_file);
	}
	g_test_add_func("/record-file/kinds", check_kinds);
	return g_test_run();
}
