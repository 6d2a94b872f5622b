#ifndef RETOUR_HEADERS_H
#define RETOUR_HEADERS_H

#include "message.h"

/* Lists of Header *, as message.h shows them to readers. */

GPtrArray *headers_new(void);
/* Appends the fields of a header block with LF line ends, up to its first blank line. */
void headers_add_block(GPtrArray *headers, const char *block, size_t size, const Limits *limits);

#endif
