/* manifest: one good one, and one fault each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "manifest.h"
#include "report.h"

static const char good[] = "{"
    "\"filename\":\"shop_2026-01-29_143022.sql.gz\","
    "\"timestamp\":\"20260129_143022\","
    "\"created_at\":\"2026-01-29T14:30:22.123456\","
    "\"database\":\"shop\",\"size_bytes\":16070144,\"size_mb\":15.32,"
    "\"description\":\"\",\"compressed\":true,\"schema_version\":1,"
    "\"id\":\"run-1\",\"urls\":[\"s3://b/shop_2026-01-29_143022.sql.gz\"],"
    "\"series\":\"shop\",\"environment\":\"\",\"type\":\"manual\","
    "\"host\":\"h\",\"format\":\"sql\",\"compression\":\"gzip-frame\","
    "\"encryption\":\"none\",\"sha256\":\""
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
    "\"created_at_utc\":\"2026-01-29T13:30:22.123456+00:00\","
    "\"row_count\":5,\"tables\":["
    "{\"schema\":\"public\",\"name\":\"a\",\"rows\":2,\"bytes\":10},"
    "{\"schema\":\"public\",\"name\":\"b\",\"rows\":3}],"
    "\"later\":{\"kept\":true}}";

/* One field replaced (json NULL: taken away) and what is said of it. */
static const struct {
	const char *key;
	const char *json;
	const char *why;	/* NULL: still good */
} cases[] = {
	{"later", NULL, NULL},
	{"row_count", NULL, NULL},
	{"row_count", "null", NULL},
	{"row_count", "6", "row_count is 6, but the tables' rows add up to 5"},
	{"row_count", "-1", "row_count"},
	{"row_count", "5.0", "row_count"},
	{"tables", "[]", "row_count"},
	{"tables", "{}", "tables"},
	{"tables", "[1]", "tables"},
	{"tables", "[{\"schema\":\"x\"}]", "tables"},
	{"tables", "[{\"schema\":\"x\",\"name\":\"y\",\"rows\":\"1\"}]",
	    "tables"},
	{"tables", "[{\"schema\":\"x\",\"name\":\"y\"}]", NULL},
	{"schema_version", NULL, "schema_version is missing"},
	{"schema_version", "2", "schema_version must be 1"},
	{"schema_version", "\"1\"", "schema_version"},
	{"id", NULL, "id is missing"},
	{"id", "\"\"", "id must be"},
	{"id", "\"a b\"", "id must be"},
	{"id", "\"a\\nb\"", "id must be"},
	{"id", "7", "id must be"},
	{"urls", "[]", "urls"},
	{"urls", "[\"\"]", "urls"},
	{"urls", "[1]", "urls"},
	{"urls", "\"s3://b/x\"", "urls"},
	{"filename", "\"\"", "filename"},
	{"filename", "\"a/b\"", "filename"},
	{"filename", "\"..\"", "filename"},
	{"filename", "\"a\\u0007\"", "filename"},
	{"filename", "null", "filename is missing"},
	{"database", "\"\"", "database"},
	{"description", "null", "description is missing"},
	{"description", "\"\\u00fc\"", NULL},
	{"description", "1", "description"},
	{"series", "\"\"", "series"},
	{"format", "\"tar\"", "format"},
	{"format", "\"custom\"", NULL},
	{"format", "\"globals\"", NULL},
	{"compression", "\"gzip\"", NULL},
	{"compression", "\"none\"", "compressed"},
	{"compression", "\"lz4\"", "compression"},
	{"compressed", "false", "compressed"},
	{"compressed", "\"yes\"", "compressed"},
	{"encryption", "\"rot13\"", "encryption"},
	{"size_bytes", "-1", "size_bytes"},
	{"size_bytes", "1.5", "size_bytes"},
	{"size_bytes", "\"16070144\"", "size_bytes"},
	{"size_bytes", "16070143999", "size_mb"},
	{"size_mb", "15.33", NULL},
	{"size_mb", "16", "size_mb"},
	{"size_mb", "-1", "size_mb"},
	{"sha256", "\"abc\"", "sha256"},
	{"sha256", "\"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495"
	    "991B7852B855\"", "sha256"},
	{"timestamp", "\"2026-01-29\"", "timestamp"},
	{"timestamp", "\"20260129_14302x\"", "timestamp"},
	{"created_at", "\"2026-01-29T14:30:22\"", NULL},
	{"created_at", "\"2026-01-29T14:30:22Z\"", "created_at"},
	{"created_at", "\"2026-01-29T14:30:22+01:00\"", "created_at"},
	{"created_at", "\"2026-01-29\"", "created_at"},
	{"created_at", "\"2026-02-30T00:00:00\"", "created_at"},
	{"created_at", "\"2026-01-29 14:30:22\"", "created_at"},
	{"created_at_utc", "\"2026-01-29T13:30:22Z\"", NULL},
	{"created_at_utc", "\"2026-01-29T13:30:22\"", "created_at_utc"},
	{"created_at_utc", "\"2026-01-29T25:30:22Z\"", "created_at_utc"},
	{"created_at_utc", "\"2026-01-29T13:30:22Zjunk\"", "created_at_utc"},
	{"created_at_utc", "17", "created_at_utc"},
	{"duration_seconds", "1.5", NULL},
	{"duration_seconds", "\"1\"", "duration_seconds"},
	{"snapshot", "[]", "snapshot"},
	{"snapshot", "{\"lsn\":\"0/1\"}", NULL},
	{"started_at", "\"soon\"", "started_at"},
};

static void
each_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *manifest = json_loads(good, 0, NULL);
		struct buf why = BUF_INIT;

		print_message("%s=%s\n", cases[i].key, cases[i].json);
		assert_non_null(manifest);
		if (cases[i].json == NULL)
			json_object_del(manifest, cases[i].key);
		else
			json_object_set_new(manifest, cases[i].key, json_loads(
			    cases[i].json, JSON_DECODE_ANY, NULL));
		int rc = manifest_check(manifest, &why);

		if (cases[i].why == NULL) {
			assert_string_equal(why.data, "");
			assert_int_equal(rc, 0);
		} else {
			assert_int_equal(rc, -1);
			assert_non_null(strstr(why.data, cases[i].why));
		}
		buf_release(&why);
		json_decref(manifest);
	}
}

/* Every field that the check knows is needed, or may be missing. */
static void
required(void **state)
{
	static const char *const optional[] = {"row_count", "tables", "later"};
	json_t *manifest = json_loads(good, 0, NULL);
	const char *key;
	json_t *value;

	(void)state;
	json_object_foreach(manifest, key, value) {
		json_t *copy = json_copy(manifest);
		struct buf why = BUF_INIT;
		bool may = false;

		for (size_t i = 0; i < 3; i++)
			may = may || strcmp(key, optional[i]) == 0;
		json_object_del(copy, key);
		assert_int_equal(manifest_check(copy, &why), may ? 0 : -1);
		buf_release(&why);
		json_decref(copy);
	}
	json_decref(manifest);
}

static void
not_an_object(void **state)
{
	struct buf why = BUF_INIT;
	json_t *array = json_array();

	(void)state;
	assert_int_equal(manifest_check(array, &why), -1);
	assert_false(manifest_is_ours(array));
	json_decref(array);
	buf_release(&why);
}

static void
created(void **state)
{
	json_t *manifest = json_loads(good, 0, NULL);
	struct timespec when = manifest_created(manifest);

	(void)state;
	assert_int_equal(when.tv_sec, 1769693422);
	assert_int_equal(when.tv_nsec, 123456000);
	assert_true(manifest_is_ours(manifest));
	assert_string_equal(manifest_series(manifest), "shop");
	json_decref(manifest);
}

static void
size_mb_is_cut(void **state)
{
	static const struct { uint64_t bytes; int hundredths; } sizes[] = {
		{0, 0}, {1, 0}, {10485, 0}, {10486, 1}, {1048575, 99},
		{1048576, 100}, {16070144, 1532},
		{UINT64_C(1) << 40, 104857600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		assert_int_equal((int)(manifest_size_mb(sizes[i].bytes) *
		    100 + 0.5), sizes[i].hundredths);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault),
		cmocka_unit_test(required),
		cmocka_unit_test(not_an_object),
		cmocka_unit_test(created),
		cmocka_unit_test(size_mb_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
