#include "message.h"

#include "charset.h"
#include "content_type.h"
#include "digest.h"
#include "guard.h"
#include "headers.h"
#include "report.h"
#include "text.h"

#include <gmime/gmime.h>
#include <sodium.h>
#include <string.h>

#define TYPE_BYTES 100

typedef struct Walk {
	Message *message;
	const Limits *limits;
	const GByteArray *bytes; /* that the content streams are windows of */
} Walk;

static void
part_free(void *data)
{
	Part *part = data;

	g_free(part->type);
	g_free(part->description);
	g_free(part->text);
	g_ptr_array_unref(part->headers);
	g_free(part);
}

void
message_init(void)
{
	g_mime_init();
	/* GObject makes a class at its first use, behind a lock that ThreadSanitizer cannot see. */
	g_type_class_ref(GMIME_TYPE_PART);
	g_type_class_ref(GMIME_TYPE_TEXT_PART);
	g_type_class_ref(GMIME_TYPE_MULTIPART);
	g_type_class_ref(GMIME_TYPE_MESSAGE_PART);
	g_type_class_ref(GMIME_TYPE_PARSER);
	charset_init();
	if (sodium_init() < 0)
		g_error("libsodium does not start");
}

static void
add_headers(GPtrArray *headers, GMimeObject *object, const Limits *limits)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(object);
	int count = g_mime_header_list_get_count(list);

	for (int i = 0; i < count; i++) {
		GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
		const char *raw = g_mime_header_get_raw_value(header);

		const char *name = g_mime_header_get_name(header);

		if (raw != NULL)
			headers_add(headers, name, strlen(name), raw, strlen(raw), limits);
	}
}

static char *
type_name(GMimeObject *object)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	g_autofree char *name = NULL;

	if (type == NULL)
		return g_strdup("text/plain");
	name = g_strconcat(
		g_mime_content_type_get_media_type(type), "/", g_mime_content_type_get_media_subtype(type), NULL);
	for (char *p = name; *p != '\0'; p++)
		*p = g_ascii_tolower(*p);
	return text_collapse(text_clean(name, strlen(name), TYPE_BYTES));
}

/* NULL: beyond a limit. */
static Part *
add_part(Walk *walk, char *type, unsigned depth)
{
	Part *part;

	if (walk->message->parts->len >= walk->limits->parts || depth > walk->limits->depth) {
		walk->message->cut = true;
		g_free(type);
		return NULL;
	}
	part = g_new0(Part, 1);
	part->type = type;
	part->description = g_strdup("");
	part->depth = depth;
	part->text = g_strdup("");
	part->headers = headers_new();
	g_ptr_array_add(walk->message->parts, part);
	return part;
}

/* The raw bytes of a part: a window of the buffer that the parser read from, so nothing is copied. */
static const char *
content_bytes(const Walk *walk, GMimePart *mime, size_t *ret_size, GMimeContentEncoding *ret_encoding)
{
	GMimeDataWrapper *content = g_mime_part_get_content(mime);
	GMimeStream *stream = content == NULL ? NULL : g_mime_data_wrapper_get_stream(content);
	gint64 end;

	if (stream == NULL || stream->bound_start < 0 || stream->bound_start > walk->bytes->len)
		return NULL;
	end = stream->bound_end < 0 ? walk->bytes->len : MIN(stream->bound_end, walk->bytes->len);
	if (end < stream->bound_start)
		return NULL;
	*ret_size = (size_t)(end - stream->bound_start);
	*ret_encoding = g_mime_data_wrapper_get_encoding(content);
	return (const char *)walk->bytes->data + stream->bound_start;
}

/* The decoded content, cleaned to UTF-8. */
static char *
content_text(const Walk *walk, GMimePart *mime, size_t limit)
{
	GMimeContentEncoding encoding;
	GMimeEncoding state;
	g_autofree char *decoded = NULL;
	size_t size = 0;
	const char *bytes = content_bytes(walk, mime, &size, &encoding);
	const char *charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(mime), "charset");

	if (bytes == NULL)
		return g_strdup("");
	if (encoding != GMIME_CONTENT_ENCODING_BASE64 && encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
		&& encoding != GMIME_CONTENT_ENCODING_UUENCODE)
		return charset_to_utf8(bytes, size, charset, limit);
	g_mime_encoding_init_decode(&state, encoding);
	decoded = g_malloc(g_mime_encoding_outlen(&state, size) + 1);
	size = g_mime_encoding_flush(&state, bytes, size, decoded);
	return charset_to_utf8(decoded, size, charset, limit);
}

/* What stands there plainly was set apart by the guard; what is encoded is decoded here, and never parsed as mail. */
static void
read_encoded_original(Walk *walk, GMimeObject *object)
{
	g_autofree char *text = NULL;

	if (walk->message->original->len > 0 || !GMIME_IS_PART(object))
		return;
	text = content_text(walk, GMIME_PART(object), walk->limits->text_bytes);
	g_ptr_array_unref(walk->message->original);
	walk->message->original = headers_parse(text, walk->limits);
}

/* A multipart whose boundary is missing or wrong has no children: its text stands in the prologue. */
static void
read_prologue(Walk *walk, GMimeMultipart *multipart, unsigned depth)
{
	const char *prologue = g_mime_multipart_get_prologue(multipart);
	Part *part;

	if (prologue == NULL || *prologue == '\0')
		return;
	part = add_part(walk, g_strdup("text/plain"), depth);
	if (part == NULL)
		return;
	g_free(part->text);
	part->text = charset_to_utf8(prologue, strlen(prologue), NULL, walk->limits->text_bytes);
}

static void
note_report_type(Walk *walk, GMimeObject *object)
{
	const char *value = g_mime_object_get_content_type_parameter(object, "report-type");
	g_autofree char *lower = NULL;

	if (*walk->message->report_type != '\0' || value == NULL)
		return;
	lower = g_ascii_strdown(value, -1);
	g_free(walk->message->report_type);
	walk->message->report_type = text_collapse(text_clean(lower, strlen(lower), TYPE_BYTES));
}

static void
read_text(const Walk *walk, Part *part, GMimePart *mime)
{
	bool block = content_type_is_block(part->type);

	if (!block && !g_str_has_prefix(part->type, "text/") && !g_str_has_prefix(part->type, "message/"))
		return;
	g_free(part->text);
	part->text = content_text(walk, mime, block ? walk->limits->message_bytes : walk->limits->text_bytes);
}

static void walk_object(Walk *walk, GMimeObject *object, unsigned depth);

static void
walk_multipart(Walk *walk, GMimeMultipart *multipart, unsigned depth)
{
	int count = g_mime_multipart_get_count(multipart);

	note_report_type(walk, GMIME_OBJECT(multipart));
	if (count == 0)
		read_prologue(walk, multipart, depth + 1);
	for (int i = 0; i < count; i++)
		walk_object(walk, g_mime_multipart_get_part(multipart, i), depth + 1);
}

static void
walk_object(Walk *walk, GMimeObject *object, unsigned depth)
{
	Part *part = add_part(walk, type_name(object), depth);

	if (part == NULL)
		return;
	if (depth > 0)
		add_headers(part->headers, object, walk->limits);
	report_set(&part->description, headers_get(part->headers, "Content-Description"));
	part->original = content_type_is_returned(part->type) || GMIME_IS_MESSAGE_PART(object);
	if (part->original)
		read_encoded_original(walk, object);
	else if (GMIME_IS_MULTIPART(object))
		walk_multipart(walk, GMIME_MULTIPART(object), depth);
	else if (GMIME_IS_PART(object))
		read_text(walk, part, GMIME_PART(object));
}

static void
add_block(GPtrArray *headers, const GByteArray *block, const Limits *limits)
{
	headers_add_block(headers, (const char *)block->data, block->len, limits);
}

static void
parse_mime(Walk *walk, GByteArray *bytes)
{
	GMimeStream *stream = g_mime_stream_mem_new();
	GMimeParser *parser;
	GMimeObject *root;

	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(stream), bytes); /* stays ours */
	parser = g_mime_parser_new_with_stream(stream);
	root = g_mime_parser_construct_part(parser, NULL);
	if (root != NULL)
		walk_object(walk, root, 0);
	else
		add_part(walk, g_strdup("text/plain"), 0);
	if (root != NULL)
		g_object_unref(root);
	g_object_unref(parser);
	g_object_unref(stream);
}

static bool
is_recipient_field(const char *line)
{
	return g_ascii_strncasecmp(line, "Final-Recipient", 15) == 0
	       || g_ascii_strncasecmp(line, "Original-Recipient", 18) == 0;
}

/* Where the field that text ends within begins; its lines but the first begin with a blank. */
static char *
last_field(char *text)
{
	char *line = text + strlen(text);

	do {
		while (line > text && line[-1] == '\n')
			line--;
		while (line > text && line[-1] != '\n')
			line--;
	} while (line > text && (*line == ' ' || *line == '\t'));
	return line;
}

/* A field that a cut mail ends within may hold half an address, or half a reply; some reports keep theirs in the text for people. */
static void
drop_torn_field(const Message *message, const Inbound *inbound)
{
	const Part *last = g_ptr_array_index(message->parts, message->parts->len - 1);
	char *field;

	if (inbound->size == 0 || inbound->bytes[inbound->size - 1] == '\n')
		return;
	field = last_field(last->text);
	if (content_type_is_block(last->type) || is_recipient_field(field))
		*field = '\0';
}

Message *
message_parse(const Inbound *inbound, const Limits *limits)
{
	Message *message = g_new0(Message, 1);
	Guarded guarded;
	Walk walk = { .message = message, .limits = limits };

	message->parts = g_ptr_array_new_with_free_func(part_free);
	message->original = headers_new();
	message->report_type = g_strdup("");
	guard_run(inbound->bytes, inbound->size, limits, &guarded);
	message->cut = guarded.cut || inbound->truncated;
	digest_message(&guarded, message->digest);
	add_block(message->original, guarded.original, limits);
	walk.bytes = guarded.mime;
	parse_mime(&walk, guarded.mime);
	add_block(((Part *)g_ptr_array_index(message->parts, 0))->headers, guarded.headers, limits);
	drop_torn_field(message, inbound);
	guard_clear(&guarded);
	return message;
}

void
message_free(Message *message)
{
	if (message == NULL)
		return;
	g_ptr_array_unref(message->parts);
	g_ptr_array_unref(message->original);
	g_free(message->report_type);
	g_free(message);
}

const char *
message_header(const Message *message, const char *name)
{
	const Part *root = g_ptr_array_index(message->parts, 0);

	return headers_get(root->headers, name);
}

const Part *
message_part(const Message *message, const char *type)
{
	for (guint i = 0; i < message->parts->len; i++) {
		const Part *part = g_ptr_array_index(message->parts, i);

		if (!part->original && strcmp(part->type, type) == 0)
			return part;
	}
	return NULL;
}
