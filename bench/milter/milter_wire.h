#ifndef RETOUR_MILTER_WIRE_H
#define RETOUR_MILTER_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The MTA's side of the milter protocol, version 6: packets of a length in network order, a command letter and data.
 * Writes are gathered until a reply is wanted, as an MTA on a good day does.
 */
typedef struct Wire {
	int fd;
	GByteArray *out;
	unsigned char in[65536];
	size_t in_begin, in_end;
	uint32_t steps; /* SMFIP_ flags as negotiated */
} Wire;

Wire *wire_open(const char *path); /* a unix socket; negotiates. NULL: failed */
void wire_close(Wire *wire);

void wire_put(Wire *wire, char command, const void *data, size_t size);
bool wire_flush(Wire *wire);
/* Sends what was gathered and returns the letter of the next reply that is no modification and no sign of life; 0: broken. */
char wire_reply(Wire *wire);

#endif
