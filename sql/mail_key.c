#include "mail_key.h"

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t
mix(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
	return hash * FNV_PRIME; /* the border between texts, as a zero byte */
}

int64_t
mail_key(const char *message_id, const char *recipient)
{
	return (int64_t)mix(mix(FNV_OFFSET, message_id), recipient);
}
