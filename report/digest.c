#include "digest.h"

#include "text.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

static const char *const trace_fields[] = { "Received", "Return-Path", "Delivered-To", "X-Original-To", "Envelope-To",
	"X-Envelope-To", "X-Envelope-From", "Received-SPF", "Authentication-Results", "X-Received", "Status",
	"X-Status", "X-UID", "X-UIDL", "X-Keywords", "X-Mozilla-Status", "X-Mozilla-Status2", "Content-Length",
	"Lines" };
static const char *const trace_prefixes[] = { "ARC-", "X-Spam-", "X-Virus-", "X-Rspamd-", "X-Gm-" };

static bool
is_trace(const char *line, size_t size)
{
	const char *colon = memchr(line, ':', MIN(size, 64));
	size_t name = colon == NULL ? 0 : (size_t)(colon - line);

	while (name > 0 && (line[name - 1] == ' ' || line[name - 1] == '\t'))
		name--;
	for (size_t i = 0; i < G_N_ELEMENTS(trace_fields); i++)
		if (text_begins(line, trace_fields[i]) && strlen(trace_fields[i]) == name)
			return true;
	for (size_t i = 0; i < G_N_ELEMENTS(trace_prefixes); i++) {
		if (text_begins(line, trace_prefixes[i]) && name > strlen(trace_prefixes[i]))
			return true;
	}
	return false;
}

static void
add(crypto_generichash_state *hash, const char *from, const char *to)
{
	crypto_generichash_update(hash, (const unsigned char *)from, (size_t)(to - from));
}

/* Runs of fields that count are hashed in one piece; the guard ends every line with LF. */
static void
add_fields(crypto_generichash_state *hash, const GByteArray *fields)
{
	const char *line = (const char *)fields->data, *end = line + fields->len, *kept = line;
	bool skipping = false;

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		if (*line != ' ' && *line != '\t') {
			bool trace = is_trace(line, (size_t)(stop - line));

			if (trace && !skipping)
				add(hash, kept, line);
			else if (!trace && skipping)
				kept = line;
			skipping = trace;
		}
		line = stop + 1;
	}
	if (!skipping)
		add(hash, kept, end);
}

void
digest_message(const GByteArray *headers, const GByteArray *mime, const GByteArray *original,
	char ret_digest[static DIGEST_SIZE])
{
	crypto_generichash_state hash;
	unsigned char digest[(DIGEST_SIZE - 1) / 2];

	crypto_generichash_init(&hash, NULL, 0, sizeof(digest));
	add_fields(&hash, headers);
	crypto_generichash_update(&hash, mime->data, mime->len);
	crypto_generichash_update(&hash, original->data, original->len);
	crypto_generichash_final(&hash, digest, sizeof(digest));
	sodium_bin2hex(ret_digest, DIGEST_SIZE, digest, sizeof(digest));
}
