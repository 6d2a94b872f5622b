#include "cues.h"

#include <glib.h>

static const char *const markers[] = { "original message", "below this line is a copy of the message",
	"this is a copy of your message, including all the headers", "message header follows",
	"ursprüngliche nachrichtenkopfzeilen", "oorspronkelijke berichtkoppen", "en-têtes de message d'origine",
	"intestazioni originali del messaggio", "encabezados de mensajes originales", "mensagem original",
	"исходное сообщение", "元のメッセージ", "原始邮件", "returned message", "unsent message follows" };

static const char *const prose[] = { "the original message was received at monday", "your original message",
	"this is a permanent error", "message details", "a message that you sent", "returned message could not be sent",
	"" };

typedef struct CueCase {
	Cue cue;
	const char *lower;
	bool found;
} CueCase;

static const CueCase cases[] = {
	{ CUE_FAILURE, "uw bericht kon niet worden bezorgd", true },
	{ CUE_FAILURE, "votre message n'a pas pu être remis", true },
	{ CUE_FAILURE, "ihre nachricht konnte nicht zugestellt werden", true },
	{ CUE_FAILURE, "il messaggio non è stato recapitato", true },
	{ CUE_FAILURE, "no se ha podido entregar", true },
	{ CUE_FAILURE, "a mensagem não pôde ser entregue", true },
	{ CUE_FAILURE, "письмо не может быть доставлено", true },
	{ CUE_FAILURE, "メールを配信できませんでした", true },
	{ CUE_FAILURE, "您的邮件被退回来了", true },
	{ CUE_FAILURE, "see you on monday", false },
	{ CUE_DAEMON, "mailer-daemon", true },
	{ CUE_DAEMON, "systeembeheerder", true },
	{ CUE_DAEMON, "anna", false },
	{ CUE_WARNING, "this is a warning only", true },
	{ CUE_DELAY, "delivery attempts will continue for some time", true },
	{ CUE_DELAY, "delivery failed; will not continue trying", false },
	{ CUE_FINAL, "i've given up", true },
	{ CUE_SUBJECT_ORDINARY, "fwd: returned mail", true },
	{ CUE_SUCCESS, "your message has been successfully delivered to", true },
	{ CUE_SUCCESS, "your message cannot be delivered to the following recipients", false },
	{ CUE_SUCCESS, "your message could not be successfully delivered", false },
	{ CUE_HELD, "awaits moderator approval", true },
};

static void
test_markers(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(markers); i++) {
		g_test_message("%s", markers[i]);
		g_assert_true(cue_is_original_marker(markers[i]));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(prose); i++) {
		g_test_message("%s", prose[i]);
		g_assert_false(cue_is_original_marker(prose[i]));
	}
}

static void
test_found(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("%s", cases[i].lower);
		g_assert_cmpint(cue_found(cases[i].cue, cases[i].lower), ==, cases[i].found);
	}
	g_assert_true(cue_begins(CUE_SUBJECT_ORDINARY, "re: hello"));
	g_assert_false(cue_begins(CUE_SUBJECT_ORDINARY, "returned mail: re: hello"));
}

/* A phrase with a capital letter would never be found. */
static void
test_lower_case(void)
{
	g_assert_false(cue_found(CUE_FAILURE, "NOT DELIVERED"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	cues_init();
	g_test_add_func("/cues/markers", test_markers);
	g_test_add_func("/cues/found", test_found);
	g_test_add_func("/cues/lower-case", test_lower_case);
	return g_test_run();
}
