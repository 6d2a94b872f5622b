#ifndef RETOUR_CELLS_H
#define RETOUR_CELLS_H

#include <glib.h>
#include <stdbool.h>

/*
 * Tables for people, row by row. Text from outside is made harmless for a terminal: control and direction characters
 * do not pass. Widths count terminal cells, so that wide and combining characters line up.
 */
typedef struct Column {
	const char *title;
	unsigned least; /* width on a narrow terminal */
	unsigned most;  /* width on a wide one; text is padded to it where it is not cut */
	bool keep_end;  /* cut at the front: of a path the end says more */
} Column;

typedef struct Cells Cells;

/*
 * columns: ended by one without title; static. width: of the terminal, 0 when nothing is to be cut. The last column takes what
 * is left.
 */
Cells *cells_new(const Column *columns, unsigned width);
void cells_free(Cells *cells);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cells, cells_free)

/* Appends a line to out; values are as many as there are columns, NULL: empty. */
void cells_row(const Cells *cells, GString *out, const char *const *values);
void cells_titles(const Cells *cells, GString *out);

/* Appends text, cut to width cells (0: not) with an ellipsis. Returns the cells used. */
unsigned cells_append(GString *out, const char *text, unsigned width, bool keep_end);

/* Columns of standard output: COLUMNS, else the terminal's, else 0 (no terminal). */
unsigned cells_terminal_width(void);

#endif
