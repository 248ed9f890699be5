/* webhook: the published vector, rotation, secrets that are none, hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "webhook.h"

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define OTHER "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SIGNATURE "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

static int
sign(struct buf *buf, const char *secrets, const char **why)
{
	static const char body[] = "{\"test\": 2432232314}";

	buf_clear(buf);
	return webhook_sign(buf, secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek",
	    1614265330, body, strlen(body), why);
}

static void
signatures(void **state)
{
	struct buf text = BUF_INIT;
	const char *why;

	(void)state;
	assert_int_equal(sign(&text, SECRET, &why), 0);
	assert_string_equal(text.data, SIGNATURE);
	/* Both of two keys while one takes over from the other. */
	assert_int_equal(sign(&text, SECRET " " OTHER, &why), 0);
	assert_memory_equal(text.data, SIGNATURE " v1,",
	    strlen(SIGNATURE) + 4);
	assert_int_equal(text.len, 2 * strlen(SIGNATURE) + 1);
	buf_release(&text);
}

static void
bad_secrets(void **state)
{
	static const char *const secrets[] = {
		"", "   ", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_",
		"whsec_MfKQ", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
		"whsec_????????????????????????????????",
		SECRET " nonsense",
		"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	};
	struct buf text = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		const char *why = NULL;

		print_message("%s\n", secrets[i]);
		assert_int_equal(sign(&text, secrets[i], &why), -1);
		assert_non_null(why);
		assert_int_equal(text.len, 0);
	}
	buf_release(&text);
}

static void
hosts(void **state)
{
	static const char *const urls[][2] = {
		{"https://hooks.example.org/T0/B0/secret", "hooks.example.org"},
		{"http://host:8080/x?token=secret", "host:8080"},
		{"https://host", "host"},
		{"https://host?token=secret", "host"},
		{"https://host#secret", "host"},
		{"https://user:secret@host/", "host"},
		{"https://user:sec@ret@host/", "host"},
		{"https://[::1]:80/x", "[::1]:80"},
		{"", NULL}, {"https://", NULL}, {"https:///x", NULL},
		{"ftp://host/", NULL}, {"host/secret", NULL},
		{"https://:80/", NULL}, {"https://secret@", NULL},
		{"https://a b/", NULL}, {"https://a\nb/", NULL},
		{"file:///etc/passwd", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct buf text = BUF_INIT;
		int rc = webhook_add_host(&text, urls[i][0]);

		print_message("%s\n", urls[i][0]);
		if (urls[i][1] == NULL) {
			assert_int_equal(rc, -1);
			assert_int_equal(text.len, 0);
		} else {
			assert_int_equal(rc, 0);
			assert_string_equal(text.data, urls[i][1]);
		}
		buf_release(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures),
		cmocka_unit_test(bad_secrets),
		cmocka_unit_test(hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
