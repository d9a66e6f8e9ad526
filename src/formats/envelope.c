#include "formats/envelope.h"

#include <string.h>

#include "base/crypto.h"
#include "base/json_write.h"
#include "base/log.h"
#include "formats/json_tree.h"

#define PREFIX "gw1."
/* "gw1.a." */
#define HEAD_BYTES (sizeof PREFIX - 1 + 2)

static const char origins[] = {
	ORIGIN_ANTHROPIC, ORIGIN_OPENAI, ORIGIN_GEMINI, ORIGIN_OPENROUTER, ORIGIN_MISTRAL, 0,
};

struct slice envelope_seal(struct arena *a, const struct hub_sig *sig, enum hub_origin native)
{
	struct buf json = BUF_INIT(8 * MAX_ENVELOPE_BYTES);
	struct buf text = BUF_INIT(16 * MAX_ENVELOPE_BYTES);
	struct json_writer w;
	struct slice sealed = SLICE_NULL;

	if (sig->origin == ORIGIN_NONE || sig->origin == native) {
		return sig->data;
	}
	if (sig->data.len > MAX_ENVELOPE_BYTES) {
		log_info("formats", "dropped a signature of %zu bytes", sig->data.len);
		return SLICE_NULL;
	}
	json_open(&w, &json);
	json_object(&w);
	json_key(&w, "d");
	json_strn(&w, sig->data);
	if (sig->item_id.len) {
		json_key(&w, "i");
		json_strn(&w, sig->item_id);
	}
	json_end(&w);
	buf_addf(&text, PREFIX "%c.", (char)sig->origin);
	crypto_base64url(buf_slice(&json), &text);
	sealed = arena_slice(a, buf_slice(&text));
	buf_release(&json);
	buf_release(&text);
	return sealed;
}

static bool open_sealed(struct arena *a, struct slice text, struct hub_sig *sig)
{
	struct slice body = { text.ptr + HEAD_BYTES, text.len - HEAD_BYTES };
	struct buf plain = BUF_INIT(8 * MAX_ENVELOPE_BYTES);
	const struct json *v = NULL;

	if (crypto_base64url_decode(body, &plain)) {
		v = json_read(a, arena_slice(a, buf_slice(&plain)), NULL);
	}
	buf_release(&plain);
	sig->data = json_get_text(v, "d");
	sig->item_id = json_get_text(v, "i");
	return sig->data.len > 0;
}

struct hub_sig envelope_open(struct arena *a, struct slice text, enum hub_origin native)
{
	struct hub_sig sig = { .origin = native, .data = text };
	char origin;

	if (!text.len) {
		sig.origin = ORIGIN_NONE;
		return sig;
	}
	if (text.len <= HEAD_BYTES || memcmp(text.ptr, PREFIX, strlen(PREFIX)) != 0) {
		return sig;
	}
	origin = text.ptr[strlen(PREFIX)];
	sig = (struct hub_sig){ .origin = ORIGIN_NONE };
	if (origin && strchr(origins, origin) && text.ptr[HEAD_BYTES - 1] == '.' &&
	    open_sealed(a, text, &sig)) {
		sig.origin = (enum hub_origin)origin;
	}
	return sig;
}
