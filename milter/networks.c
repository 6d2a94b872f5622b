#include "networks.h"

#include <arpa/inet.h>
#include <string.h>

#define MAPPED_BITS 96 /* ::ffff:0:0/96 holds the IPv4 addresses, RFC 4291 section 2.5.5.2 */

/* Every address is one of IPv6 here. */
typedef struct Network {
	struct in6_addr address;
	unsigned bits;
} Network;

struct Networks {
	GArray *list; /* Network */
};

Networks *
networks_new(void)
{
	Networks *networks = g_new0(Networks, 1);

	networks->list = g_array_new(FALSE, FALSE, sizeof(Network));
	return networks;
}

void
networks_free(Networks *networks)
{
	if (networks == NULL)
		return;
	g_array_unref(networks->list);
	g_free(networks);
}

static bool
read_address(const char *text, struct in6_addr *ret_address, unsigned *ret_offset)
{
	struct in_addr four;

	if (inet_pton(AF_INET, text, &four) != 1) {
		*ret_offset = 0;
		return inet_pton(AF_INET6, text, ret_address) == 1;
	}
	memset(ret_address, 0, sizeof *ret_address);
	memset(ret_address->s6_addr + 10, 0xff, 2);
	memcpy(ret_address->s6_addr + 12, &four, sizeof four);
	*ret_offset = MAPPED_BITS;
	return true;
}

static bool
same_bits(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(a->s6_addr, b->s6_addr, bytes) != 0)
		return false;
	return rest == 0 || ((a->s6_addr[bytes] ^ b->s6_addr[bytes]) >> (8 - rest)) == 0;
}

bool
networks_add(Networks *networks, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 2);
	Network network = { .bits = 128 };
	unsigned offset = 0;
	guint64 bits = 0;

	if (parts[0] == NULL || !read_address(parts[0], &network.address, &offset)
		|| (parts[1] != NULL && !g_ascii_string_to_unsigned(parts[1], 10, 0, 128 - offset, &bits, NULL))) {
		g_set_error(error, RETOUR_ERROR, ERROR_CONFIG,
			"'%s' is no network such as 192.0.2.0/24 or 2001:db8::/32", text);
		return false;
	}
	if (parts[1] != NULL)
		network.bits = (unsigned)bits + offset;
	g_array_append_val(networks->list, network);
	return true;
}

bool
networks_match(const Networks *networks, const char *client)
{
	struct in6_addr address;
	unsigned offset;

	if (g_ascii_strncasecmp(client, "IPv6:", 5) == 0)
		client += 5;
	if (!read_address(client, &address, &offset))
		return false;
	for (unsigned i = 0; i < networks->list->len; i++) {
		const Network *network = &g_array_index(networks->list, Network, i);

		if (same_bits(&address, &network->address, network->bits))
			return true;
	}
	return false;
}
