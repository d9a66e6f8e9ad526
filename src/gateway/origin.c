#define _GNU_SOURCE     /* memrchr */
#include "gateway/origin.h"

#include <arpa/inet.h>

#include "base/limits.h"

struct address {
	unsigned char bytes[16];
	unsigned bits;                  /* 32 or 128; 0: none */
};

static struct address read_address(struct slice text)
{
	struct address a = { .bits = 0 };
	char copy[INET6_ADDRSTRLEN];

	if (!text.len || text.len >= sizeof copy) {
		return a;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET, copy, a.bytes) == 1) {
		a.bits = 32;
	} else if (inet_pton(AF_INET6, copy, a.bytes) == 1) {
		a.bits = 128;
	}
	return a;
}

static bool shares_bits(const struct address *a, const struct address *b, unsigned bits)
{
	unsigned whole = bits / 8;
	unsigned mask = 0xff00U >> (bits % 8) & 0xff;

	return memcmp(a->bytes, b->bytes, whole) == 0 &&
	       (!mask || (a->bytes[whole] & mask) == (b->bytes[whole] & mask));
}

/* `range` is as the configuration has checked it: ADDRESS[/BITS]. */
static bool is_in(const struct address *a, const char *range)
{
	struct slice rest = slice_of(range);
	struct slice part;
	struct address network;
	uint64_t bits;

	slice_next(&rest, '/', &part);
	network = read_address(part);
	bits = network.bits;
	return network.bits == a->bits && (!rest.ptr || str_to_u64(rest, &bits)) &&
	       bits <= network.bits && shares_bits(a, &network, (unsigned)bits);
}

static bool is_trusted(const struct string_list *proxies, struct slice text)
{
	struct address a = read_address(text);

	for (size_t i = 0; a.bits && i < proxies->count; i++) {
		if (is_in(&a, proxies->items[i])) {
			return true;
		}
	}
	return false;
}

/* Proxies add to the header, or a header of their own behind the others. */
static void collect(void *ctx, const char *name, const char *value)
{
	if (str_ieq(name, "x-forwarded-for")) {
		buf_addf(ctx, ",%s", value);
	}
}

/* Each proxy tells who spoke to it, at the end: from there on as far to the
 * front as those who tell are trusted. */
static struct slice first_stranger(const struct string_list *proxies, struct slice list,
				   struct slice peer)
{
	while (list.len && is_trusted(proxies, peer)) {
		const char *comma = memrchr(list.ptr, ',', list.len);
		struct slice next = {
			comma + 1, (size_t)(list.ptr + list.len - comma) - 1,
		};

		next = slice_trim(next);
		if (!read_address(next).bits) {
			break;
		}
		peer = next;
		list.len = (size_t)(comma - list.ptr);
	}
	return peer;
}

const char *origin_address(struct exchange *x)
{
	const struct string_list *proxies = &x->config->server.trusted_proxies;
	const char *peer = client_address(x->client);
	struct buf list = BUF_INIT(MAX_CLIENT_HEAD_BYTES);
	struct slice found;

	if (!proxies->count || !is_trusted(proxies, slice_of(peer))) {
		return peer;
	}
	client_each_header(x->client, collect, &list);
	found = first_stranger(proxies, buf_slice(&list), slice_of(peer));
	peer = arena_strndup(&x->arena, found.ptr, found.len);
	buf_release(&list);
	return peer;
}
