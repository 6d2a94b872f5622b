#include "base32.h"

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

void
base32_encode(const unsigned char *bytes, size_t size, char *ret_text)
{
	unsigned held = 0, bits = 0;

	for (size_t i = 0; i < size; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*ret_text++ = alphabet[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		*ret_text++ = alphabet[held << (5 - bits) & 31];
	*ret_text = '\0';
}

static int
value_of(char c)
{
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

bool
base32_decode(const char *text, size_t length, unsigned char *ret_bytes, size_t size)
{
	unsigned held = 0, bits = 0;

	if (length != BASE32_SIZE(size))
		return false;
	for (size_t i = 0; i < length; i++) {
		int value = value_of(text[i]);

		if (value < 0)
			return false;
		held = held << 5 | (unsigned)value;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*ret_bytes++ = (unsigned char)(held >> bits);
		}
	}
	return (held & ((1U << bits) - 1)) == 0;
}
