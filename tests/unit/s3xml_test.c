/* s3xml, s3xml_list, xmlwalk: what servers answer, and what they must not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "s3xml.h"
#include "s3xml_list.h"
#include "xmlwalk.h"

#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

/* Of the one kind that it is. */
static int
read_list(struct s3xml_list *list, const char *text)
{
	for (enum s3xml_kind kind = S3XML_OBJECTS; kind <= S3XML_UPLOADS;
	    kind++) {
		if (s3xml_read_list(list, kind, text, strlen(text)) == 0)
			return 0;
	}
	return -1;
}

static void
test_list(void **state)
{
	struct s3xml_list list;

	(void)state;
	assert_int_equal(read_list(&list,
	    "<?xml version=\"1.0\"?>\n<ListBucketResult" NS ">"
	    "<Name>b</Name><Prefix>a+b/</Prefix><EncodingType>url"
	    "</EncodingType><Contents><Key>a+b/%C3%A9%2B%00%zz%</Key>"
	    "<LastModified>2026-01-29T14:30:22.123Z</LastModified>"
	    "<ETag>&quot;abc-2&quot;</ETag><Size>18446744073709551615</Size>"
	    "<Owner><ID>x</ID></Owner></Contents>"
	    "<Contents><Key>k</Key><Size>0</Size></Contents>"
	    "<IsTruncated>true</IsTruncated><NextContinuationToken>t+%20"
	    "</NextContinuationToken></ListBucketResult>"), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(list.items[0].key, "a b/\xc3\xa9+%00%zz%");
	assert_string_equal(list.items[0].id, "abc-2");
	assert_true(list.items[0].size == UINT64_MAX);
	assert_int_equal(list.items[0].when.tv_sec, 1769697022);
	assert_string_equal(list.items[1].id, "");
	assert_true(list.truncated);
	assert_string_equal(list.token, "t+%20");
	s3xml_list_release(&list);
	/* With a delimiter: the list's own prefix is no item. */
	assert_int_equal(read_list(&list, "<ListBucketResult>"
	    "<Prefix>p/</Prefix><Delimiter>/</Delimiter><EncodingType>url"
	    "</EncodingType><CommonPrefixes><Prefix>p/a%20b/</Prefix>"
	    "</CommonPrefixes><Contents><Key>p/c</Key></Contents>"
	    "</ListBucketResult>"), 0);
	assert_int_equal(list.count, 2);
	assert_true(list.items[0].prefix);
	assert_string_equal(list.items[0].key, "p/a b/");
	assert_false(list.items[1].prefix);
	s3xml_list_release(&list);
	/* Not encoded: nothing is decoded. */
	assert_int_equal(read_list(&list, "<ListBucketResult><Contents>"
	    "<Key>a+%20</Key></Contents></ListBucketResult>"), 0);
	assert_string_equal(list.items[0].key, "a+%20");
	assert_false(list.truncated);
	s3xml_list_release(&list);
}

static void
test_uploads(void **state)
{
	struct s3xml_list list;

	(void)state;
	assert_int_equal(read_list(&list, "<ListMultipartUploadsResult>"
	    "<Upload><Key>k</Key><UploadId>id</UploadId><Initiated>"
	    "2026-01-29T14:30:22Z</Initiated><Owner><ID>o</ID></Owner>"
	    "</Upload><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>id"
	    "</NextUploadIdMarker><IsTruncated>true</IsTruncated>"
	    "</ListMultipartUploadsResult>"), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].id, "id");
	assert_string_equal(list.marker, "k");
	assert_string_equal(list.id_marker, "id");
	s3xml_list_release(&list);
}

/* What is no upload must not be aborted, nor a version be deleted. */
static void
test_other_kinds(void **state)
{
	static const char *const lists[] = {
		[S3XML_OBJECTS] = "<ListBucketResult><Contents><Key>k</Key>"
		    "</Contents></ListBucketResult>",
		[S3XML_VERSIONS] = "<ListVersionsResult><Version><Key>k</Key>"
		    "</Version></ListVersionsResult>",
		[S3XML_UPLOADS] = "<ListMultipartUploadsResult><Upload><Key>k"
		    "</Key></Upload></ListMultipartUploadsResult>",
	};
	struct s3xml_list list;

	(void)state;
	for (enum s3xml_kind is = S3XML_OBJECTS; is <= S3XML_UPLOADS; is++) {
		for (enum s3xml_kind asked = S3XML_OBJECTS;
		    asked <= S3XML_UPLOADS; asked++) {
			assert_int_equal(s3xml_read_list(&list, asked,
			    lists[is], strlen(lists[is])),
			    is == asked ? 0 : -1);
			s3xml_list_release(&list);
		}
	}
}

#define VERSION(key, id, latest) "<Version><Key>" key "</Key><VersionId>" id \
	"</VersionId><IsLatest>" latest "</IsLatest><Size>3</Size></Version>"

static void
test_versions(void **state)
{
	struct s3xml_list list;

	(void)state;
	assert_int_equal(read_list(&list, "<ListVersionsResult" NS ">"
	    "<EncodingType>url</EncodingType>"
	    VERSION("a%2Bb", "v1", "true") VERSION("c", "v2", "false")
	    "<DeleteMarker><Key>c</Key><VersionId>v3</VersionId><IsLatest>true"
	    "</IsLatest></DeleteMarker><IsTruncated>true</IsTruncated>"
	    "<NextKeyMarker>c</NextKeyMarker><NextVersionIdMarker>v3"
	    "</NextVersionIdMarker></ListVersionsResult>"), 0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].key, "a+b");
	assert_string_equal(list.items[0].version, "v1");
	assert_true(list.items[0].latest);
	assert_false(list.items[0].delete_marker);
	assert_false(list.items[1].latest);
	assert_string_equal(list.items[2].version, "v3");
	assert_true(list.items[2].delete_marker && list.items[2].latest);
	assert_string_equal(list.marker, "c");
	assert_string_equal(list.id_marker, "v3");
	s3xml_list_release(&list);
}

/* What is the marker of a page whose last key is "a b+c%d"? */
static void
test_markers(void **state)
{
	static const char *const markers[][2] = {
		{"a+b%2Bc%25d", "a b+c%d"},
		{"a%20b%2Bc%25d", "a b+c%d"},
		{"a b+c%d", "a b+c%d"},		/* Ceph RGW */
		{"z%2B", "z+"},
		{"a+b%2Bc%25d%5Bminio%5D", "a b+c%d[minio]"},
	};
	char text[1024];
	struct s3xml_list list;

	(void)state;
	for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
		snprintf(text, sizeof text, "<ListVersionsResult>"
		    "<EncodingType>url</EncodingType>"
		    VERSION("a%%20b%%2Bc%%25d", "1", "true")
		    "<NextKeyMarker>%s</NextKeyMarker></ListVersionsResult>",
		    markers[i][0]);
		assert_int_equal(read_list(&list, text), 0);
		assert_string_equal(list.marker, markers[i][1]);
		s3xml_list_release(&list);
	}
}

static int
count_tags(const char *text)
{
	size_t count;

	return s3xml_count_tags(&count, text, strlen(text)) == 0 ?
	    (int)count : -1;
}

static void
test_tags(void **state)
{
	(void)state;
	assert_int_equal(count_tags("<Tagging" NS "><TagSet><Tag><Key>a</Key>"
	    "<Value/></Tag><Tag><Key>b</Key><Value>c</Value></Tag></TagSet>"
	    "</Tagging>"), 2);
	assert_int_equal(count_tags("<Tagging/>"), 0);
	assert_int_equal(count_tags("<TagSet><Tag/></TagSet>"), -1);
	assert_int_equal(count_tags("<Tagging><TagSet>"), -1);
	assert_int_equal(count_tags(""), -1);
}

static void
test_bad_lists(void **state)
{
	static const char *const bad[] = {
		"", " ", "x", "<html/>", "<Error><Code>x</Code></Error>",
		"<ListBucketResult>", "<ListBucketResult></x>",
		"<ListBucketResult><Contents><Size>1</Size></Contents>"
		    "</ListBucketResult>",
		"<ListBucketResult><Contents><Key>k</Key><Size>-1</Size>"
		    "</Contents></ListBucketResult>",
		"<ListBucketResult><Contents><Key>k</Key><Size>1x</Size>"
		    "</Contents></ListBucketResult>",
		"<ListBucketResult/><ListBucketResult/>",
		"<ListBucketResult/>trailing",
		"<ListPartsResult><Part><Size>5</Size></Part>"
		    "</ListPartsResult>",
		"<!DOCTYPE x [<!ENTITY a \"b\">]><ListBucketResult/>",
		"<ListBucketResult><Contents><Key>&a;</Key></Contents>"
		    "</ListBucketResult>",
	};
	struct s3xml_list list;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_list(&list, bad[i]), -1);
}

static void
test_error(void **state)
{
	static const char text[] = "  \n<?xml version=\"1.0\"?><Error>"
	    "<Code>SlowDown</Code><Message>a &lt; b</Message>"
	    "<Region>eu</Region></Error>";
	static const char wrapped[] = "<ErrorResponse><Error><Code>X</Code>"
	    "</Error></ErrorResponse>";
	struct s3xml_error error;

	(void)state;
	assert_int_equal(s3xml_read_error(&error, text, strlen(text)), 0);
	assert_string_equal(error.code, "SlowDown");
	assert_string_equal(error.message, "a < b");
	assert_string_equal(error.region, "eu");
	assert_string_equal(error.endpoint, "");
	s3xml_error_release(&error);
	assert_int_equal(s3xml_read_error(&error, wrapped, strlen(wrapped)),
	    0);
	assert_string_equal(error.code, "X");
	s3xml_error_release(&error);
	assert_int_equal(s3xml_read_error(&error, "<Error/>", 8), -1);
	assert_string_equal(error.code, "");
	s3xml_error_release(&error);
	assert_int_equal(s3xml_read_error(&error, "<html>", 6), -1);
	s3xml_error_release(&error);
}

static char *
completed(const char *text)
{
	return s3xml_read_completed(text, strlen(text));
}

static void
test_completed(void **state)
{
	char *etag = completed("\n\n  <CompleteMultipartUploadResult" NS
	    "><ETag>\"a-3\"</ETag></CompleteMultipartUploadResult>");

	(void)state;
	assert_string_equal(etag, "a-3");
	free(etag);
	etag = completed("<CompleteMultipartUploadResult><ETag></ETag>"
	    "</CompleteMultipartUploadResult>");
	assert_string_equal(etag, "");
	free(etag);
	assert_null(completed(""));
	assert_null(completed("<Error><Code>InternalError</Code></Error>"));
	assert_null(completed("<CompleteMultipartUploadResult><ETag>"));
	assert_null(completed("<x><CompleteMultipartUploadResult/></x>"));
	assert_null(s3xml_read_upload_id(
	    "<InitiateMultipartUploadResult/>", 32));
}

static void
test_deleted(void **state)
{
	static const char text[] = "<DeleteResult><Deleted><Key>a</Key>"
	    "</Deleted><Error><Key>b</Key><Code>AccessDenied</Code></Error>"
	    "<Error><Key>c</Key><Code>InternalError</Code></Error>"
	    "</DeleteResult>";
	struct s3xml_error *errors;
	size_t count;

	(void)state;
	assert_int_equal(s3xml_read_deleted(&errors, &count, text,
	    strlen(text)), 0);
	assert_int_equal(count, 2);
	assert_string_equal(errors[0].key, "b");
	assert_string_equal(errors[1].code, "InternalError");
	s3xml_error_release(&errors[0]);
	s3xml_error_release(&errors[1]);
	free(errors);
	assert_int_equal(s3xml_read_deleted(&errors, &count,
	    "<DeleteResult/>", 15), 0);
	assert_int_equal(count, 0);
	assert_int_equal(s3xml_read_deleted(&errors, &count,
	    "<DeleteResult><Error><Key>", 26), -1);
}

static void
test_written(void **state)
{
	const char *const keys[] = {"a&b<c>\"'", "\xc3\xa9"};
	char *etags[] = {(char *)"one", (char *)"two"};
	struct buf text = BUF_INIT;

	(void)state;
	s3xml_begin_delete(&text);
	s3xml_add_delete(&text, keys[0], NULL);
	s3xml_add_delete(&text, keys[1], "v<1");
	s3xml_end_delete(&text);
	assert_string_equal(text.data, "<Delete" NS "><Quiet>true</Quiet>"
	    "<Object><Key>a&amp;b&lt;c&gt;\"'</Key></Object>"
	    "<Object><Key>\xc3\xa9</Key><VersionId>v&lt;1</VersionId></Object>"
	    "</Delete>");
	buf_clear(&text);
	s3xml_add_complete(&text, etags, 2);
	assert_string_equal(text.data, "<CompleteMultipartUpload" NS "><Part>"
	    "<PartNumber>1</PartNumber><ETag>\"one\"</ETag></Part><Part>"
	    "<PartNumber>2</PartNumber><ETag>\"two\"</ETag></Part>"
	    "</CompleteMultipartUpload>");
	buf_release(&text);
}

static int
count_elements(void *context, const char *path, const char *text)
{
	(void)path;
	(void)text;
	++*(int *)context;
	return 0;
}

static void
test_bounds(void **state)
{
	struct buf deep = BUF_INIT;
	struct buf wide = BUF_INIT;
	int count = 0;

	(void)state;
	for (int i = 0; i < XMLWALK_DEPTH + 1; i++)
		buf_add_string(&deep, "<a>");
	for (int i = 0; i < XMLWALK_DEPTH + 1; i++)
		buf_add_string(&deep, "</a>");
	assert_int_equal(xmlwalk(deep.data, deep.len, count_elements, &count),
	    -1);
	assert_int_equal(xmlwalk(deep.data + 3, deep.len - 7, count_elements,
	    &count), 0);
	assert_int_equal(count, XMLWALK_DEPTH);
	buf_add_string(&wide, "<a>");
	for (int i = 0; i < XMLWALK_TEXT; i++)
		buf_add_byte(&wide, 'x');
	buf_add_string(&wide, "</a>");
	assert_int_equal(xmlwalk(wide.data, wide.len, count_elements, &count),
	    0);
	wide.data[3] = '&';	/* one byte more, by an entity */
	memcpy(wide.data + 3, "&lt;xx", 6);
	assert_int_equal(xmlwalk(wide.data, wide.len, count_elements, &count),
	    0);
	buf_clear(&wide);
	buf_add_string(&wide, "<a>");
	for (int i = 0; i <= XMLWALK_TEXT; i++)
		buf_add_byte(&wide, 'x');
	buf_add_string(&wide, "</a>");
	assert_int_equal(xmlwalk(wide.data, wide.len, count_elements, &count),
	    -1);
	buf_release(&deep);
	buf_release(&wide);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_uploads),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_bad_lists),
		cmocka_unit_test(test_error),
		cmocka_unit_test(test_completed),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
