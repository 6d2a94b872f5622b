#ifndef RETOUR_MAIL_DATE_H
#define RETOUR_MAIL_DATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * When a mail arrived, as far as it tells itself: the topmost Received field, which the last server wrote, else Date. Seconds
 * since the epoch; 0: it does not say, or says nonsense. For mail that lay in an archive; of mail that comes in now our clock
 * tells.
 */
int64_t mail_date(const char *bytes, size_t size);

#endif
