#include "mailcrew.h"

/* What could not be read is counted too, so that complaints have their place. */
static MailStep
take(MailCrew *crew, Mail *mail, uint64_t *ret_number, GError **error)
{
	MailStep step;

	pthread_mutex_lock(&crew->lock);
	step = crew->stop ? MAIL_END : mailfile_next(crew->source, mail, error);
	*ret_number = crew->taken;
	if (step != MAIL_END)
		crew->taken++;
	pthread_mutex_unlock(&crew->lock);
	return step;
}

static void *
work(void *context)
{
	MailCrew *crew = context;
	uint64_t number;
	Mail mail;

	mail_init(&mail);
	for (;;) {
		g_autoptr(GError) error = NULL;
		MailStep step = take(crew, &mail, &number, &error);

		if (step == MAIL_END)
			break;
		crew->each(crew->context, number, step == MAIL_READ ? &mail : NULL, error);
	}
	mail_clear(&mail);
	return NULL;
}

void
mailcrew_run(MailCrew *crew, unsigned threads)
{
	pthread_t started[MAILCREW_MAX];
	unsigned count = 0;

	while (count + 1 < threads && count < MAILCREW_MAX && pthread_create(&started[count], NULL, work, crew) == 0)
		count++;
	work(crew);
	while (count > 0)
		pthread_join(started[--count], NULL);
}
