#ifndef RETOUR_MAIL_LIMITS_H
#define RETOUR_MAIL_LIMITS_H

#include <stddef.h>

/*
 * Everything a stranger controls is bounded here (reasons: GMime 3.2 recurses over nested address
 * groups without limit and builds one object per boundary line). What lies beyond a limit is cut or
 * skipped, never an error by itself: a report that is too long is still a report.
 */
typedef struct Limits {
	size_t message_bytes;  /* of a message that are looked at; the rest is skipped */
	size_t header_bytes;   /* one logical header line */
	size_t address_colons; /* ':' in one header line; each may open a nested address group */
	size_t headers;        /* header fields kept per entity */
	size_t boundary_lines; /* lines that begin with "--"; each may open a part */
	size_t parts;          /* MIME parts walked */
	size_t depth;          /* MIME nesting walked */
	size_t text_bytes;     /* decoded text of one part kept for readers and rules */
	size_t field_bytes;    /* one value in a delivery-status or feedback-report block */
	size_t field_groups;   /* blank-line separated groups in such a block */
	size_t recipients;     /* recipients of one bounce */
	size_t complaint_recipients;
} Limits;

extern const Limits limits_default;

#endif
