#include "message.h"

#include "charset.h"
#include "content_type.h"
#include "cues.h"
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
	const Guarded *guarded; /* the message's */
} Walk;

/* What the fields of a part say of its body. */
typedef struct Content {
	const char *type; /* the field as it stands there; borrowed */
	GMimeContentEncoding encoding;
} Content;

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
	cues_init();
	if (sodium_init() < 0)
		g_error("libsodium does not start");
}

/* What cannot be read is text, for that is what people see. */
static char *
type_name(const char *type)
{
	g_autofree char *name = content_type_name(type);

	if (*name == '\0')
		return g_strdup("text/plain");
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

/* The decoded content, cleaned to UTF-8. */
static char *
content_text(const Walk *walk, const GuardedPart *place, const Content *content, size_t limit)
{
	const char *bytes = (const char *)walk->guarded->mime->data + place->body;
	size_t size = place->end - place->body;
	g_autofree char *charset = content_type_parameter(content->type, "charset"), *decoded = NULL;
	GMimeEncoding state;

	if (content->encoding != GMIME_CONTENT_ENCODING_BASE64
		&& content->encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE
		&& content->encoding != GMIME_CONTENT_ENCODING_UUENCODE)
		return charset_to_utf8(bytes, size, charset, limit);
	g_mime_encoding_init_decode(&state, content->encoding);
	decoded = g_malloc(g_mime_encoding_outlen(&state, size) + 1);
	size = g_mime_encoding_flush(&state, bytes, size, decoded);
	return charset_to_utf8(decoded, size, charset, limit);
}
/* What stands there plainly was set apart by the guard; what is encoded is decoded here, and never parsed as mail. */
static void
read_encoded_original(const Walk *walk, const GuardedPart *place, const Content *content)
{
	g_autofree char *text = NULL;

	if (walk->message->original->len > 0)
		return;
	text = content_text(walk, place, content, walk->limits->text_bytes);
	g_ptr_array_unref(walk->message->original);
	walk->message->original = headers_parse(text, walk->limits);
}

static void
note_report_type(const Walk *walk, const Content *content)
{
	g_autofree char *value = NULL, *lower = NULL;

	if (*walk->message->report_type != '\0')
		return;
	value = content_type_parameter(content->type, "report-type");
	if (value == NULL)
		return;
	lower = g_ascii_strdown(value, -1);
	g_free(walk->message->report_type);
	walk->message->report_type = text_collapse(text_clean(lower, strlen(lower), TYPE_BYTES));
}

static bool
has_children(const Walk *walk, size_t index)
{
	const GArray *parts = walk->guarded->parts;

	return index + 1 < parts->len
	       && g_array_index(parts, GuardedPart, index + 1).depth > g_array_index(parts, GuardedPart, index).depth;
}

/* A multipart whose boundary is missing or wrong has no children: its text stands where only a preamble should. */
static void
read_multipart(Walk *walk, size_t index, const Content *content)
{
	const GuardedPart *place = &g_array_index(walk->guarded->parts, GuardedPart, index);
	Part *part;

	note_report_type(walk, content);
	if (has_children(walk, index) || place->end == place->body)
		return;
	part = add_part(walk, g_strdup("text/plain"), place->depth + 1);
	if (part == NULL)
		return;
	g_free(part->text);
	part->text = charset_to_utf8((const char *)walk->guarded->mime->data + place->body, place->end - place->body,
		NULL, walk->limits->text_bytes);
}

/* A block is no use in part. */
static void
read_text(const Walk *walk, Part *part, const GuardedPart *place, const Content *content)
{
	bool block = content_type_is_block(part->type) || content_type_is_json(part->type);

	if (!block && !g_str_has_prefix(part->type, "text/") && !g_str_has_prefix(part->type, "message/"))
		return;
	g_free(part->text);
	part->text = content_text(walk, place, content, block ? walk->limits->message_bytes : walk->limits->text_bytes);
}

/* RFC 2046 section 5.1.5: within a digest a part without a type is a message. */
static const char *
default_type(const Walk *walk, unsigned depth)
{
	for (guint i = walk->message->parts->len; i > 0; i--) {
		const Part *part = g_ptr_array_index(walk->message->parts, i - 1);

		if (part->depth < depth)
			return strcmp(part->type, "multipart/digest") == 0 ? "message/rfc822" : "text/plain";
	}
	return "text/plain";
}

static void
content_read(const Walk *walk, const GPtrArray *headers, unsigned depth, Content *ret_content)
{
	const char *type = headers_get(headers, "Content-Type");

	ret_content->type = *type == '\0' ? default_type(walk, depth) : type;
	ret_content->encoding = g_mime_content_encoding_from_string(headers_get(headers, "Content-Transfer-Encoding"));
}

static void
add_block(GPtrArray *headers, const GByteArray *block, const Limits *limits)
{
	headers_add_block(headers, (const char *)block->data, block->len, limits);
}

/* Many programs attach what they do not know as a mere file. */
static bool
is_named_json(const char *content_type)
{
	g_autofree char *name = content_type_parameter(content_type, "name");

	return name != NULL && g_str_has_suffix(name, ".json");
}

/* Of the message itself the guard has set all fields apart. */
static void
read_part(Walk *walk, size_t index, Part *part, const Content *content, GPtrArray *headers)
{
	const GuardedPart *place = &g_array_index(walk->guarded->parts, GuardedPart, index);

	if (strcmp(part->type, "application/octet-stream") == 0 && is_named_json(content->type))
		report_set(&part->type, "application/json");
	if (place->depth > 0) {
		g_ptr_array_unref(part->headers);
		part->headers = g_ptr_array_ref(headers);
		report_set(&part->description, headers_get(headers, "Content-Description"));
	}
	part->original = content_type_is_returned(part->type);
	if (part->original)
		read_encoded_original(walk, place, content);
	else if (g_str_has_prefix(part->type, "multipart/"))
		read_multipart(walk, index, content);
	else
		read_text(walk, part, place, content);
}

static void
read_parts(Walk *walk)
{
	const char *mime = (const char *)walk->guarded->mime->data;

	for (size_t i = 0; i < walk->guarded->parts->len; i++) {
		const GuardedPart *place = &g_array_index(walk->guarded->parts, GuardedPart, i);
		g_autoptr(GPtrArray) headers = headers_new();
		Content content;
		Part *part;

		headers_add_block(headers, mime + place->headers, place->body - place->headers, walk->limits);
		content_read(walk, headers, place->depth, &content);
		part = add_part(walk, type_name(content.type), place->depth);
		if (part != NULL)
			read_part(walk, i, part, &content, headers);
	}
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

/*
 * A field that a cut mail ends within may hold half an address, or half a reply; some reports keep theirs in the text for
 * people.
 */
static void
drop_torn_field(const Message *message, const Inbound *inbound)
{
	const Part *last = g_ptr_array_index(message->parts, message->parts->len - 1);
	char *field;

	if (inbound->size == 0 || inbound->bytes[inbound->size - 1] == '\n')
		return;
	if (last->original && !message->guarded.original_cut && message->original->len > 0)
		g_ptr_array_set_size(message->original, (int)message->original->len - 1);
	field = last_field(last->text);
	if (content_type_is_block(last->type) || is_recipient_field(field))
		*field = '\0';
}

Message *
message_parse(const Inbound *inbound, const Limits *limits)
{
	Message *message = g_new0(Message, 1);
	Guarded *guarded = &message->guarded;
	Walk walk = { .message = message, .limits = limits, .guarded = guarded };

	message->parts = g_ptr_array_new_with_free_func(part_free);
	message->original = headers_new();
	message->report_type = g_strdup("");
	guard_run(inbound->bytes, inbound->size, limits, guarded);
	message->cut = guarded->cut || inbound->truncated;
	add_block(message->original, guarded->original, limits);
	read_parts(&walk);
	add_block(((Part *)g_ptr_array_index(message->parts, 0))->headers, guarded->headers, limits);
	drop_torn_field(message, inbound);
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
	guard_clear(&message->guarded);
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
