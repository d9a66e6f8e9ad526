#include "stats/record.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mask.h"
#include "base/mem.h"

/* What a text is cut to. */
#define MAX_NAME_TEXT 128
#define MAX_CLIENT_TEXT 64
#define MAX_PATH_TEXT 256
#define MAX_SENTENCE_TEXT 512

#define HEAD_TEXTS 11
#define MAX_TEXTS (HEAD_TEXTS + 3 * RECORD_MAX_ATTEMPTS)

struct packed_attempt {
	int32_t status;
	int32_t ms;
};

/* Behind it: the attempts, then every text in a fixed order, each as its
 * length plus one in two bytes (0: NULL), the bytes, a NUL. */
struct packed_record {
	int64_t id;
	int64_t at_ms;
	uint64_t session;
	int64_t cost_pico_usd;
	int64_t bytes_in;
	int64_t bytes_out;
	int64_t tokens[6];
	int32_t total_ms;
	int32_t ttft_ms;
	int32_t overhead_us;
	int32_t chunks;
	uint32_t size;                  /* of the whole */
	int16_t status;
	uint8_t attempt_count;
	uint8_t format_in;
	uint8_t format_out;
	bool is_stream;
	bool has_tokens;
	struct packed_attempt attempts[];
};

struct text_list {
	struct slice items[MAX_TEXTS];
	size_t count;
	size_t bytes;
};

static int32_t clip(int64_t value)
{
	return (int32_t)(value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value);
}

bool record_is_error(const struct request_record *r)
{
	return r->status != 499 && (r->status >= 400 || r->error);
}

/* ---- packing ---- */

static void add_text(struct text_list *list, const char *text, size_t max)
{
	struct slice s = { text, text ? strnlen(text, max) : 0 };

	list->items[list->count++] = s;
	list->bytes += sizeof(uint16_t) + (text ? s.len + 1 : 0);
}

static void list_texts(const struct request_record *r, struct text_list *list)
{
	bool has_trace = r->trace && strlen(r->trace) <= RECORD_MAX_TRACE_BYTES;
	size_t client = r->client ? strcspn(r->client, " ") : 0;

	add_text(list, r->trace_id, MAX_NAME_TEXT);
	add_text(list, r->key_name, MAX_NAME_TEXT);
	add_text(list, r->client, client < MAX_CLIENT_TEXT ? client : MAX_CLIENT_TEXT);
	add_text(list, r->method, MAX_NAME_TEXT);
	add_text(list, r->path, MAX_PATH_TEXT);
	add_text(list, r->model_asked, MAX_NAME_TEXT);
	add_text(list, r->model_used, MAX_NAME_TEXT);
	add_text(list, r->upstream, MAX_NAME_TEXT);
	add_text(list, r->warnings, MAX_SENTENCE_TEXT);
	add_text(list, r->error, MAX_SENTENCE_TEXT);
	add_text(list, has_trace ? r->trace : NULL, RECORD_MAX_TRACE_BYTES);
	for (int i = 0; i < r->attempt_count; i++) {
		add_text(list, r->attempts[i].upstream, MAX_NAME_TEXT);
		add_text(list, r->attempts[i].model, MAX_NAME_TEXT);
		add_text(list, r->attempts[i].reason, MAX_NAME_TEXT);
	}
}

static void write_texts(const struct text_list *list, char *at)
{
	for (size_t i = 0; i < list->count; i++) {
		struct slice s = list->items[i];
		uint16_t length = (uint16_t)(s.ptr ? s.len + 1 : 0);

		memcpy(at, &length, sizeof length);
		at += sizeof length;
		if (s.ptr) {
			memcpy(at, s.ptr, s.len);
			at[s.len] = '\0';
			at += length;
		}
	}
}

static void pack_numbers(const struct request_record *r, struct packed_record *p)
{
	const struct token_counts *t = &r->tokens;

	p->id = r->id;
	p->at_ms = r->at_ms;
	p->session = r->session;
	p->cost_pico_usd = r->cost_pico_usd;
	p->bytes_in = r->bytes_in;
	p->bytes_out = r->bytes_out;
	memcpy(p->tokens, (const int64_t[]){ t->in, t->out, t->cache_read, t->cache_write,
					     t->cache_write_1h, t->reasoning },
	       sizeof p->tokens);
	p->total_ms = clip(r->total_ms);
	p->ttft_ms = clip(r->ttft_ms);
	p->overhead_us = clip(r->overhead_us);
	p->chunks = clip(r->chunks);
	p->status = (int16_t)r->status;
	p->attempt_count = (uint8_t)r->attempt_count;
	p->format_in = (uint8_t)r->format_in;
	p->format_out = (uint8_t)r->format_out;
	p->is_stream = r->is_stream;
	p->has_tokens = t->is_known;
	for (int i = 0; i < r->attempt_count; i++) {
		p->attempts[i] = (struct packed_attempt){ r->attempts[i].status,
							  clip(r->attempts[i].ms) };
	}
}

struct packed_record *record_pack(const struct request_record *r)
{
	struct text_list list;
	size_t head = offsetof(struct packed_record, attempts) +
		      (size_t)r->attempt_count * sizeof(struct packed_attempt);
	struct packed_record *p;

	list.count = 0;
	list.bytes = 0;
	list_texts(r, &list);
	p = xmalloc(head + list.bytes);
	p->size = (uint32_t)(head + list.bytes);
	pack_numbers(r, p);
	write_texts(&list, (char *)p + head);
	return p;
}

void record_set_id(struct packed_record *p, int64_t id)
{
	p->id = id;
}

int64_t record_id(const struct packed_record *p)
{
	return p->id;
}

size_t record_bytes(const struct packed_record *p)
{
	return p->size;
}

/* ---- unpacking ---- */

static const char *next_text(const char **at)
{
	const char *text;
	uint16_t length;

	memcpy(&length, *at, sizeof length);
	*at += sizeof length;
	text = length ? *at : NULL;
	*at += length;
	return text;
}

static void unpack_numbers(const struct packed_record *p, struct request_record *r)
{
	*r = (struct request_record){
		.id = p->id,
		.at_ms = p->at_ms,
		.format_in = p->format_in,
		.format_out = p->format_out,
		.session = p->session,
		.attempt_count = p->attempt_count,
		.status = p->status,
		.ttft_ms = p->ttft_ms,
		.total_ms = p->total_ms,
		.overhead_us = p->overhead_us,
		.tokens = { p->tokens[0], p->tokens[1], p->tokens[2], p->tokens[3],
			    p->tokens[4], p->tokens[5], p->has_tokens },
		.cost_pico_usd = p->cost_pico_usd,
		.bytes_in = p->bytes_in,
		.bytes_out = p->bytes_out,
		.chunks = p->chunks,
		.is_stream = p->is_stream,
	};
}

void record_unpack(const struct packed_record *p, struct request_record *r)
{
	const char *at = (const char *)&p->attempts[p->attempt_count];

	unpack_numbers(p, r);
	r->trace_id = next_text(&at);
	r->key_name = next_text(&at);
	r->client = next_text(&at);
	r->method = next_text(&at);
	r->path = next_text(&at);
	r->model_asked = next_text(&at);
	r->model_used = next_text(&at);
	r->upstream = next_text(&at);
	r->warnings = next_text(&at);
	r->error = next_text(&at);
	r->trace = next_text(&at);
	for (int i = 0; i < r->attempt_count; i++) {
		struct attempt_record *a = &r->attempts[i];

		a->upstream = next_text(&at);
		a->model = next_text(&at);
		a->reason = next_text(&at);
		a->status = p->attempts[i].status;
		a->ms = p->attempts[i].ms;
	}
}

/* ---- JSON ---- */

static void write_masked(struct json_writer *w, const char *name, const char *text)
{
	struct buf masked = BUF_INIT(16 * KIB);

	if (text) {
		mask_text(slice_of(text), &masked);
	}
	json_kstr(w, name, text ? buf_text(&masked) : NULL);
	buf_release(&masked);
}

static void write_attempts(const struct request_record *r, struct json_writer *w)
{
	json_key(w, "attempts");
	json_array(w);
	for (int i = 0; i < r->attempt_count; i++) {
		const struct attempt_record *a = &r->attempts[i];

		json_object(w);
		json_kstr(w, "upstream", a->upstream);
		json_kstr(w, "model", a->model);
		json_kint(w, "status", a->status);
		json_kint(w, "ms", a->ms);
		json_kstr(w, "reason", a->reason);
		json_end(w);
	}
	json_end(w);
}

/* Without a trace nobody was passed over: who was tried is all there is. */
static void write_tried(const struct request_record *r, struct json_writer *w)
{
	json_array(w);
	for (int i = 0; i < r->attempt_count; i++) {
		const struct attempt_record *a = &r->attempts[i];

		json_object(w);
		json_kstr(w, "upstream", a->upstream);
		json_kstr(w, "model", a->model);
		json_kstr(w, "outcome", a->reason ? "failed" :
				a->status < 400 ? "answered" : "unfinished");
		json_kstr(w, "reason", a->reason);
		json_end(w);
	}
	json_end(w);
}

static void write_candidates(const struct request_record *r, struct json_writer *w)
{
	json_key(w, "candidates");
	if (r->trace) {
		json_raw(w, slice_of(r->trace));
	} else {
		write_tried(r, w);
	}
}

void record_write_tokens(const struct token_counts *t, struct json_writer *w)
{
	json_key(w, "tokens");
	if (!t->is_known) {
		json_null(w);
		return;
	}
	json_object(w);
	json_kint(w, "in", t->in);
	json_kint(w, "out", t->out);
	json_kint(w, "cache_read", t->cache_read);
	json_kint(w, "cache_write", t->cache_write);
	json_kint(w, "reasoning", t->reasoning);
	json_end(w);
}

void record_write_cost(int64_t cost_pico_usd, struct json_writer *w)
{
	json_key(w, "cost_usd");
	if (cost_pico_usd < 0) {
		json_null(w);
	} else {
		json_double(w, (double)cost_pico_usd / PICO_USD);
	}
}

static const char *format_text(enum format_id format)
{
	return format == FORMAT_NONE ? NULL : format_name(format);
}

static void write_names(const struct request_record *r, struct json_writer *w)
{
	char text[24];

	json_ktime(w, "at", r->at_ms);
	json_kstr(w, "trace_id", r->trace_id);
	json_kstr(w, "key", r->key_name);
	json_kstr(w, "client", r->client);
	json_kstr(w, "method", r->method);
	json_kstr(w, "path", r->path);
	json_kstr(w, "format_in", format_text(r->format_in));
	json_kstr(w, "format_out", format_text(r->format_out));
	json_kstr(w, "model_asked", r->model_asked);
	json_kstr(w, "model_used", r->model_used);
	json_kstr(w, "upstream", r->upstream);
	snprintf(text, sizeof text, "%016llx", (unsigned long long)r->session);
	json_kstr(w, "session", r->session ? text : NULL);
}

void record_write_members(const struct request_record *r, const char *id,
			  struct json_writer *w)
{
	json_kstr(w, "id", id);
	write_names(r, w);
	json_kint(w, "status", r->status);
	json_kbool(w, "stream", r->is_stream);
	json_key(w, "ttft_ms");
	if (r->ttft_ms < 0) {
		json_null(w);
	} else {
		json_int(w, r->ttft_ms);
	}
	json_kint(w, "total_ms", r->total_ms);
	json_kint(w, "overhead_us", r->overhead_us);
	record_write_tokens(&r->tokens, w);
	record_write_cost(r->cost_pico_usd, w);
	json_kint(w, "bytes_in", r->bytes_in);
	json_kint(w, "bytes_out", r->bytes_out);
	json_kint(w, "chunks", r->chunks);
	write_masked(w, "warnings", r->warnings);
	write_masked(w, "error", r->error);
	write_attempts(r, w);
	write_candidates(r, w);
}

void record_write(const struct request_record *r, struct json_writer *w)
{
	char id[24];

	snprintf(id, sizeof id, "%lld", (long long)r->id);
	json_object(w);
	record_write_members(r, id, w);
	json_end(w);
}
