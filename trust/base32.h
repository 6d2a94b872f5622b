#ifndef RETOUR_BASE32_H
#define RETOUR_BASE32_H

#include <stdbool.h>
#include <stddef.h>

/*
 * RFC 4648 section 6 in lower case and without padding: the alphabet that survives a local part, whatever the MTAs on
 * the way do to its case. Each sequence of bytes has one text and each text one sequence of bytes.
 */
#define BASE32_SIZE(bytes) (((bytes)*8 + 4) / 5)

/* ret_text: BASE32_SIZE(size) octets and a NUL. */
void base32_encode(const unsigned char *bytes, size_t size, char *ret_text);
/* Either case. False: not exactly BASE32_SIZE(size) octets of the alphabet, or bits beyond the last byte are set. */
bool base32_decode(const char *text, size_t length, unsigned char *ret_bytes, size_t size);

#endif
