#include "oauth/pkce.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* RFC 7636, appendix B. */
static void test_challenge(void **state)
{
	struct secret verifier = SECRET_INIT;
	char challenge[PKCE_TEXT_BYTES];

	(void)state;
	secret_set(&verifier, slice_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
	pkce_challenge(&verifier, challenge);
	assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	secret_release(&verifier);
}

static void test_random(void **state)
{
	struct secret one = SECRET_INIT;
	struct secret two = SECRET_INIT;

	(void)state;
	pkce_random(&one);
	pkce_random(&two);
	assert_int_equal(one.len, 43);
	assert_int_equal(strspn(one.ptr, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				"0123456789-_"), 43);
	assert_string_not_equal(one.ptr, two.ptr);
	secret_release(&one);
	secret_release(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
