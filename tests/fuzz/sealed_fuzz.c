/* Envelopes of sealed transport as a stranger may send them: what is read is
 * within its bounds, and opens only when the key was there. The input is also
 * sealed and opened again, and cut into events. */
#include "gateway/sealed_envelope.c"

#include "tests/fuzz/fuzz.h"

static const struct sealed_key key = { .kid = "gw_a", .bytes = { 1 } };
static const unsigned char iv[AES_IV_BYTES] = { 2 };

static void open_foreign(struct slice text)
{
	struct sealed_envelope e;
	struct buf plain = BUF_INIT(text.len + 1);
	struct err err = ERR_INIT;
	struct sealed_key read;

	if (sealed_read_request(text, &e, &err)) {
		assert(*e.kid && strlen(e.kid) < sizeof e.kid && !strchr(e.kid, '\n'));
		assert(!sealed_open_request(&key, &e, "POST", "/", &plain));
	} else {
		assert(err.kind == ERR_INVALID && *err.msg);
	}
	if (sealed_read_answer(text, &e, &err)) {
		assert(*e.type && !strpbrk(e.type, "\r\n"));
		assert(!sealed_open_answer(&key, &e.stamp, 200, &e, &plain));
	}
	if (sealed_read_event(text, &e, &err)) {
		assert(!sealed_open_event(&key, &e.stamp, 200, &e, &plain));
	}
	assert(!plain.len);
	sealed_key_read(text, &read);
	buf_release(&plain);
}

static void open_own(struct slice text)
{
	const struct sealed_stamp stamp = { .ts_ms = text.len };
	const struct sealed_request request = { "POST", "/v1/messages", text };
	struct buf out = BUF_INIT(SEALED_MAX_BYTES(text.len));
	struct buf plain = BUF_INIT(text.len + AES_TAG_BYTES + 1);
	struct sealed_envelope e;
	struct err err = ERR_INIT;

	assert(sealed_write_request(&key, &stamp, iv, &request, &out));
	assert(sealed_read_request(buf_slice(&out), &e, &err));
	assert(e.stamp.ts_ms == stamp.ts_ms);
	assert(sealed_open_request(&key, &e, "POST", "/v1/messages", &plain));
	assert(plain.len == text.len && memcmp(buf_text(&plain), text.ptr, text.len) == 0);
	/* One byte of the envelope differs: it does not open, unless the byte
	 * meant nothing. */
	buf_clear(&plain);
	out.ptr[text.len % out.len] ^= 1;
	if (sealed_read_request(buf_slice(&out), &e, &err) &&
	    sealed_open_request(&key, &e, "POST", "/v1/messages", &plain)) {
		assert(plain.len == text.len && memcmp(buf_text(&plain), text.ptr, text.len) == 0);
	}
	buf_release(&out);
	buf_release(&plain);
}

static void seal_with_type(struct slice text)
{
	struct slice rest = text;
	char *type = fuzz_line(&rest);
	const struct sealed_stamp stamp = { .ts_ms = 1 };
	const struct sealed_answer answer = { .status = 200, .type = type, .plain = rest };
	struct buf out = BUF_INIT(SEALED_MAX_BYTES(text.len));
	struct buf plain = BUF_INIT(text.len + AES_TAG_BYTES + 1);
	struct sealed_envelope e;
	struct err err = ERR_INIT;

	assert(sealed_write_answer(&key, &stamp, iv, &answer, &out));
	assert(sealed_read_answer(buf_slice(&out), &e, &err));
	assert(sealed_open_answer(&key, &stamp, 200, &e, &plain));
	assert(plain.len == rest.len);
	buf_release(&out);
	buf_release(&plain);
	free(type);
}

static void cut(struct slice text)
{
	size_t len;

	while ((len = sealed_event_length(text))) {
		assert(len <= text.len);
		text.ptr += len;
		text.len -= len;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_foreign(fuzz_text(data, size));
	open_own(fuzz_text(data, size));
	seal_with_type(fuzz_text(data, size));
	cut(fuzz_text(data, size));
	return 0;
}
