/*
 * Which addresses a stranger's URL may lead to: the borders of every range.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "transfer/public_address.c"

#include <arpa/inet.h>
#include <sys/un.h>

static bool is_public(const char *text)
{
	struct sockaddr_storage address = { .ss_family = AF_INET };
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) != 1) {
		address.ss_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
	}
	return address_is_public((const struct sockaddr *)&address);
}

static void test_public(void **state)
{
	static const char *const addresses[] = {
		"1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
		"126.255.255.255", "128.0.0.0", "168.63.129.15", "168.63.129.17", "169.253.255.255",
		"169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
		"192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
		"198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
		"2001:200::1", "2001:db7::1", "2001:db9::1", "2003::1", "2606:4700::1111",
		"3ffe:ffff::1", "3fff:1000::1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		if (!is_public(addresses[i])) {
			fail_msg("%s is refused", addresses[i]);
		}
	}
}

static void test_not_public(void **state)
{
	static const char *const addresses[] = {
		"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0",
		"100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.255",
		"168.63.129.16", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255",
		"192.0.0.0", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.0",
		"192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "64:ff9b::8.8.8.8",
		"64:ff9b:1::1", "100::1", "1fff::1", "2001::1", "2001:1ff::1", "2001:db8::1",
		"2002:7f00:1::1", "3fff::1", "3fff:fff::1", "4000::1", "fc00::1", "fd00:ec2::254",
		"fe80::1", "fec0::1", "ff02::1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		if (is_public(addresses[i])) {
			fail_msg("%s passes", addresses[i]);
		}
	}
}

static void test_other_families(void **state)
{
	const struct sockaddr_un local = { .sun_family = AF_UNIX };

	(void)state;
	assert_false(address_is_public((const struct sockaddr *)&local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_public),
		cmocka_unit_test(test_not_public),
		cmocka_unit_test(test_other_families),
	};

	return cmocka_run_group_tests_name("public_address", tests, NULL, NULL);
}
