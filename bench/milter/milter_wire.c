#include "milter_wire.h"

#include <arpa/inet.h>
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define OFFERED_ACTIONS 0x1ff
#define OFFERED_STEPS 0x1fffff
#define PACKET_LIMIT (2u << 20)

void
wire_put(Wire *wire, char command, const void *data, size_t size)
{
	uint32_t length = htonl((uint32_t)size + 1);

	g_byte_array_append(wire->out, (const guint8 *)&length, sizeof length);
	g_byte_array_append(wire->out, (const guint8 *)&command, 1);
	g_byte_array_append(wire->out, data, (guint)size);
}

bool
wire_flush(Wire *wire)
{
	size_t sent = 0;

	while (sent < wire->out->len) {
		ssize_t n = send(wire->fd, wire->out->data + sent, wire->out->len - sent, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	g_byte_array_set_size(wire->out, 0);
	return true;
}

static bool
get(Wire *wire, void *target, size_t size)
{
	for (unsigned char *at = target; size > 0;) {
		size_t have;

		if (wire->in_begin == wire->in_end) {
			ssize_t n = recv(wire->fd, wire->in, sizeof wire->in, 0);

			if (n <= 0)
				return false;
			wire->in_begin = 0;
			wire->in_end = (size_t)n;
		}
		have = MIN(size, wire->in_end - wire->in_begin);
		memcpy(at, wire->in + wire->in_begin, have);
		wire->in_begin += have;
		at += have;
		size -= have;
	}
	return true;
}

static bool
get_packet(Wire *wire, char *ret_command, GByteArray *data)
{
	uint32_t length;

	if (!get(wire, &length, sizeof length))
		return false;
	length = ntohl(length);
	if (length == 0 || length > PACKET_LIMIT || !get(wire, ret_command, 1))
		return false;
	g_byte_array_set_size(data, length - 1);
	return get(wire, data->data, length - 1);
}

char
wire_reply(Wire *wire)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	char command;

	if (!wire_flush(wire))
		return 0;
	do {
		if (!get_packet(wire, &command, data))
			return 0;
	} while (strchr("+-2mhibqep", command) != NULL);
	return command;
}

static bool
negotiate(Wire *wire)
{
	uint32_t offer[3] = { htonl(6), htonl(OFFERED_ACTIONS), htonl(OFFERED_STEPS) };
	g_autoptr(GByteArray) answer = g_byte_array_new();
	char command;

	wire_put(wire, SMFIC_OPTNEG, offer, sizeof offer);
	if (!wire_flush(wire) || !get_packet(wire, &command, answer) || command != SMFIC_OPTNEG
		|| answer->len < sizeof offer)
		return false;
	memcpy(offer, answer->data, sizeof offer);
	wire->steps = ntohl(offer[2]);
	return true;
}

Wire *
wire_open(const char *path)
{
	Wire *wire = g_new(Wire, 1);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	g_strlcpy(address.sun_path, path, sizeof address.sun_path);
	wire->out = g_byte_array_new();
	wire->in_begin = wire->in_end = 0;
	wire->steps = 0;
	wire->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(wire->fd, (const struct sockaddr *)&address, sizeof address) == 0 && negotiate(wire))
		return wire;
	wire_close(wire);
	return NULL;
}

void
wire_close(Wire *wire)
{
	close(wire->fd);
	g_byte_array_unref(wire->out);
	g_free(wire);
}
