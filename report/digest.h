#ifndef RETOUR_DIGEST_H
#define RETOUR_DIGEST_H

#include <glib.h>

#define DIGEST_SIZE 65

/*
 * Names a message for good: BLAKE2b-256, hex, over what the guard kept of it, without the header fields that change with
 * every delivery (Received, Return-Path, Delivered-To, filters' verdicts). Two copies of one report have the same.
 * (GLib's SHA-256 took a quarter of the time a bounce takes to read.)
 */
void digest_message(const GByteArray *headers, const GByteArray *mime, const GByteArray *original,
	char ret_digest[static DIGEST_SIZE]);

#endif
