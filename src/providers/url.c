#include "providers/url.h"

#include <ctype.h>
#include <string.h>

#include "base/uri.h"

static bool is_unreserved(unsigned char c)
{
	return c < 0x80 && (isalnum(c) || (c && strchr("-._~", c)));
}

static void add_encoded(struct buf *out, unsigned char c)
{
	buf_addf(out, "%%%02X", c);
}

void url_add_segment(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (is_unreserved((unsigned char)*text)) {
			buf_addc(out, *text);
		} else {
			add_encoded(out, (unsigned char)*text);
		}
	}
}

void url_add_raw(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool stands = is_unreserved(c) || (c && c < 0x80 && strchr("!$&'()*+,;=:@/", c));

		if (stands || uri_is_escape(text, i)) {
			buf_addc(out, (char)c);
		} else {
			add_encoded(out, c);
		}
	}
}

static bool is_dots(struct slice segment)
{
	size_t dots = 0;

	for (size_t i = 0; i < segment.len; dots++) {
		if (uri_next(segment, &i) != '.') {
			return false;
		}
	}
	return dots == 1 || dots == 2;
}

bool url_has_dot_segment(const char *path)
{
	struct slice rest = slice_of(path);
	struct slice segment;

	while (slice_next(&rest, '/', &segment)) {
		if (is_dots(segment)) {
			return true;
		}
	}
	return false;
}

/* The path of a URL without its trailing slashes. */
static struct slice path_of(const char *url)
{
	const char *host = strstr(url, "://");
	const char *path = strchr(host ? host + 3 : url, '/');
	struct slice s = slice_of(path ? path : "");

	while (s.len && s.ptr[s.len - 1] == '/') {
		s.len--;
	}
	return s;
}

bool url_has_path(const char *url)
{
	return path_of(url).len > 0;
}

static bool is_version(struct slice segment)
{
	if (segment.len < 2 || segment.ptr[0] != 'v' || !isdigit((unsigned char)segment.ptr[1])) {
		return false;
	}
	for (size_t i = 2; i < segment.len; i++) {
		if (!isalnum((unsigned char)segment.ptr[i])) {
			return false;
		}
	}
	return true;
}

bool url_has_version(const char *url)
{
	struct slice rest = path_of(url);
	struct slice segment;

	while (slice_next(&rest, '/', &segment)) {
		if (is_version(segment)) {
			return true;
		}
	}
	return false;
}

bool url_ends_with(const char *url, const char *segments)
{
	struct slice path = path_of(url);
	size_t len = strlen(segments);

	return path.len >= len && memcmp(path.ptr + path.len - len, segments, len) == 0;
}

static bool check_base(const char *base, struct err *err)
{
	const char *host = strstr(base, "://");

	if (!str_starts(base, "http://") && !str_starts(base, "https://")) {
		err_setf(err, ERR_INVALID, "base_url is no http or https URL");
	} else if (!host[3] || host[3] == '/') {
		err_setf(err, ERR_INVALID, "base_url has no host");
	} else if (base[strcspn(base, "?#")]) {
		err_setf(err, ERR_INVALID, "base_url has a query or a fragment");
	} else {
		for (const char *at = base; *at; at++) {
			if (*at <= 0x20 || *at >= 0x7f) {
				return err_setf(err, ERR_INVALID, "base_url has a character "
						"that a URL cannot have");
			}
		}
		return true;
	}
	return err_hintf(err, "expected for example https://api.example.com/v1");
}

/* Length of the longest beginning of `path`, in whole segments, that also ends
 * `base_path`. */
static size_t overlap(struct slice base_path, const char *path)
{
	size_t path_len = strcspn(path, "?");
	size_t best = 0;

	for (size_t len = 1; len <= path_len && len <= base_path.len; len++) {
		const char *tail = base_path.ptr + base_path.len - len;

		if ((path[len] == '/' || len == path_len) && memcmp(tail, path, len) == 0) {
			best = len;
		}
	}
	return best;
}

bool url_join(struct buf *out, const char *base, const char *path, struct err *err)
{
	struct slice base_path;

	if (!check_base(base, err)) {
		return false;
	}
	base_path = path_of(base);
	buf_add(out, base, strlen(base) - strlen(base_path.ptr) + base_path.len);
	buf_adds(out, path + overlap(base_path, path));
	return true;
}

/* Names under which a key or token travels in a URL; and the version of an
 * Azure surface, which is the account's to choose. */
static bool is_kept_back(const char *name)
{
	static const char *const names[] = {
		"key", "api_key", "api-key", "apikey", "access_token", "token", "auth",
		"x-api-key", "x-goog-api-key", "x-llm-gateway-key", "subscription-key",
		"api-version",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_ieq(name, names[i])) {
			return true;
		}
	}
	return false;
}

/* Decodes at most the first `size` - 1 characters. */
static void decode_start(struct slice text, char *out, size_t size)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len && len + 1 < size;) {
		out[len++] = uri_next(text, &i);
	}
	out[len] = '\0';
}

static bool may_pass(struct slice parameter, bool keep_key)
{
	struct slice value = parameter;
	struct slice name;
	char start[32];

	slice_next(&value, '=', &name);
	decode_start(name, start, sizeof start);
	if (is_kept_back(start) && !(keep_key && str_eq(start, "key"))) {
		return false;
	}
	decode_start(value, start, sizeof start);
	return !str_starts(start, "lgw_");
}

void url_add_query(struct buf *out, const char *query, bool keep_key)
{
	struct slice rest = slice_of(query);
	struct slice parameter;
	size_t begin = out->len;

	while (slice_next(&rest, '&', &parameter)) {
		if (!parameter.len || !may_pass(parameter, keep_key)) {
			continue;
		}
		if (out->len > begin) {
			buf_addc(out, '&');
		}
		url_add_raw(out, parameter);
	}
}
