#ifndef RETOUR_NETSTRING_H
#define RETOUR_NETSTRING_H

#include <glib.h>

/* Netstrings ("3:abc,"): how socketmap frames its questions, and how entries stand in Redis. */
typedef enum NetstringRead {
	NETSTRING_WHOLE,
	NETSTRING_PART, /* more bytes may make it whole */
	NETSTRING_BAD,  /* nothing that follows can mend it, or it is longer than the limit */
} NetstringRead;

/*
 * The netstring at the start of bytes. *ret_text is borrowed and not terminated; *ret_used: its length with the frame. Both set
 * when it is whole.
 */
NetstringRead netstring_read(
	const char *bytes, size_t size, size_t limit, const char **ret_text, size_t *ret_length, size_t *ret_used);

void netstring_append(GString *out, const char *text, size_t length);

#endif
