/* digest: the examples of FIPS 180-2, in one piece and in many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "digest.h"

static void
expect(const char *text, size_t repeat, const char *want)
{
	struct digest *digest = digest_new();
	char hex[DIGEST_HEX_SIZE];

	assert_non_null(digest);
	for (size_t i = 0; i < repeat; i++)
		assert_int_equal(digest_add(digest, text, strlen(text)), 0);
	assert_int_equal(digest_finish(digest, hex), 0);
	assert_string_equal(hex, want);
	digest_free(digest);
}

static void
test_examples(void **state)
{
	(void)state;
	expect("", 0, "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	expect("abc", 1, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	expect("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1");
	expect("aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67"
	    "f1809a48a497200e046d39ccc7112cd0");
	digest_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
