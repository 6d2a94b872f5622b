#include "survey.h"

#include "progress.h"

static void
survey_mail(Rulebook *book, const Mail *mail, SurveyFunc each, void *context)
{
	const Inbound inbound = { .source = "file",
		.id = mail->file,
		.bytes = (const char *)mail->bytes->data,
		.size = mail->bytes->len,
		.truncated = mail->truncated,
		.client_address = "" };
	g_autoptr(Judged) judged = judge(book, &inbound, &limits_default);

	for (size_t i = 0; i < judged->finding_count; i++)
		each(context, mail, &judged->findings[i]);
}

bool
survey_run(Rulebook *book, const char *const *paths, SurveyFunc each, void *context)
{
	g_autoptr(MailFile) source = mailfile_new(paths, limits_default.message_bytes);
	bool readable = true;
	uint64_t done = 0;
	Progress progress;
	Mail mail;

	mail_init(&mail);
	progress_begin(&progress, "mails");
	for (;;) {
		g_autoptr(GError) error = NULL;
		MailStep step = mailfile_next(source, &mail, &error);

		if (step == MAIL_END)
			break;
		if (step == MAIL_READ) {
			survey_mail(book, &mail, each, context);
		} else {
			progress_clear(&progress);
			g_printerr("%s: %s\n", g_get_prgname(), error->message);
			readable = false;
		}
		progress_show(&progress, ++done);
	}
	progress_clear(&progress);
	mail_clear(&mail);
	return readable;
}

bool
survey_is_weak(const Finding *finding)
{
	EventAction action = finding->event->action;

	return (action == ACTION_FAILED || action == ACTION_DELAYED)
	       && (finding->verdict.category == CATEGORY_UNDETERMINED || finding->verdict.confidence == CONFIDENCE_LOW);
}
