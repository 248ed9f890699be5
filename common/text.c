#define _GNU_SOURCE
#include "text.h"

#include <ctype.h>
#include <string.h>

#include "utf8.h"

static const char digits[] = "0123456789abcdef";

/* Leading digits of *text into *value; moves *text behind them. */
static int
leading_number(const char **text, uint64_t *value)
{
	const char *at = *text;
	uint64_t sum = 0;

	if (!isdigit((unsigned char)*at))
		return -1;
	for (; isdigit((unsigned char)*at); at++) {
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum))
			return -1;
	}
	*text = at;
	*value = sum;
	return 0;
}

int
text_number(const char *text, uint64_t *value)
{
	return leading_number(&text, value) == 0 && *text == '\0' ? 0 : -1;
}

int
text_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGTPE";
	uint64_t number;

	if (leading_number(&text, &number) != 0)
		return -1;
	if (*text != '\0' && strcasecmp(text, "B") != 0) {
		const char *unit = strchr(units, toupper((unsigned char)*text));

		if (unit == NULL || (text[1] != '\0' &&
		    strcasecmp(text + 1, "B") != 0 &&
		    strcasecmp(text + 1, "iB") != 0))
			return -1;
		if (__builtin_mul_overflow(number,
		    (uint64_t)1 << (10 * (unit - units + 1)), &number))
			return -1;
	}
	*bytes = number;
	return 0;
}

int
text_duration(const char *text, uint64_t *seconds)
{
	static const struct { char unit; uint64_t seconds; } units[] = {
		{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800},
	};
	uint64_t number;

	if (leading_number(&text, &number) != 0)
		return -1;
	if (*text == '\0') {
		*seconds = number;
		return 0;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (text[0] == units[i].unit && text[1] == '\0')
			return __builtin_mul_overflow(number, units[i].seconds,
			    seconds) ? -1 : 0;
	}
	return -1;
}

void
text_add_size(struct buf *buf, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		buf_addf(buf, "%u B", (unsigned)bytes);
		return;
	}
	for (; value >= 1024 && unit < 4; unit++)
		value /= 1024;
	buf_addf(buf, "%.2f %s", value, units[unit]);
}

void
text_add_hex(struct buf *buf, const void *data, size_t len)
{
	const unsigned char *at = data;

	for (size_t i = 0; i < len; i++) {
		buf_add_byte(buf, digits[at[i] >> 4]);
		buf_add_byte(buf, digits[at[i] & 15]);
	}
}

static int
hex_digit(char c)
{
	const char *at = c == '\0' ? NULL :
	    strchr(digits, tolower((unsigned char)c));

	return at == NULL ? -1 : (int)(at - digits);
}

int
text_from_hex(const char *text, void *data, size_t len)
{
	unsigned char *out = data;

	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
text_add_base64(struct buf *buf, const void *data, size_t len)
{
	const unsigned char *at = data;

	buf_reserve(buf, len / 3 * 4 + 4);
	for (size_t i = 0; i < len; i += 3) {
		size_t have = len - i < 3 ? len - i : 3;
		uint32_t bits = (uint32_t)at[i] << 16 |
		    (have > 1 ? (uint32_t)at[i + 1] << 8 : 0) |
		    (have > 2 ? at[i + 2] : 0);
		char group[4] = {
			base64_digits[bits >> 18],
			base64_digits[bits >> 12 & 63],
			have > 1 ? base64_digits[bits >> 6 & 63] : '=',
			have > 2 ? base64_digits[bits & 63] : '=',
		};
		buf_add(buf, group, 4);
	}
}

int
text_from_base64(struct buf *buf, const char *text, size_t len)
{
	if (len % 4 != 0)
		return -1;
	for (size_t i = 0; i < len; i += 4) {
		bool last = i + 4 == len;
		size_t pad = !last || text[i + 3] != '=' ? 0 :
		    text[i + 2] != '=' ? 1 : 2;
		uint32_t bits = 0;

		for (size_t k = 0; k < 4; k++) {
			const char *at = k >= 4 - pad ? base64_digits :
			    text[i + k] == '\0' ? NULL :
			    strchr(base64_digits, text[i + k]);

			if (at == NULL)
				return -1;
			bits = bits << 6 | (uint32_t)(at - base64_digits);
		}
		/* Bits behind the end must be 0: one text for one value. */
		if ((pad == 1 && (bits & 0xff) != 0) ||
		    (pad == 2 && (bits & 0xffff) != 0))
			return -1;
		char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8),
		    (char)bits};
		buf_add(buf, bytes, 3 - pad);
	}
	return 0;
}

void
text_add_percent(struct buf *buf, const char *text, bool keep_slash)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x80 && isalnum(c)) || strchr("-._~", c) != NULL ||
		    (keep_slash && c == '/'))
			buf_add_byte(buf, (char)c);
		else
			buf_addf(buf, "%%%02X", c);
	}
}

void
text_add_time(struct buf *buf, struct timespec when)
{
	struct tm tm;
	char text[32];

	gmtime_r(&when.tv_sec, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	buf_addf(buf, "%s.%06ld+00:00", text, when.tv_nsec / 1000);
}

void
text_add_time_basic(struct buf *buf, time_t when)
{
	struct tm tm;
	char text[32];

	gmtime_r(&when, &tm);
	strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
	buf_add_string(buf, text);
}

/* ".123456" behind the seconds: up to nine digits count. */
static const char *
parse_fraction(const char *text, long *nanoseconds)
{
	long scale = 100000000;

	*nanoseconds = 0;
	if (*text != '.' || !isdigit((unsigned char)text[1]))
		return text;
	for (text++; isdigit((unsigned char)*text); text++, scale /= 10)
		*nanoseconds += (*text - '0') * scale;
	return text;
}

static int
two_digits(const char *text)
{
	if (!isdigit((unsigned char)text[0]) ||
	    !isdigit((unsigned char)text[1]))
		return -1;
	return (text[0] - '0') * 10 + text[1] - '0';
}

int
text_time(const char *text, struct timespec *when)
{
	struct tm tm = {0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (rest == NULL && (rest = strptime(text, "%Y-%m-%d %H:%M:%S",
	    &tm)) == NULL)
		return -1;
	rest = parse_fraction(rest, &when->tv_nsec);
	long offset = 0;

	if (*rest == '+' || *rest == '-') {
		int hours = two_digits(rest + 1);
		int minutes = hours < 0 || rest[3] != ':' ? -1 :
		    two_digits(rest + 4);

		if (minutes < 0 || hours > 23 || minutes > 59)
			return -1;
		offset = (*rest == '-' ? -1 : 1) * (hours * 3600L +
		    minutes * 60L);
		rest += 6;
	} else if (*rest == 'Z') {
		rest++;
	}
	if (*rest != '\0')
		return -1;
	when->tv_sec = timegm(&tm) - offset;
	return 0;
}

bool
text_is_utf8(const void *data, size_t len)
{
	const unsigned char *at = data;
	struct utf8 state = {0};

	for (size_t i = 0; i < len; i++) {
		if (!utf8_take(&state, at[i]))
			return false;
	}
	return state.left == 0;
}

uint64_t
text_lines(const char *data, size_t len)
{
	const char *end = data + len;
	uint64_t lines = 0;

	for (; (data = memchr(data, '\n', (size_t)(end - data))) != NULL;
	    data++)
		lines++;
	return lines;
}

void
text_add_printable(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		buf_add_byte(out, (unsigned char)*text < 0x20 ||
		    *text == 0x7f ? '?' : *text);
}

bool
text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *text, const char *suffix)
{
	size_t len = strlen(text);
	size_t end = strlen(suffix);

	return len >= end && strcmp(text + len - end, suffix) == 0;
}
