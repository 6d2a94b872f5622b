#ifndef RETOUR_TEST_MAILS_H
#define RETOUR_TEST_MAILS_H

/* Reports as text, made from what a test wants to vary. Owned by the caller. NULL fields: the usual. */
typedef struct Bounce {
	const char *recipient;
	const char *status, *diagnostic, *action; /* "5.1.1", "550 5.1.1 ...", "failed" */
	const char *queue_id;                     /* of the original at our MTA */
	const char *message_id;                   /* of the original */
	const char *from;                         /* of the original */
	const char *own_id, *date;                /* of the bounce itself */
} Bounce;

char *mail_bounce(const Bounce *bounce);
char *mail_complaint(const char *recipient, const char *message_id, const char *from);
char *mail_vacation(const char *from);
char *mail_ordinary(void);

#endif
