#include "mailfile.h"

#include "errors.h"
#include "mailwalk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_SIZE 65536
/* Of a line that must lie in the buffer to tell whether it is a "From " line. */
#define LOOK_AHEAD 1024

struct MailFile {
	MailWalk *walk;
	size_t limit;

	/* The file being read. */
	char *file; /* NULL: none */
	int descriptor;
	bool single, mbox;
	unsigned number;
	bool end_of_file;
	bool failed; /* reading broke off: cause says why */
	int cause;
	size_t start, end; /* of what is in the buffer */
	uint64_t before;   /* bytes of the files before this one */
	uint64_t taken;    /* of this one */
	char buffer[BUFFER_SIZE];
};

void
mail_init(Mail *mail)
{
	*mail = (Mail){ .bytes = g_byte_array_new() };
}

void
mail_clear(Mail *mail)
{
	g_free(mail->file);
	g_byte_array_unref(mail->bytes);
}

MailFile *
mailfile_new(const char *const *paths, size_t limit)
{
	MailFile *source = g_new0(MailFile, 1);

	source->walk = mailwalk_new(paths);
	source->limit = limit;
	return source;
}

static void
file_close(MailFile *source)
{
	struct stat status;

	/* The rest of a mail that is too long was not taken. */
	if (source->file != NULL)
		source->before += fstat(source->descriptor, &status) == 0 && S_ISREG(status.st_mode)
					  ? (uint64_t)status.st_size
					  : source->taken;
	if (source->file != NULL && source->descriptor != STDIN_FILENO)
		close(source->descriptor);
	g_clear_pointer(&source->file, g_free);
}

void
mailfile_free(MailFile *source)
{
	if (source == NULL)
		return;
	file_close(source);
	mailwalk_free(source->walk);
	g_free(source);
}

uint64_t
mailfile_measure(const char *const *paths)
{
	MailWalk *walk = mailwalk_new(paths);
	bool known = true, more = true;
	uint64_t size = 0;

	while (known && more) {
		g_autoptr(GError) error = NULL;
		struct stat status;
		WalkEntry entry;

		more = mailwalk_next(walk, &entry, &error);
		if (!more && error != NULL) {
			more = true; /* what cannot be read is not read */
			continue;
		}
		known = !more || (stat(entry.path, &status) == 0 && S_ISREG(status.st_mode));
		size += known && more ? (uint64_t)status.st_size : 0;
	}
	mailwalk_free(walk);
	return known ? size : 0;
}

/* Makes at least size bytes available, less at the end of the file only. */
static void
fill(MailFile *source, size_t size)
{
	if (source->end - source->start >= size || source->end_of_file)
		return;
	memmove(source->buffer, source->buffer + source->start, source->end - source->start);
	source->end -= source->start;
	source->start = 0;
	while (source->end < size && !source->end_of_file) {
		ssize_t got = read(source->descriptor, source->buffer + source->end, BUFFER_SIZE - source->end);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			source->failed = true;
			source->cause = errno;
		}
		if (got <= 0)
			source->end_of_file = true;
		else {
			source->end += (size_t)got;
			source->taken += (uint64_t)got;
		}
	}
}

static bool
buffer_starts_with(const MailFile *source, const char *text)
{
	size_t size = strlen(text);

	return source->end - source->start >= size && memcmp(source->buffer + source->start, text, size) == 0;
}

/* The next line, or as much of a long one as the buffer holds. False: end of file. */
static bool
next_piece(MailFile *source, const char **ret_piece, size_t *ret_size, bool *ret_complete)
{
	fill(source, LOOK_AHEAD);
	if (source->start == source->end)
		return false;
	size_t available = source->end - source->start;
	const char *piece = source->buffer + source->start;
	const char *feed = memchr(piece, '\n', available);

	*ret_piece = piece;
	*ret_size = feed == NULL ? available : (size_t)(feed - piece) + 1;
	*ret_complete = feed != NULL;
	source->start += *ret_size;
	return true;
}

static void
append(const MailFile *source, Mail *mail, const char *bytes, size_t size)
{
	size_t room = source->limit - MIN(source->limit, mail->bytes->len);

	if (size > room)
		mail->truncated = true;
	if (room > 0)
		g_byte_array_append(mail->bytes, (const guint8 *)bytes, (guint)MIN(size, room));
}

static bool
is_blank(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (line[i] != '\r' && line[i] != '\n')
			return false;
	return true;
}

static bool
is_one_of(const char *word, const char *names)
{
	for (; *names != '\0'; names += 3)
		if (strncmp(word, names, 3) == 0 && (word[3] == ' ' || word[3] == ','))
			return true;
	return false;
}

/*
 * "From sender Mon Nov 23 18:26:40 2026" with any sender, zone or order after the month. The date is asked for because mailers
 * quote "From " carelessly, and prose that begins a paragraph with it must not cut a mail in two.
 */
static bool
is_separator(const char *line, size_t size)
{
	char text[256];
	size_t kept = MIN(size, sizeof(text) - 1);

	if (size < 5 || memcmp(line, "From ", 5) != 0)
		return false;
	memcpy(text, line, kept);
	text[kept] = '\0';
	for (const char *blank = strchr(text, ' '); blank != NULL; blank = strchr(blank + 1, ' '))
		if (is_one_of(blank + 1, "MonTueWedThuFriSatSun") && strchr(blank + 4, ':') != NULL) {
			const char *next = strchr(blank + 1, ' ') + 1;

			return is_one_of(next, "JanFebMarAprMayJunJulAugSepOctNovDec") || g_ascii_isdigit(*next);
		}
	return false;
}

/* ">From ", ">>From ": quoted by whoever wrote the mbox. */
static bool
is_quoted(const char *line, size_t size)
{
	size_t marks = 0;

	while (marks < size && line[marks] == '>')
		marks++;
	return marks > 0 && size - marks >= 5 && memcmp(line + marks, "From ", 5) == 0;
}

/* The blank line before a separator belongs to the mbox and not to the mail. */
static void
drop_last_blank(Mail *mail)
{
	const char *text = (const char *)mail->bytes->data;
	guint size = mail->bytes->len;

	if (size >= 4 && memcmp(text + size - 4, "\r\n\r\n", 4) == 0)
		g_byte_array_set_size(mail->bytes, size - 2);
	else if (size >= 2 && memcmp(text + size - 2, "\n\n", 2) == 0)
		g_byte_array_set_size(mail->bytes, size - 1);
}

/* Stands at a "From " line; leaves off at the next one. */
static void
read_from_mbox(MailFile *source, Mail *mail)
{
	const char *piece;
	size_t size;
	bool complete, blank = false, begins = true;

	while (next_piece(source, &piece, &size, &complete) && !complete)
		;
	while (next_piece(source, &piece, &size, &complete)) {
		if (begins && blank && is_separator(piece, size)) {
			source->start -= size;
			break;
		}
		bool quoted = begins && is_quoted(piece, size);

		append(source, mail, piece + quoted, size - quoted);
		blank = begins && is_blank(piece, size);
		begins = complete;
	}
	if (!mail->truncated)
		drop_last_blank(mail);
}

static void
skip_line(MailFile *source)
{
	const char *piece;
	size_t size;
	bool complete = false;

	while (!complete && next_piece(source, &piece, &size, &complete))
		;
}

static void
read_single(MailFile *source, Mail *mail)
{
	if (buffer_starts_with(source, "From "))
		skip_line(source);
	do {
		append(source, mail, source->buffer + source->start, source->end - source->start);
		source->start = source->end;
		fill(source, 1);
	} while (source->start < source->end && !mail->truncated);
}

static bool
file_open(MailFile *source, const WalkEntry *entry, GError **error)
{
	bool standard_input = strcmp(entry->path, "-") == 0;
	int descriptor = standard_input ? STDIN_FILENO : open(entry->path, O_RDONLY | O_CLOEXEC);

	if (descriptor < 0) {
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", entry->path, g_strerror(errno));
		return false;
	}
	source->file = g_strdup(entry->path);
	source->descriptor = descriptor;
	source->start = source->end = source->number = 0;
	source->taken = 0;
	source->end_of_file = source->failed = false;
	fill(source, LOOK_AHEAD);
	source->mbox = !entry->single && buffer_starts_with(source, "From ");
	return true;
}

static void
read_mail(MailFile *source, Mail *mail)
{
	g_byte_array_set_size(mail->bytes, 0);
	mail->truncated = false;
	if (mail->file == NULL || strcmp(mail->file, source->file) != 0) {
		g_free(mail->file);
		mail->file = g_strdup(source->file);
	}
	if (source->mbox)
		read_from_mbox(source, mail);
	else
		read_single(source, mail);
	mail->number = source->mbox ? ++source->number : 0;
	mail->end = source->before + source->taken - (source->end - source->start);
}

MailStep
mailfile_next(MailFile *source, Mail *mail, GError **error)
{
	WalkEntry entry;
	GError *cause = NULL;

	while (source->file == NULL) {
		if (!mailwalk_next(source->walk, &entry, &cause)) {
			if (cause == NULL)
				return MAIL_END;
			g_propagate_error(error, cause);
			return MAIL_UNREADABLE;
		}
		if (!file_open(source, &entry, error))
			return MAIL_UNREADABLE;
		if (source->start == source->end && !source->failed)
			file_close(source);
	}
	read_mail(source, mail);
	bool failed = source->failed;
	if (failed)
		g_set_error(error, RETOUR_ERROR, ERROR_RETRY, "%s: %s", source->file, g_strerror(source->cause));
	if (failed || !source->mbox || source->start == source->end)
		file_close(source);
	return failed ? MAIL_UNREADABLE : MAIL_READ;
}
