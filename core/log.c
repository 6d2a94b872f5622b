#include "log.h"

#include <errno.h>
#include <glib.h>
#include <stdbool.h>
#include <unistd.h>

#define VALUE_LIMIT 200

typedef struct LogWriter {
	char *program;
	LogDetail detail;
	bool systemd;
} LogWriter;

static const char *
level_name(GLogLevelFlags level)
{
	if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
		return "error";
	if (level & G_LOG_LEVEL_WARNING)
		return "warning";
	if (level & G_LOG_LEVEL_DEBUG)
		return "debug";
	return "info";
}

static LogDetail
detail_of(GLogLevelFlags level)
{
	if (level & G_LOG_LEVEL_DEBUG)
		return LOG_ALL;
	return level & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_MESSAGE) ? LOG_OUTCOMES : LOG_WARNINGS;
}

static unsigned
syslog_priority(GLogLevelFlags level)
{
	if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
		return 3;
	if (level & G_LOG_LEVEL_WARNING)
		return 4;
	if (level & G_LOG_LEVEL_DEBUG)
		return 7;
	return 6;
}

/* Valid UTF-8, for journalctl shows no line that is not, and no control characters: U+0080 to U+009F steer terminals too. */
static void
append_clean(GString *line, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	for (char *at = valid; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar character = g_utf8_get_char(at);

		g_string_append_unichar(line, g_unichar_iscntrl(character) ? ' ' : character);
	}
}

static GLogWriterOutput
write_line(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data)
{
	const LogWriter *writer = data;
	const char *message = "";
	g_autoptr(GString) line = g_string_sized_new(256);

	if (detail_of(level) > writer->detail)
		return G_LOG_WRITER_HANDLED;
	for (gsize i = 0; i < count; i++)
		if (g_str_equal(fields[i].key, "MESSAGE"))
			message = fields[i].value;
	if (writer->systemd) {
		g_string_printf(line, "<%u>", syslog_priority(level));
	} else {
		g_autoptr(GDateTime) now = g_date_time_new_now_utc();
		g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");

		g_string_printf(line, "%s %s[%d] %s: ", time, writer->program, (int)getpid(), level_name(level));
	}
	append_clean(line, message);
	g_string_append_c(line, '\n');
	while (write(STDERR_FILENO, line->str, line->len) < 0 && errno == EINTR)
		;
	return G_LOG_WRITER_HANDLED;
}

void
log_open(const char *program, LogDetail detail)
{
	LogWriter *writer = g_new0(LogWriter, 1); /* lives as long as the process, like the writer it belongs to */

	writer->program = g_strdup(program);
	writer->detail = detail;
	writer->systemd = g_getenv("JOURNAL_STREAM") != NULL;
	g_log_set_writer_func(write_line, writer, NULL);
}

char *
log_value(const char *text)
{
	GString *value = g_string_new(NULL);
	bool quote = *text == '\0' || strpbrk(text, " \t\r\n\"=") != NULL;

	if (quote)
		g_string_append_c(value, '"');
	for (unsigned i = 0; text[i] != '\0' && i < VALUE_LIMIT; i++) {
		if (text[i] == '"' || text[i] == '\\')
			g_string_append_c(value, '\\');
		g_string_append_c(value, (unsigned char)text[i] < ' ' ? ' ' : text[i]);
	}
	if (quote)
		g_string_append_c(value, '"');
	return g_string_free(value, FALSE);
}
