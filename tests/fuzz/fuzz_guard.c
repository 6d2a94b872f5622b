#include "fuzz.h"
#include "guard.h"

#include <string.h>

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* In order, within the bytes, and without overlap. */
static void
check_parts(const Guarded *guarded)
{
	size_t last = 0;

	g_assert_cmpuint(guarded->parts->len, >, 0);
	for (unsigned i = 0; i < guarded->parts->len; i++) {
		const GuardedPart *part = &g_array_index(guarded->parts, GuardedPart, i);

		g_assert_cmpuint(last, <=, part->headers);
		g_assert_cmpuint(part->headers, <=, part->body);
		g_assert_cmpuint(part->body, <=, part->end);
		last = part->end;
	}
	g_assert_cmpuint(last, <=, guarded->mime->len);
}

/* Logical lines with their colons, and lines that begin with "--": nobody behind it must get too much of them. */
static void
check_mime(const GByteArray *bytes, const Limits *limits)
{
	const char *line = (const char *)bytes->data, *end = line + bytes->len;
	size_t boundaries = 0, colons = 0;

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		g_assert_nonnull(stop);
		if (*line != ' ' && *line != '\t')
			colons = 0;
		for (const char *p = line; p < stop; p++)
			colons += *p == ':';
		g_assert_cmpuint(colons, <=, limits->address_colons + 1);
		boundaries += stop - line >= 2 && line[0] == '-' && line[1] == '-';
		line = stop + 1;
	}
	g_assert_cmpuint(boundaries, <=, limits->boundary_lines);
}

/* Small limits, so that small inputs reach them. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const Limits tight = { .message_bytes = 4096,
		.header_bytes = 200,
		.address_colons = 10,
		.headers = 8,
		.boundary_lines = 12,
		.parts = 10,
		.depth = 3,
		.text_bytes = 512 };
	const Limits *const cases[] = { &limits_default, &tight };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		Guarded guarded;

		guard_run((const char *)data, size, cases[i], &guarded);
		g_assert_cmpuint(
			guarded.headers->len + guarded.mime->len + guarded.original->len, <=, cases[i]->message_bytes);
		check_mime(guarded.mime, cases[i]);
		check_parts(&guarded);
		guard_clear(&guarded);
		g_assert_null(guarded.mime);
	}
	return 0;
}
