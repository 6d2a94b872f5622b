#ifndef RETOUR_NOTIFY_H
#define RETOUR_NOTIFY_H

#include <stdint.h>

/* sd_notify(3). Without systemd all of them do nothing. */
void notify_ready(void); /* started, or done with a reload, whatever came of it */
void notify_reloading(void);
void notify_stopping(void);

/* How often to call notify_alive(), in ms; 0: nobody watches. */
int64_t notify_watchdog_ms(void);
void notify_alive(void);

#endif
