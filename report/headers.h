#ifndef RETOUR_HEADERS_H
#define RETOUR_HEADERS_H

#include "message.h"

/* Lists of Header *, as message.h shows them to readers. */

GPtrArray *headers_new(void);
/* raw: the value as it stands in the mail: folded, encoded, any bytes. */
void headers_add(GPtrArray *headers, const char *name, const char *raw, const Limits *limits);

#endif
