#include "event_key.h"

#include <string.h>

/* What names one event: everything that goes into the key, or must not. NULL: the usual. */
typedef struct Told {
	ReportKind kind;
	EventAction action;
	const char *queue_id, *reporting_mta, *arrival_date, *message_id, *digest, *report_message_id;
	const char *feedback_type, *address;
	const char *known; /* what names the message for certain */
	unsigned place;
} Told;

#define BOUNCE .kind = REPORT_BOUNCE
#define COMPLAINT .kind = REPORT_COMPLAINT, .action = ACTION_COMPLAINED

static const struct {
	const char *name;
	bool same;
	Told one, other;
} cases[] = {
	{ "local retry: new digest and Message-Id of the bounce", true,
		{ BOUNCE, .queue_id = "4X1", .arrival_date = "Mon", .message_id = "m1", .digest = "d1",
			.report_message_id = "r1" },
		{ BOUNCE, .queue_id = "4X1", .arrival_date = "Mon", .message_id = "m1", .digest = "d2",
			.report_message_id = "r2" } },
	{ "queue ids are used again on another day", false, { BOUNCE, .queue_id = "4X1", .arrival_date = "Mon" },
		{ BOUNCE, .queue_id = "4X1", .arrival_date = "Tue" } },
	{ "and on another host", false, { BOUNCE, .queue_id = "4X1" },
		{ BOUNCE, .queue_id = "4X1", .reporting_mta = "mx2.example" } },
	{ "replayed with a queue id of its own", true, { BOUNCE, .queue_id = "4X1", .message_id = "m1" },
		{ BOUNCE, .queue_id = "4X2", .reporting_mta = "forger.example", .message_id = "m1" } },
	{ "same Message-ID, second copy", true, { BOUNCE, .message_id = "m1", .digest = "d1" },
		{ BOUNCE, .message_id = "m1", .digest = "d2" } },
	{ "other Message-ID", false, { BOUNCE, .message_id = "m1" }, { BOUNCE, .message_id = "m2" } },
	{ "nothing but the digest", true, { BOUNCE, .digest = "d1" }, { BOUNCE, .digest = "d1" } },
	{ "other digest", false, { BOUNCE, .digest = "d1" }, { BOUNCE, .digest = "d2" } },
	{ "a Message-ID that looks like a queue id", false, { BOUNCE, .queue_id = "x", .reporting_mta = "" },
		{ BOUNCE, .message_id = "x", .reporting_mta = "" } },
	{ "other recipient", false, { BOUNCE, .message_id = "m1" },
		{ BOUNCE, .message_id = "m1", .address = "b@example.org" } },
	{ "same recipient at another place", true, { BOUNCE, .message_id = "m1" },
		{ BOUNCE, .message_id = "m1", .place = 1 } },
	{ "delayed, then failed", false, { BOUNCE, .message_id = "m1" },
		{ BOUNCE, .message_id = "m1", .action = ACTION_DELAYED } },
	{ "parts do not run into each other", false, { BOUNCE, .queue_id = "ab", .reporting_mta = "c" },
		{ BOUNCE, .queue_id = "a", .reporting_mta = "bc" } },
	{ "hidden recipients of one bounce are several", false, { BOUNCE, .message_id = "m1", .address = "" },
		{ BOUNCE, .message_id = "m1", .address = "", .place = 1 } },
	{ "and the same ones when it is told again", true,
		{ BOUNCE, .message_id = "m1", .address = "", .digest = "d1" },
		{ BOUNCE, .message_id = "m1", .address = "", .digest = "d2" } },
	{ "an address that looks like a place", false, { BOUNCE, .message_id = "m1", .address = "" },
		{ BOUNCE, .message_id = "m1", .address = "0" } },
	{ "a complaint is no bounce", false, { BOUNCE, .message_id = "m1" }, { COMPLAINT, .message_id = "m1" } },
	{ "complaints of two kinds", false, { COMPLAINT, .message_id = "m1" },
		{ COMPLAINT, .message_id = "m1", .address = "a@example.org", .feedback_type = "not-spam" } },
	{ "complaints of two hidden people about one campaign", false,
		{ COMPLAINT, .message_id = "m1", .address = "", .digest = "d1" },
		{ COMPLAINT, .message_id = "m1", .address = "", .digest = "d2" } },
	{ "what the report calls the message does not count where it is known", true,
		{ BOUNCE, .message_id = "m1", .digest = "d1", .known = "m" },
		{ BOUNCE, .message_id = "m2", .digest = "d2", .known = "m" } },
	{ "a Message-ID that the report told is known later", true, { BOUNCE, .message_id = "m" },
		{ BOUNCE, .message_id = "m2", .known = "m" } },
	{ "other messages that are known", false, { BOUNCE, .message_id = "m1", .known = "m" },
		{ BOUNCE, .message_id = "m1", .known = "n" } },
	{ "hidden complaints about a message that is known", true,
		{ COMPLAINT, .message_id = "m1", .address = "", .digest = "d1", .known = "m" },
		{ COMPLAINT, .message_id = "m1", .address = "", .digest = "d2", .known = "m" } },
	{ "one hidden complaint, delivered twice", true,
		{ COMPLAINT, .message_id = "m1", .address = "", .digest = "d1" },
		{ COMPLAINT, .message_id = "m1", .address = "", .digest = "d1" } },
};

static const char *
usual(const char *told, const char *otherwise)
{
	return told == NULL ? otherwise : told;
}

static void
make_key(const Told *told, unsigned char key[static EVENT_KEY_SIZE])
{
	g_autoptr(Report) report = report_new(told->kind, "test");

	for (unsigned i = 0; i <= told->place; i++)
		report_add_event(report, told->action);
	report_set(&report->original.queue_id, told->queue_id);
	report_set(&report->original.arrival_date, told->arrival_date);
	report_set(&report->original.message_id, told->message_id);
	report_set(&report->reporting_mta, usual(told->reporting_mta, "mx.example"));
	report_set(&report->message_id, told->report_message_id);
	report_set(&report->feedback_type, usual(told->feedback_type, "abuse"));
	g_strlcpy(report->digest, told->digest == NULL ? "" : told->digest, sizeof report->digest);
	event_key(report, told->place, usual(told->address, "a@example.org"), told->known, key);
}

static void
test_keys(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		unsigned char one[EVENT_KEY_SIZE], other[EVENT_KEY_SIZE];

		g_test_message("%s", cases[i].name);
		make_key(&cases[i].one, one);
		make_key(&cases[i].other, other);
		g_assert_cmpint(memcmp(one, other, sizeof one) == 0, ==, cases[i].same);
	}
}

/* Keys stand in the database: a program that makes others counts everything anew. */
static void
test_stable(void)
{
	static const Told told = { BOUNCE, .queue_id = "4X1", .arrival_date = "Mon" };
	unsigned char key[EVENT_KEY_SIZE];
	g_autoptr(GString) hex = g_string_new(NULL);

	make_key(&told, key);
	for (size_t i = 0; i < sizeof key; i++)
		g_string_append_printf(hex, "%02x", key[i]);
	g_assert_cmpstr(hex->str, ==, "ca28ab8c0a43c8d2c5c070b69af23249");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/event-key/cases", test_keys);
	g_test_add_func("/event-key/stable", test_stable);
	return g_test_run();
}
