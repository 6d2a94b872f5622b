#include "cells.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2 /* blanks between columns */
#define ELLIPSIS "…"
#define COLUMNS_MAX 16

struct Cells {
	const Column *columns;
	unsigned count;
	unsigned widths[COLUMNS_MAX]; /* 0: not cut */
	unsigned pads[COLUMNS_MAX];
};

/* In proportion to what each column would like beyond its least width. */
static void
share_out(Cells *cells, unsigned spare, unsigned wish)
{
	for (unsigned i = 0; i < cells->count; i++) {
		unsigned more = cells->columns[i].most - cells->columns[i].least;

		cells->widths[i] = cells->columns[i].least + (wish <= spare ? more : more * spare / wish);
	}
}

/* The last column takes what is left. */
static void
widen_last(Cells *cells, unsigned width)
{
	unsigned last = cells->count - 1, used = 0;

	for (unsigned i = 0; i < last; i++)
		used += cells->widths[i] + GAP;
	if (width > used)
		cells->widths[last] = MAX(width - used, cells->columns[last].least);
}

Cells *
cells_new(const Column *columns, unsigned width)
{
	Cells *cells = g_new0(Cells, 1);
	unsigned least = 0, wish = 0;

	cells->columns = columns;
	while (columns[cells->count].title != NULL)
		cells->count++;
	g_assert(cells->count > 0 && cells->count <= COLUMNS_MAX);
	for (unsigned i = 0; i < cells->count; i++) {
		least += columns[i].least + (i == 0 ? 0 : GAP);
		wish += columns[i].most - columns[i].least;
		cells->pads[i] = columns[i].most;
	}
	if (width > 0) {
		share_out(cells, width > least ? width - least : 0, wish);
		memcpy(cells->pads, cells->widths, sizeof cells->pads);
		widen_last(cells, width);
	}
	return cells;
}

void
cells_free(Cells *cells)
{
	g_free(cells);
}

static unsigned
cell_width(gunichar character)
{
	if (g_unichar_iszerowidth(character))
		return 0;
	return g_unichar_iswide(character) ? 2 : 1;
}

/* Controls (C1 too, some terminals obey them) become a blank; what only steers the display is left out. */
static gunichar
harmless(gunichar character)
{
	GUnicodeType type = g_unichar_type(character);

	if (type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR)
		return ' ';
	if (type == G_UNICODE_FORMAT && character != 0x00AD)
		return 0;
	return character;
}

static char *
harmless_text(const char *text, unsigned *ret_width)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	GString *clean = g_string_new(NULL);

	*ret_width = 0;
	for (const char *at = valid; *at != '\0'; at = g_utf8_find_next_char(at, NULL)) {
		gunichar character = harmless(g_utf8_get_char(at));

		if (character == 0)
			continue;
		g_string_append_unichar(clean, character);
		*ret_width += cell_width(character);
	}
	return g_string_free(clean, FALSE);
}

static unsigned
append_head(GString *out, const char *text, unsigned width)
{
	unsigned used = 0;

	for (; *text != '\0'; text = g_utf8_find_next_char(text, NULL)) {
		gunichar character = g_utf8_get_char(text);

		if (used + cell_width(character) > width - 1)
			break;
		used += cell_width(character);
		g_string_append_unichar(out, character);
	}
	g_string_append(out, ELLIPSIS);
	return used + 1;
}

static unsigned
append_tail(GString *out, const char *text, unsigned total, unsigned width)
{
	g_string_append(out, ELLIPSIS);
	for (; *text != '\0' && total > width - 1; text = g_utf8_find_next_char(text, NULL))
		total -= cell_width(g_utf8_get_char(text));
	while (*text != '\0' && g_unichar_iszerowidth(g_utf8_get_char(text)))
		text = g_utf8_find_next_char(text, NULL);
	g_string_append(out, text);
	return total + 1;
}

unsigned
cells_append(GString *out, const char *text, unsigned width, bool keep_end)
{
	unsigned total;
	g_autofree char *clean = harmless_text(text, &total);

	if (width > 0 && total > width)
		return keep_end ? append_tail(out, clean, total, width) : append_head(out, clean, width);
	g_string_append(out, clean);
	return total;
}

void
cells_row(const Cells *cells, GString *out, const char *const *values)
{
	for (unsigned i = 0; i < cells->count; i++) {
		const char *value = values[i] == NULL ? "" : values[i];
		unsigned used = cells_append(out, value, cells->widths[i], cells->columns[i].keep_end);

		if (i + 1 == cells->count)
			break;
		for (; used < cells->pads[i]; used++)
			g_string_append_c(out, ' ');
		g_string_append(out, "  ");
	}
	while (out->len > 0 && out->str[out->len - 1] == ' ')
		g_string_truncate(out, out->len - 1);
	g_string_append_c(out, '\n');
}

void
cells_titles(const Cells *cells, GString *out)
{
	const char *titles[COLUMNS_MAX];

	for (unsigned i = 0; i < cells->count; i++)
		titles[i] = cells->columns[i].title;
	cells_row(cells, out, titles);
}

unsigned
cells_terminal_width(void)
{
	const char *columns = g_getenv("COLUMNS");
	struct winsize size;
	guint64 width;

	if (columns != NULL && g_ascii_string_to_unsigned(columns, 10, 1, 10000, &width, NULL))
		return (unsigned)width;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		return size.ws_col;
	return 0;
}
