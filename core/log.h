#ifndef RETOUR_LOG_H
#define RETOUR_LOG_H

/*
 * One line per outcome, "key=value" pairs, written with g_warning(), g_info() and g_debug().
 * This writer puts them on standard error in one write(2) each: with a systemd priority prefix
 * ("<4>") under systemd, with time and program name elsewhere. Control characters are replaced,
 * so that text from a message cannot forge a log line.
 */
typedef enum LogDetail {
	LOG_WARNINGS, /* what a person should know */
	LOG_OUTCOMES, /* and what became of each message */
	LOG_ALL,
} LogDetail;

void log_open(const char *program, LogDetail detail);

/* Text from outside as the value of a key: quoted when it needs to be, cut at 200 characters. Owned by the caller. */
char *log_value(const char *text);

#endif
