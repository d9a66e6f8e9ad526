#include "formats/embeddings.h"

#include <string.h>

#include "base/crypto.h"
#include "base/json_text.h"
#include "base/json_write.h"
#include "base/limits.h"

/* Of one number as text. */
#define NUMBER_BYTES 64

/* ---- the request ---- */

struct request {
	const char *model;              /* "models/…" */
	struct slice dimensions;        /* raw; empty: not asked */
	struct json_writer w;
	struct err *err;
};

static bool add_text(struct request *r, const struct json_member *text)
{
	struct json_writer *w = &r->w;

	if (text->kind != JSON_STRING) {
		return err_setf(r->err, ERR_INVALID, "`input` must be text: Gemini takes no "
				"tokens");
	}
	json_object(w);
	json_kstr(w, "model", r->model);
	json_key(w, "content");
	json_object(w);
	json_key(w, "parts");
	json_array(w);
	json_object(w);
	json_key(w, "text");
	json_raw(w, text->value);
	json_end(w);
	json_end(w);
	json_end(w);
	if (r->dimensions.len) {
		json_key(w, "outputDimensionality");
		json_raw(w, r->dimensions);
	}
	json_end(w);
	return true;
}

static bool add_texts(struct request *r, const struct json_member *input)
{
	struct json_scan s;
	struct json_member m;

	if (input->kind != JSON_ARRAY) {
		return add_text(r, input);
	}
	json_scan_init(&s, input->value);
	while (json_scan_next(&s, &m)) {
		if (!add_text(r, &m)) {
			return false;
		}
	}
	return true;
}

bool embeddings_request(struct slice body, const char *model, struct buf *out,
			struct err *err)
{
	struct buf name = BUF_INIT(1024);
	struct request r = { .err = err };
	struct json_member m;
	struct json_member input;
	uint64_t dimensions;
	bool ok;

	if (!json_find(body, "input", &input)) {
		return err_setf(err, ERR_INVALID, "`input` is required");
	}
	if (json_find(body, "dimensions", &m) && json_to_u64(m.value, &dimensions)) {
		r.dimensions = m.value;
	}
	buf_addf(&name, "%s%s", strncmp(model, "models/", 7) == 0 ? "" : "models/", model);
	r.model = buf_text(&name);
	json_open(&r.w, out);
	json_object(&r.w);
	json_key(&r.w, "requests");
	json_array(&r.w);
	ok = add_texts(&r, &input);
	if (ok) {
		json_end(&r.w);
		json_end(&r.w);
	}
	buf_release(&name);
	return ok;
}

bool embeddings_want_base64(struct slice body)
{
	struct json_member m;

	return json_find(body, "encoding_format", &m) && slice_eq(m.value, "\"base64\"");
}

/* ---- the answer ---- */

static bool add_float(struct slice number, struct buf *bytes)
{
	char text[NUMBER_BYTES];
	double value;
	float single;
	uint32_t bits;

	if (number.len >= sizeof text) {
		return false;
	}
	memcpy(text, number.ptr, number.len);
	text[number.len] = '\0';
	if (!str_to_double(text, &value)) {
		return false;
	}
	single = (float)value;
	memcpy(&bits, &single, sizeof bits);
	for (int shift = 0; shift < 32; shift += 8) {
		buf_addc(bytes, (char)(bits >> shift & 0xff));
	}
	return true;
}

static bool write_base64(struct json_writer *w, struct slice values)
{
	struct buf bytes = BUF_INIT(MAX_WHOLE_ANSWER_BYTES);
	struct buf text = BUF_INIT(MAX_WHOLE_ANSWER_BYTES);
	struct json_scan s;
	struct json_member m;
	bool ok = true;

	json_scan_init(&s, values);
	while (ok && json_scan_next(&s, &m)) {
		ok = m.kind == JSON_NUMBER && add_float(m.value, &bytes);
	}
	crypto_base64(buf_slice(&bytes), &text);
	json_strn(w, buf_slice(&text));
	buf_release(&bytes);
	buf_release(&text);
	return ok && !s.failed;
}

static bool write_vector(struct json_writer *w, int64_t index, struct slice embedding,
			 bool is_base64)
{
	struct json_member values;
	bool ok = json_find_kind(embedding, "values", JSON_ARRAY, &values);

	json_object(w);
	json_kstr(w, "object", "embedding");
	json_kint(w, "index", index);
	json_key(w, "embedding");
	if (ok && is_base64) {
		ok = write_base64(w, values.value);
	} else {
		json_raw(w, ok ? values.value : slice_of("[]"));
	}
	json_end(w);
	return ok;
}

static int64_t prompt_tokens(struct slice answer)
{
	struct json_member usage;
	struct json_member m;
	uint64_t count;

	if (json_find_kind(answer, "usageMetadata", JSON_OBJECT, &usage) &&
	    json_find(usage.value, "promptTokenCount", &m) && json_to_u64(m.value, &count) &&
	    count <= INT32_MAX) {
		return (int64_t)count;
	}
	return -1;
}

static void write_usage(struct json_writer *w, int64_t tokens)
{
	json_key(w, "usage");
	json_object(w);
	json_kint(w, "prompt_tokens", tokens > 0 ? tokens : 0);
	json_kint(w, "total_tokens", tokens > 0 ? tokens : 0);
	json_end(w);
}

bool embeddings_answer(struct slice answer, const char *model, bool is_base64,
		       struct buf *out, int64_t *tokens)
{
	struct json_writer w;
	struct json_scan s;
	struct json_member all;
	struct json_member m;
	int64_t index = 0;
	bool ok = json_find_kind(answer, "embeddings", JSON_ARRAY, &all);

	if (!ok) {
		return false;
	}
	*tokens = prompt_tokens(answer);
	json_open(&w, out);
	json_object(&w);
	json_kstr(&w, "object", "list");
	json_key(&w, "data");
	json_array(&w);
	json_scan_init(&s, all.value);
	while (ok && json_scan_next(&s, &m)) {
		ok = m.kind == JSON_OBJECT && write_vector(&w, index++, m.value, is_base64);
	}
	if (!ok || s.failed) {
		return false;
	}
	json_end(&w);
	json_kstr(&w, "model", model);
	write_usage(&w, *tokens);
	json_end(&w);
	return true;
}
