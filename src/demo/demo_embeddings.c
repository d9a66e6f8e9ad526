#include "demo/demo_embeddings.h"

#include <math.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json_text.h"

#define DEFAULT_DIMENSIONS 8
#define MAX_DIMENSIONS 4096

/* A unit vector that depends on the text alone: equal texts are near, and
 * that is all it says. */
static void make_vector(struct slice text, size_t dimensions, float *out)
{
	unsigned char seed[SHA256_BYTES + sizeof(uint32_t)];
	unsigned char hash[SHA256_BYTES];
	double norm = 0;

	crypto_sha256(text, seed);
	for (size_t i = 0; i < dimensions; i++) {
		uint32_t block = (uint32_t)(i / SHA256_BYTES);

		if (i % SHA256_BYTES == 0) {
			memcpy(seed + SHA256_BYTES, &block, sizeof block);
			crypto_sha256((struct slice){ (const char *)seed, sizeof seed }, hash);
		}
		out[i] = (float)(hash[i % SHA256_BYTES] - 127.5) / 127.5F;
		norm += (double)out[i] * out[i];
	}
	for (size_t i = 0; i < dimensions; i++) {
		out[i] = (float)(out[i] / sqrt(norm));
	}
}

static void write_floats(struct json_writer *w, const float *vector, size_t dimensions)
{
	json_array(w);
	for (size_t i = 0; i < dimensions; i++) {
		json_double(w, (double)vector[i]);
	}
	json_end(w);
}

/* Little-endian float32 (openai-chat.md §9). */
static void write_base64(struct json_writer *w, const float *vector, size_t dimensions)
{
	struct buf bytes = BUF_INIT(MAX_DIMENSIONS * 4);
	struct buf text = BUF_INIT(MAX_DIMENSIONS * 8);

	for (size_t i = 0; i < dimensions; i++) {
		uint32_t bits;

		memcpy(&bits, &vector[i], sizeof bits);
		for (int shift = 0; shift < 32; shift += 8) {
			buf_addc(&bytes, (char)(bits >> shift & 0xff));
		}
	}
	crypto_base64(buf_slice(&bytes), &text);
	json_strn(w, buf_slice(&text));
	buf_release(&bytes);
	buf_release(&text);
}

struct embedding_order {
	size_t dimensions;
	bool is_base64;
	bool is_gemini;
	int64_t index;
};

static void write_embedding(struct json_writer *w, struct slice text,
			    struct embedding_order *order)
{
	float vector[MAX_DIMENSIONS];

	make_vector(text, order->dimensions, vector);
	json_object(w);
	if (!order->is_gemini) {
		json_kstr(w, "object", "embedding");
		json_kint(w, "index", order->index++);
	}
	json_key(w, order->is_gemini ? "values" : "embedding");
	if (order->is_base64) {
		write_base64(w, vector, order->dimensions);
	} else {
		write_floats(w, vector, order->dimensions);
	}
	json_end(w);
}

static size_t dimensions_of(struct slice body, const char *name)
{
	struct json_member m;
	uint64_t value;

	if (json_find(body, name, &m) && json_to_u64(m.value, &value) && value) {
		return value < MAX_DIMENSIONS ? (size_t)value : MAX_DIMENSIONS;
	}
	return DEFAULT_DIMENSIONS;
}

/* One text or one list of token numbers is one vector; a list of either is
 * one for each. */
static void write_each(struct json_writer *w, const struct json_member *input,
		       struct embedding_order *order)
{
	struct json_scan scan;
	struct json_member element;

	if (input->kind != JSON_ARRAY || !json_first(input->value, &element) ||
	    element.kind == JSON_NUMBER) {
		write_embedding(w, input->value, order);
		return;
	}
	json_scan_init(&scan, input->value);
	while (json_scan_next(&scan, &element)) {
		write_embedding(w, element.value, order);
	}
}

static bool write_openai_embeddings(const struct demo_ask *ask, struct json_writer *w)
{
	struct json_member input;
	struct json_member m;
	struct embedding_order order = {
		.dimensions = dimensions_of(ask->body, "dimensions"),
		.is_base64 = json_find(ask->body, "encoding_format", &m) &&
			     slice_eq(m.value, "\"base64\""),
	};

	if (!json_find(ask->body, "input", &input)) {
		return false;
	}
	json_object(w);
	json_kstr(w, "object", "list");
	json_key(w, "data");
	json_array(w);
	write_each(w, &input, &order);
	json_end(w);
	json_kstr(w, "model", ask->model);
	json_key(w, "usage");
	json_object(w);
	json_kint(w, "prompt_tokens", ask->tokens_in);
	json_kint(w, "total_tokens", ask->tokens_in);
	json_end(w);
	json_end(w);
	return true;
}

static bool write_gemini_embeddings(const struct demo_ask *ask, struct json_writer *w)
{
	struct embedding_order order = {
		.dimensions = dimensions_of(ask->body, "outputDimensionality"),
		.is_gemini = true,
	};
	struct json_member m;

	json_object(w);
	if (json_find_kind(ask->body, "requests", JSON_ARRAY, &m)) {
		json_key(w, "embeddings");
		json_array(w);
		write_each(w, &m, &order);
		json_end(w);
	} else if (json_find_kind(ask->body, "content", JSON_OBJECT, &m)) {
		json_key(w, "embedding");
		write_embedding(w, m.value, &order);
	} else {
		return false;
	}
	json_end(w);
	return true;
}

bool demo_embeddings_write(const struct demo_ask *ask, struct json_writer *w)
{
	return ask->endpoint.format == FORMAT_GEMINI ? write_gemini_embeddings(ask, w)
						     : write_openai_embeddings(ask, w);
}
