#ifndef RETOUR_COMMIT_MAIL_H
#define RETOUR_COMMIT_MAIL_H

/* Whom the events of bench/commit are about, and the mail that was recorded before. Text is owned by the caller. */
char *commit_address(int number);
char *commit_message_id(int number);

/* So many days of mail that no event is about, and today's originals of the events: all but every twentieth. */
void commit_record_mail(char *url, int days, int events);

#endif
