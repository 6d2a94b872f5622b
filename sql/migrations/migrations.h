#ifndef RETOUR_MIGRATIONS_H
#define RETOUR_MIGRATIONS_H

/* The migrations as they were when the program was built; the table is generated. */
typedef struct Migration {
	unsigned version;
	const char *name; /* "0001_reports"; NULL ends the table */
	const char *sql;
} Migration;

extern const Migration migrations[];

#endif
