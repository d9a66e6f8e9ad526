#include "transfer/http1_answer.h"

#include <string.h>

#include "base/limits.h"

/* A chunk's size line: sixteen digits and whatever extensions follow. */
#define MAX_CHUNK_LINE_BYTES (4 * KIB)

void http1_answer_init(struct http1_answer *a, struct arena *arena, bool is_head)
{
	*a = (struct http1_answer){
		.arena = arena,
		.has_no_body = is_head,
		.content_length = -1,
		.partial = BUF_INIT(MAX_UPSTREAM_HEAD_BYTES),
	};
}

void http1_answer_release(struct http1_answer *a)
{
	buf_release(&a->partial);
}

static enum http1_event bad(struct http1_answer *a, const char *problem)
{
	a->problem = problem;
	a->phase = PHASE_OVER;
	return HTTP1_BAD;
}

/* ---- lines ---- */

static struct slice without_cr(struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\r') {
		line.len--;
	}
	return line;
}

/* One line without its end; false: it is not complete, and kept. A line that
 * came in one piece borrows from `bytes`, another one from `partial`. */
static bool take_line(struct http1_answer *a, struct slice *bytes, struct slice *line)
{
	const char *end = bytes->len ? memchr(bytes->ptr, '\n', bytes->len) : NULL;
	size_t len = end ? (size_t)(end - bytes->ptr) : bytes->len;
	struct slice part = { bytes->ptr, len };

	len += end ? 1 : 0;
	a->head_bytes += len;
	bytes->ptr += len;
	bytes->len -= len;
	if (!end || a->partial.len) {
		buf_add(&a->partial, part.ptr, part.len);
		part = buf_slice(&a->partial);
	}
	if (!end) {
		return false;
	}
	*line = without_cr(part);
	a->partial.len = 0;             /* the text stays until the next line */
	return true;
}

/* ---- the head ---- */

/* HTTP/1.x SP 3DIGIT [ SP reason ] */
static bool read_status_line(struct http1_answer *a, struct slice line)
{
	const char *text = line.ptr;
	int status = 0;

	if (line.len < 12 || memcmp(text, "HTTP/1.", 7) != 0 || !strchr("01", text[7]) ||
	    !text[7] || text[8] != ' ' || (line.len > 12 && text[12] != ' ')) {
		return false;
	}
	for (size_t i = 9; i < 12; i++) {
		if (text[i] < '0' || text[i] > '9') {
			return false;
		}
		status = 10 * status + (text[i] - '0');
	}
	a->is_http10 = text[7] == '0';
	a->status = status;
	a->header_count = 0;
	a->content_length = -1;
	a->is_chunked = a->is_close_named = a->is_keep_alive_named = false;
	return status >= 100;
}

static void note_connection(struct http1_answer *a, struct slice value)
{
	struct slice token;

	while (slice_next(&value, ',', &token)) {
		token = slice_trim(token);
		a->is_close_named = a->is_close_named || slice_ieq(token, "close");
		a->is_keep_alive_named = a->is_keep_alive_named || slice_ieq(token, "keep-alive");
	}
}

/* Two lengths that differ are a way to smuggle: nothing of it is believed. */
static const char *note_length(struct http1_answer *a, struct slice value)
{
	struct slice one;

	while (slice_next(&value, ',', &one)) {
		uint64_t length;

		if (!str_to_u64(slice_trim(one), &length) || length > INT64_MAX ||
		    (a->content_length >= 0 && a->content_length != (int64_t)length)) {
			return "its content-length makes no sense";
		}
		a->content_length = (int64_t)length;
	}
	return NULL;
}

/* What the framing depends on; NULL, or what is wrong with it. */
static const char *note_header(struct http1_answer *a, struct slice name, struct slice value)
{
	switch (name.len) {
	case 10:
		if (slice_ieq(name, "connection")) {
			note_connection(a, value);
		}
		return NULL;
	case 14:
		return slice_ieq(name, "content-length") ? note_length(a, value) : NULL;
	case 17:
		if (slice_ieq(name, "transfer-encoding")) {
			if (!slice_ieq(value, "chunked") || a->is_chunked) {
				return "its transfer-encoding was not asked for";
			}
			a->is_chunked = true;
		}
		return NULL;
	default:
		return NULL;
	}
}

/* Each copies its header once more. */
#define MAX_FOLDS 64

/* A continued line: RFC 9112 5.2 has its end of line read as spaces. */
static void continue_header(struct http1_answer *a, struct slice line)
{
	struct header *last = a->header_count ? &a->headers[a->header_count - 1] : NULL;

	line = slice_trim(line);
	if (last) {
		last->value = arena_printf(a->arena, "%s %.*s", last->value, (int)line.len,
					   line.ptr);
	}
}

static const char *read_header(struct http1_answer *a, struct slice line)
{
	struct slice rest = line;
	struct slice name;
	char *copy;

	if (memchr(line.ptr, '\0', line.len) || memchr(line.ptr, '\r', line.len)) {
		return "a zero byte or a bare CR in its head";
	}
	if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
		continue_header(a, line);
		return ++a->folds > MAX_FOLDS ? "too many continued lines in its head" : NULL;
	}
	if (!slice_next(&rest, ':', &name) || !rest.ptr || !name.len) {
		return NULL;            /* not a header: of no meaning */
	}
	name = slice_trim(name);
	rest = slice_trim(rest);
	if (a->header_count < MAX_UPSTREAM_HEADERS) {
		copy = arena_strndup(a->arena, line.ptr, (size_t)(rest.ptr + rest.len - line.ptr));
		copy[name.len] = '\0';
		a->headers[a->header_count++] = (struct header){
			.name = copy,
			.value = copy + (rest.ptr - line.ptr),
		};
	}
	return note_header(a, name, rest);
}

static bool has_body(const struct http1_answer *a)
{
	return !a->has_no_body && a->status != 204 && a->status != 304 &&
	       (a->is_chunked || a->content_length != 0);
}

/* RFC 9112 6.3 */
static void begin_body(struct http1_answer *a)
{
	a->keeps_alive = !a->is_close_named && (!a->is_http10 || a->is_keep_alive_named) &&
			 !(a->is_chunked && a->content_length >= 0);
	if (a->is_chunked) {
		a->content_length = -1;
	}
	a->head_bytes = 0;
	if (!has_body(a)) {
		a->phase = PHASE_OVER;
	} else if (a->is_chunked) {
		a->phase = PHASE_CHUNK_SIZE;
	} else if (a->content_length > 0) {
		a->left = (uint64_t)a->content_length;
		a->phase = PHASE_LENGTH;
	} else {
		a->keeps_alive = false;
		a->phase = PHASE_UNTIL_CLOSE;
	}
}

/* The empty line behind the headers; the heads of 1xx are skipped. */
static enum http1_event end_head(struct http1_answer *a)
{
	if (a->status == 101) {
		return bad(a, "it changed to a protocol that nobody asked for");
	}
	if (a->status < 200) {
		a->phase = PHASE_STATUS_LINE;
		return HTTP1_MORE;
	}
	begin_body(a);
	return HTTP1_HEAD;
}

static enum http1_event take_head(struct http1_answer *a, struct slice *bytes)
{
	struct slice line;
	const char *problem;

	while (take_line(a, bytes, &line)) {
		if (a->head_bytes > MAX_UPSTREAM_HEAD_BYTES) {
			break;
		}
		if (a->phase == PHASE_STATUS_LINE) {
			if (!read_status_line(a, line)) {
				return bad(a, "it does not speak HTTP/1.1");
			}
			if (!a->headers) {
				a->headers = arena_alloc(a->arena, MAX_UPSTREAM_HEADERS *
							 sizeof *a->headers);
			}
			a->phase = PHASE_HEADERS;
		} else if (!line.len) {
			if (end_head(a) != HTTP1_MORE) {
				return a->problem ? HTTP1_BAD : HTTP1_HEAD;
			}
		} else {
			problem = read_header(a, line);
			if (problem) {
				return bad(a, problem);
			}
		}
	}
	if (a->head_bytes > MAX_UPSTREAM_HEAD_BYTES) {
		return bad(a, "its head is too large");
	}
	return HTTP1_MORE;
}

/* ---- the body ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9') {
		return c - '0';
	}
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_chunk_size(struct slice line, uint64_t *size)
{
	size_t digits = 0;

	*size = 0;
	while (digits < line.len && hex_value(line.ptr[digits]) >= 0) {
		if (*size > UINT64_MAX >> 4) {
			return false;
		}
		*size = *size << 4 | (uint64_t)hex_value(line.ptr[digits]);
		digits++;
	}
	return digits && (digits == line.len || strchr("; \t", line.ptr[digits]));
}

/* Size lines, the ends of chunks and trailers: what stands between the data.
 * HTTP1_BODY: data follows. */
static enum http1_event take_chunk_line(struct http1_answer *a, struct slice *bytes)
{
	struct slice line;

	while (take_line(a, bytes, &line)) {
		if (a->phase == PHASE_CHUNK_SIZE) {
			if (!read_chunk_size(line, &a->left)) {
				return bad(a, "a chunk of it has no size");
			}
			a->head_bytes = 0;
			a->phase = a->left ? PHASE_CHUNK_DATA : PHASE_TRAILERS;
			if (a->left) {
				return HTTP1_BODY;
			}
		} else if (a->phase == PHASE_CHUNK_END) {
			if (line.len) {
				return bad(a, "a chunk of it is longer than its size");
			}
			a->phase = PHASE_CHUNK_SIZE;
		} else if (!line.len) {
			a->phase = PHASE_OVER;
			return HTTP1_END;
		}
		if (a->head_bytes > MAX_UPSTREAM_HEAD_BYTES) {
			break;
		}
	}
	if (a->head_bytes > (a->phase == PHASE_TRAILERS ? MAX_UPSTREAM_HEAD_BYTES
							: MAX_CHUNK_LINE_BYTES)) {
		return bad(a, "the frame of its body is too large");
	}
	return HTTP1_MORE;
}

static enum http1_event take_data(struct http1_answer *a, struct slice *bytes,
				  struct slice *piece)
{
	size_t len = bytes->len < a->left ? bytes->len : (size_t)a->left;

	if (!len) {
		return HTTP1_MORE;
	}
	*piece = (struct slice){ bytes->ptr, len };
	bytes->ptr += len;
	bytes->len -= len;
	a->left -= len;
	if (!a->left) {
		a->phase = a->phase == PHASE_LENGTH ? PHASE_OVER : PHASE_CHUNK_END;
	}
	return HTTP1_BODY;
}

enum http1_event http1_answer_next(struct http1_answer *a, struct slice *bytes,
				   struct slice *piece)
{
	enum http1_event event;

	switch (a->phase) {
	case PHASE_STATUS_LINE:
	case PHASE_HEADERS:
		return take_head(a, bytes);
	case PHASE_CHUNK_SIZE:
	case PHASE_CHUNK_END:
	case PHASE_TRAILERS:
		event = take_chunk_line(a, bytes);
		return event == HTTP1_BODY ? take_data(a, bytes, piece) : event;
	case PHASE_LENGTH:
	case PHASE_CHUNK_DATA:
		return take_data(a, bytes, piece);
	case PHASE_UNTIL_CLOSE:
		*piece = *bytes;
		*bytes = SLICE_NULL;
		return piece->len ? HTTP1_BODY : HTTP1_MORE;
	case PHASE_OVER:
		break;
	}
	return a->problem ? HTTP1_BAD : HTTP1_END;
}

bool http1_answer_ends_here(const struct http1_answer *a)
{
	return a->phase == PHASE_UNTIL_CLOSE || (a->phase == PHASE_OVER && !a->problem);
}
