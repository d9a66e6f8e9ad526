#include "transfer/public_address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

static const struct {
	uint32_t network;
	int bits;
} special_v4[] = {
	{ 0x00000000, 8 },      /* this network */
	{ 0x0a000000, 8 },      /* private */
	{ 0x64400000, 10 },     /* shared, and one cloud's metadata */
	{ 0x7f000000, 8 },      /* loopback */
	{ 0xa83f8110, 32 },     /* Azure's host, 168.63.129.16 */
	{ 0xa9fe0000, 16 },     /* link-local, and most clouds' metadata */
	{ 0xac100000, 12 },     /* private */
	{ 0xc0000000, 24 },     /* protocol assignments */
	{ 0xc0000200, 24 },     /* documentation */
	{ 0xc0586300, 24 },     /* 6to4 relays */
	{ 0xc0a80000, 16 },     /* private */
	{ 0xc6120000, 15 },     /* benchmarks */
	{ 0xc6336400, 24 },     /* documentation */
	{ 0xcb007100, 24 },     /* documentation */
	{ 0xe0000000, 3 },      /* multicast, reserved, broadcast */
};

/* Inside 2000::/3, outside of which nothing is public. */
static const struct {
	unsigned char network[4];
	int bits;
} special_v6[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 23 },     /* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },     /* documentation */
	{ { 0x20, 0x02, 0x00, 0x00 }, 16 },     /* 6to4: holds an IPv4 address */
	{ { 0x3f, 0xff, 0x00, 0x00 }, 20 },     /* documentation */
};

static bool is_public_v4(uint32_t address)
{
	for (size_t i = 0; i < ARRAY_LEN(special_v4); i++) {
		uint32_t mask = UINT32_MAX << (32 - special_v4[i].bits);

		if ((address & mask) == special_v4[i].network) {
			return false;
		}
	}
	return true;
}

static uint32_t first_word(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static bool is_public_v6(const struct in6_addr *address)
{
	uint32_t word = first_word(address->s6_addr);

	if ((address->s6_addr[0] & 0xe0) != 0x20) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(special_v6); i++) {
		uint32_t mask = UINT32_MAX << (32 - special_v6[i].bits);

		if ((word & mask) == first_word(special_v6[i].network)) {
			return false;
		}
	}
	return true;
}

bool address_is_public(const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&v4, address, sizeof v4);
		return is_public_v4(ntohl(v4.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&v6, address, sizeof v6);
		return is_public_v6(&v6.sin6_addr);
	default:
		return false;
	}
}
