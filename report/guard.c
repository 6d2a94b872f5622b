#include "guard.h"

#include "content_type.h"
#include "text.h"

#include <stdint.h>
#include <string.h>

/* An encoded character takes up to three bytes (quoted-printable): more of a part can never become text. */
#define ENCODED_RATIO 3

/* Room for the usual bounce; more is allocated as needed. */
#define FIELDS_ROOM 2048
#define MIME_ROOM 4096

typedef enum State {
	STATE_HEADERS,
	STATE_KEEP, /* body of a part, preamble, epilogue */
	STATE_DROP, /* body of a returned message */
} State;

typedef struct Guard {
	const Limits *limits;
	GByteArray *headers, *original, *mime;
	GArray *parts;
	size_t headers_begin; /* in mime, of the part being read */
	bool part_open;       /* its body is being read */
	State state;
	GPtrArray *boundaries; /* "--boundary", outermost first */
	size_t boundary_lines;
	bool cut, original_cut;

	/* The header block being read. */
	bool toplevel, embedded; /* embedded: of a returned message */
	bool first_original;     /* the returned message is the first one */
	size_t header_count;
	GByteArray *targets[2]; /* where the field being read goes; NULL: nowhere */
	GString *collecting;    /* of the two below, or NULL */
	GString *type, *encoding;

	/* A line and its continuations. */
	size_t logical_bytes, logical_colons;

	size_t leaf_bytes, leaf_limit;
	bool full; /* message_bytes are kept */
} Guard;

static size_t
kept_bytes(const Guard *guard)
{
	return guard->headers->len + guard->original->len + guard->mime->len;
}

static void
emit(Guard *guard, GByteArray *target, const char *line, size_t size)
{
	guint old = target->len;

	/* What does not fit ends it all: shorter lines behind it would continue the one before it, beyond its bounds. */
	if (guard->full || kept_bytes(guard) + size + 1 > guard->limits->message_bytes) {
		guard->full = guard->cut = true;
		return;
	}
	g_byte_array_set_size(target, old + (guint)size + 1);
	memcpy(target->data + old, line, size);
	target->data[old + size] = '\n';
}

/* How much of line may stay so that the logical line has no more colons than it may. */
static size_t
within_colons(Guard *guard, const char *line, size_t size)
{
	const char *end = line + size;

	for (const char *p = line; (p = memchr(p, ':', (size_t)(end - p))) != NULL; p++)
		if (++guard->logical_colons > guard->limits->address_colons) {
			guard->cut = true;
			return (size_t)(p - line);
		}
	return size;
}

static void
begin_logical_line(Guard *guard)
{
	guard->logical_bytes = 0;
	guard->logical_colons = 0;
}

static void
begin_headers(Guard *guard, bool embedded)
{
	guard->state = STATE_HEADERS;
	guard->embedded = embedded;
	guard->headers_begin = guard->mime->len;
	guard->header_count = 0;
	guard->first_original = embedded && guard->original->len == 0;
	guard->targets[0] = guard->targets[1] = NULL;
	guard->collecting = NULL;
	g_string_truncate(guard->type, 0);
	g_string_truncate(guard->encoding, 0);
	begin_logical_line(guard);
}

static void
begin_body(Guard *guard, size_t limit)
{
	guard->state = STATE_KEEP;
	guard->leaf_bytes = 0;
	guard->leaf_limit = limit;
	begin_logical_line(guard);
}

static bool
is_encoded(const char *encoding)
{
	encoding += strspn(encoding, " \t");
	return g_ascii_strncasecmp(encoding, "base64", 6) == 0 || g_ascii_strncasecmp(encoding, "quoted", 6) == 0
	       || g_ascii_strncasecmp(encoding, "x-uu", 4) == 0;
}

/* Where the headers of a part are all that is left of it, nobody need take it for a mail. */
static void
emit_type(Guard *guard, bool returned)
{
	if (returned)
		g_string_assign(guard->type, " text/rfc822-headers");
	if (guard->type->len > 0) {
		g_string_prepend(guard->type, "Content-Type:");
		emit(guard, guard->mime, guard->type->str, guard->type->len);
	}
	emit(guard, guard->mime, "", 0);
}

static void
open_part(Guard *guard)
{
	GuardedPart part = { .depth = guard->boundaries->len,
		.headers = guard->headers_begin,
		.body = guard->mime->len,
		.end = guard->mime->len };

	g_array_append_val(guard->parts, part);
	guard->part_open = true;
}

/* The line end before a boundary belongs to the boundary. */
static void
close_part(Guard *guard, bool at_boundary)
{
	GuardedPart *part = &g_array_index(guard->parts, GuardedPart, guard->parts->len - 1);

	if (!guard->part_open)
		return;
	guard->part_open = false;
	part->end = guard->mime->len;
	if (at_boundary && part->end > part->body)
		part->end--;
}

static void
end_headers(Guard *guard)
{
	g_autofree char *type = NULL, *boundary = NULL;
	size_t text_limit = guard->limits->text_bytes * ENCODED_RATIO;
	bool returned;

	guard->toplevel = false;
	if (guard->embedded) {
		guard->state = STATE_DROP;
		return;
	}
	type = content_type_name(guard->type->str);
	returned = content_type_is_returned(type) && !is_encoded(guard->encoding->str);
	if (g_str_has_prefix(type, "multipart/") && guard->boundaries->len < guard->limits->depth)
		boundary = content_type_parameter(guard->type->str, "boundary");
	emit_type(guard, returned);
	open_part(guard);
	if (returned) {
		begin_headers(guard, true);
		return;
	}
	if (boundary != NULL)
		g_ptr_array_add(guard->boundaries, g_strconcat("--", boundary, NULL));
	begin_body(guard, content_type_is_block(type) ? SIZE_MAX : text_limit);
}

static bool
has_prefix(const char *line, size_t size, const char *prefix)
{
	return size >= strlen(prefix) && text_begins(line, prefix);
}

static bool
has_name(const char *line, size_t size, const char *name)
{
	size_t length = strlen(name);

	return size > length && text_begins(line, name)
	       && (line[length] == ':' || line[length] == ' ' || line[length] == '\t');
}

/* Content-* fields carry the structure: they are kept twice as long as others. */
static bool
is_too_many(const Guard *guard, const char *line, size_t size)
{
	if (guard->header_count > guard->limits->headers * 2)
		return true;
	return guard->header_count > guard->limits->headers && !has_prefix(line, size, "content-");
}

/* The structure needs two fields, and the type is written by end_headers(); those of a returned message are set apart. */
static void
choose_targets(Guard *guard, const char *line, size_t size)
{
	bool mime = has_name(line, size, "Content-Transfer-Encoding") || has_name(line, size, "Content-Description");

	guard->targets[0] = guard->targets[1] = NULL;
	if (is_too_many(guard, line, size))
		guard->cut = true;
	else if (guard->embedded)
		guard->targets[0] = guard->first_original ? guard->original : NULL;
	else if (mime)
		guard->targets[0] = guard->mime;
	if (guard->toplevel && guard->header_count <= guard->limits->headers)
		guard->targets[1] = guard->headers;
}

static void
begin_header(Guard *guard, const char *line, size_t size)
{
	begin_logical_line(guard);
	guard->header_count++;
	choose_targets(guard, line, size);
	guard->collecting = NULL;
	if (guard->embedded)
		return;
	if (has_name(line, size, "Content-Type") && guard->type->len == 0)
		guard->collecting = guard->type;
	else if (has_name(line, size, "Content-Transfer-Encoding") && guard->encoding->len == 0)
		guard->collecting = guard->encoding;
}

/* Some generators forget to fold: boundary="..." stands in the first column of the next line. */
static bool
is_unfolded_parameter(const Guard *guard, const char *line, size_t size)
{
	size_t name = 0;

	if (guard->collecting != guard->type)
		return false;
	while (name < size && (g_ascii_isalpha(line[name]) || line[name] == '-'))
		name++;
	return name > 0 && name < size && line[name] == '=';
}

static void
collect(Guard *guard, const char *line, size_t size)
{
	GString *value = guard->collecting;

	if (value == NULL)
		return;
	if (value->len == 0) {
		const char *colon = memchr(line, ':', size);

		size = colon == NULL ? 0 : size - (size_t)(colon + 1 - line);
		line = colon == NULL ? line : colon + 1;
	}
	g_string_append_len(value, line, (gssize)size);
	g_string_append_c(value, ' ');
}

static void
emit_header_line(Guard *guard, const char *line, size_t size)
{
	size_t room = guard->limits->header_bytes - MIN(guard->logical_bytes, guard->limits->header_bytes);

	if (size > room) {
		guard->cut = true;
		size = room;
	}
	size = within_colons(guard, line, size);
	guard->logical_bytes += size + 1;
	if (size == 0)
		return;
	collect(guard, line, size);
	for (size_t i = 0; i < G_N_ELEMENTS(guard->targets); i++)
		if (guard->targets[i] != NULL)
			emit(guard, guard->targets[i], line, size);
}

static void
take_header_line(Guard *guard, const char *line, size_t size)
{
	bool first = guard->header_count == 0;

	if (size == 0) {
		/* Blank lines before the first field of a message hide its headers from parsers. */
		if (first && (guard->toplevel || guard->embedded))
			return;
		end_headers(guard);
		return;
	}
	if (first && (guard->toplevel || guard->embedded)
		&& (has_prefix(line, size, "From ") || has_prefix(line, size, ">From ")))
		return; /* an mbox file's separator */
	if (!first && is_unfolded_parameter(guard, line, size)) {
		g_autofree char *folded = g_strdup_printf("\t%.*s", (int)MIN(size, guard->limits->header_bytes), line);

		emit_header_line(guard, folded, strlen(folded));
		return;
	}
	if (first || (line[0] != ' ' && line[0] != '\t'))
		begin_header(guard, line, size);
	emit_header_line(guard, line, size);
}

/* More of them than the limit are dropped, whatever they mean: each costs a part or a search. */
static bool
is_one_boundary_too_many(Guard *guard, const char *line, size_t size)
{
	if (size < 2 || line[0] != '-' || line[1] != '-')
		return false;
	if (++guard->boundary_lines <= guard->limits->boundary_lines)
		return false;
	guard->cut = true;
	return true;
}

static void
take_body_line(Guard *guard, const char *line, size_t size)
{
	size_t room;

	if (is_one_boundary_too_many(guard, line, size))
		return;
	room = guard->leaf_limit - guard->leaf_bytes;
	if (size > room) {
		guard->cut = true;
		size = room;
	}
	guard->leaf_bytes += MIN(size + 1, room);
	if (room == 0)
		return;
	if (size == 0 || (line[0] != ' ' && line[0] != '\t'))
		begin_logical_line(guard);
	emit(guard, guard->mime, line, within_colons(guard, line, size));
}

/* Boundaries end at the line's end; "--" closes; blanks may follow. */
static bool
is_boundary(const char *boundary, const char *line, size_t size, bool *ret_closing)
{
	size_t length = strlen(boundary);
	bool closing;

	if (size < length || memcmp(line, boundary, length) != 0)
		return false;
	closing = size >= length + 2 && line[length] == '-' && line[length + 1] == '-';
	for (size_t i = length + (closing ? 2 : 0); i < size; i++)
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	*ret_closing = closing;
	return true;
}

static bool
take_boundary(Guard *guard, const char *line, size_t size)
{
	for (guint level = guard->boundaries->len; level-- > 0;) {
		bool closing;

		if (!is_boundary(g_ptr_array_index(guard->boundaries, level), line, size, &closing))
			continue;
		if (is_one_boundary_too_many(guard, line, size))
			return true;
		if (guard->state == STATE_HEADERS)
			end_headers(guard);
		close_part(guard, true);
		emit(guard, guard->mime, line, size);
		g_ptr_array_set_size(guard->boundaries, (gint)(closing ? level : level + 1));
		if (closing)
			begin_body(guard, guard->limits->text_bytes);
		else
			begin_headers(guard, false);
		return true;
	}
	return false;
}

static void
take_line(Guard *guard, const char *line, size_t size)
{
	if (size > 2 && line[0] == '-' && line[1] == '-' && take_boundary(guard, line, size))
		return;
	switch (guard->state) {
	case STATE_HEADERS:
		take_header_line(guard, line, size);
		break;
	case STATE_KEEP:
		take_body_line(guard, line, size);
		break;
	case STATE_DROP:
		guard->original_cut = true;
		break;
	}
}

static void
take_lines(Guard *guard, const char *bytes, size_t size)
{
	const char *end = bytes + size;
	/* A message without a single LF has lines that end with CR. */
	char separator = size > 0 && memchr(bytes, '\n', size) == NULL ? '\r' : '\n';

	for (const char *line = bytes, *next; line < end && !guard->full; line = next) {
		const char *stop = memchr(line, separator, (size_t)(end - line));
		size_t length = (size_t)((stop == NULL ? end : stop) - line);

		next = stop == NULL ? end : stop + 1;
		while (length > 0 && line[length - 1] == '\r')
			length--;
		take_line(guard, line, length);
	}
}

void
guard_run(const char *bytes, size_t size, const Limits *limits, Guarded *ret_guarded)
{
	Guard guard = { .limits = limits, .toplevel = true };

	guard.headers = g_byte_array_sized_new(FIELDS_ROOM);
	guard.original = g_byte_array_sized_new(FIELDS_ROOM);
	guard.mime = g_byte_array_sized_new(MIME_ROOM);
	guard.parts = g_array_new(FALSE, FALSE, sizeof(GuardedPart));
	guard.boundaries = g_ptr_array_new_with_free_func(g_free);
	guard.type = g_string_new(NULL);
	guard.encoding = g_string_new(NULL);
	begin_headers(&guard, false);
	if (size > 0)
		take_lines(&guard, bytes, size);
	if (guard.state == STATE_HEADERS)
		end_headers(&guard);
	close_part(&guard, false);
	ret_guarded->headers = guard.headers;
	ret_guarded->original = guard.original;
	ret_guarded->mime = guard.mime;
	ret_guarded->parts = guard.parts;
	ret_guarded->cut = guard.cut;
	ret_guarded->original_cut = guard.original_cut;
	g_string_free(guard.encoding, TRUE);
	g_string_free(guard.type, TRUE);
	g_ptr_array_unref(guard.boundaries);
}

void
guard_clear(Guarded *guarded)
{
	g_byte_array_unref(guarded->headers);
	g_byte_array_unref(guarded->original);
	g_byte_array_unref(guarded->mime);
	g_array_unref(guarded->parts);
	guarded->headers = guarded->original = guarded->mime = NULL;
}
