#ifndef RETOUR_FOREIGN_LIST_H
#define RETOUR_FOREIGN_LIST_H

#include "category.h"
#include "errors.h"

#include <glib.h>

/* How other systems write their lists of addresses that they mail no more: what their exports call things. A table. */
typedef struct ForeignList {
	const char *name; /* "ses", as on the command line */
	const char *const *target,
		*const *reason, *const *kind; /* names of members, lower case; kind: why, in the system's word */
	const char *const *code;              /* SMTP reply code that stands apart from its text */
	const char *only; /* the one kind of record that matters, others are passed over; NULL: all do */
} ForeignList;

/* NULL: unknown. */
const ForeignList *foreign_list_find(const char *name);
/* "csv, json, ses, ..." Owned by the caller. */
char *foreign_list_names(void);

/*
 * What the system's own word for why means here; its text may tell better (RETOUR's rules). False: the word is unknown or
 * says only that mail bounced.
 */
bool foreign_kind_category(const char *kind, Category *ret_category);

#endif
