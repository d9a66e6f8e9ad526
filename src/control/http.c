#include "control/http.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"

size_t http_head_size(struct slice text)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		const char *p = text.ptr + i;

		if (p[0] == '\n' && p[1] == '\n') {
			return i + 2;
		}
		if (p[0] == '\n' && p[1] == '\r' && i + 2 < text.len && p[2] == '\n') {
			return i + 3;
		}
	}
	return 0;
}

static bool next_line(struct slice *rest, struct slice *line)
{
	if (!slice_next(rest, '\n', line)) {
		return false;
	}
	if (line->len && line->ptr[line->len - 1] == '\r') {
		line->len--;
	}
	return true;
}

static bool starts_with(struct slice text, const char *prefix)
{
	size_t len = strlen(prefix);

	return text.len >= len && memcmp(text.ptr, prefix, len) == 0;
}

/* No browser reaches a Unix socket, but one that somebody forwards to a port
 * is reached by every page, also under a name of its own (DNS rebinding). */
static bool is_local_name(struct slice host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
	size_t len = host.len;

	while (len && host.ptr[len - 1] >= '0' && host.ptr[len - 1] <= '9') {
		len--;
	}
	if (len && len < host.len && host.ptr[len - 1] == ':') {
		host.len = len - 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (slice_ieq(host, names[i])) {
			return true;
		}
	}
	return !host.len;
}

static bool parse_header(struct slice line, struct http_head *head, struct err *err)
{
	struct slice value = line;
	struct slice name;

	if (!slice_next(&value, ':', &name) || !value.ptr || !name.len) {
		return err_setf(err, ERR_USAGE, "a header line is not one");
	}
	value = slice_trim(value);
	if (slice_ieq(name, "content-length")) {
		if (head->has_length || !str_to_u64(value, &head->length)) {
			return err_setf(err, ERR_USAGE, "the content-length is not one number");
		}
		head->has_length = true;
	} else if (slice_ieq(name, "transfer-encoding")) {
		head->is_chunked = true;
	} else if (slice_ieq(name, "expect")) {
		head->expects_continue = slice_ieq(value, "100-continue");
	} else if (slice_ieq(name, "origin")) {
		head->is_from_a_page = true;
	} else if (slice_ieq(name, "host")) {
		head->is_from_a_page = head->is_from_a_page || !is_local_name(value);
	} else if (slice_ieq(name, "content-type")) {
		head->is_event_stream = starts_with(value, "text/event-stream");
	}
	return true;
}

static bool parse_headers(struct slice rest, struct http_head *head, struct err *err)
{
	struct slice line;

	while (next_line(&rest, &line) && line.len) {
		if (!parse_header(line, head, err)) {
			return false;
		}
	}
	return true;
}

bool http_parse_request(struct slice text, struct http_head *head, struct err *err)
{
	struct slice rest = text;
	struct slice line;

	*head = (struct http_head){ 0 };
	if (!next_line(&rest, &line) || !slice_next(&line, ' ', &head->method) ||
	    !slice_next(&line, ' ', &head->target) || !starts_with(line, "HTTP/1.") ||
	    !head->method.len || !starts_with(head->target, "/")) {
		return err_setf(err, ERR_USAGE, "not an HTTP/1.1 request");
	}
	return parse_headers(rest, head, err);
}

bool http_parse_answer(struct slice text, struct http_head *head, struct err *err)
{
	struct slice rest = text;
	struct slice line;
	struct slice version;
	struct slice code;
	uint64_t status;

	*head = (struct http_head){ 0 };
	if (!next_line(&rest, &line) || !slice_next(&line, ' ', &version) ||
	    !starts_with(version, "HTTP/1.") || !slice_next(&line, ' ', &code) ||
	    code.len != 3 || !str_to_u64(code, &status)) {
		return err_setf(err, ERR_FAILED, "the control socket does not answer in HTTP");
	}
	head->status = (int)status;
	return parse_headers(rest, head, err);
}

bool http_read_some(int fd, struct buf *in, size_t *got, struct err *err)
{
	ssize_t count;

	if (!buf_reserve(in, 1)) {
		return err_setf(err, ERR_TOO_LARGE, "larger than %zu bytes", in->max);
	}
	do {
		count = recv(fd, in->ptr + in->len, in->capacity - in->len - 1, 0);
	} while (count < 0 && errno == EINTR);
	if (count < 0) {
		return err_errno(err, "control socket");
	}
	in->len += (size_t)count;
	in->ptr[in->len] = '\0';
	*got = (size_t)count;
	return true;
}

bool http_read_to(int fd, struct buf *in, size_t size, struct err *err)
{
	size_t got;

	if (size > in->len && !buf_reserve(in, size - in->len)) {
		return err_setf(err, ERR_TOO_LARGE, "larger than %zu bytes", in->max);
	}
	while (in->len < size) {
		if (!http_read_some(fd, in, &got, err)) {
			return false;
		}
		if (!got) {
			return err_setf(err, ERR_FAILED, "the connection ended too early");
		}
	}
	return true;
}

size_t http_read_head(int fd, struct buf *in, struct err *err)
{
	size_t size;
	size_t got = 0;

	while (!(size = http_head_size(buf_slice(in))) && in->len <= MAX_CONTROL_HEAD_BYTES) {
		if (!http_read_some(fd, in, &got, err)) {
			return 0;
		}
		if (!got) {
			err_setf(err, ERR_FAILED, "the connection ended too early");
			return 0;
		}
	}
	if (!size || size > MAX_CONTROL_HEAD_BYTES) {
		err_setf(err, ERR_TOO_LARGE, "the head is larger than %lu bytes",
			 MAX_CONTROL_HEAD_BYTES);
		return 0;
	}
	return size;
}

bool http_write(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t put = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (put < 0 && errno == EINTR) {
			continue;
		}
		if (put <= 0) {
			return false;
		}
		bytes.ptr += put;
		bytes.len -= (size_t)put;
	}
	return true;
}

static const char *reason_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 404, "Not Found" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 422, "Unprocessable Content" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < ARRAY_LEN(phrases); i++) {
		if (phrases[i].status == status) {
			return phrases[i].phrase;
		}
	}
	return "Unknown";
}

void http_answer_head(struct buf *out, int status, int64_t length)
{
	buf_addf(out, "HTTP/1.1 %d %s\r\n", status, reason_phrase(status));
	if (length < 0) {
		buf_adds(out, "Content-Type: text/event-stream\r\n");
	} else {
		buf_addf(out, "Content-Type: application/json\r\nContent-Length: %lld\r\n",
			 (long long)length);
	}
	buf_adds(out, "Cache-Control: no-store\r\nConnection: close\r\n\r\n");
}
