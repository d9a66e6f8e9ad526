#include "gateway/sealed_envelope.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_scan.h"
#include "base/json_write.h"
#include "base/mem.h"

#define KEY_PREFIX "lgw_sealed_"
#define KEY_CHARS 43            /* 32 bytes in base64url */
#define NONCE_CHARS 22
#define AAD_BYTES (64 * 1024)   /* a client's path is the longest part */

/* ---- base64url of a known length ---- */

static bool decode_exactly(struct slice text, void *out, size_t len)
{
	struct buf raw = BUF_INIT(256);
	struct buf again = BUF_INIT(256);
	bool ok = text.len < 256 && crypto_base64url_decode(text, &raw) && raw.len == len;

	/* One text for each value: what the tag covers is the text. */
	if (ok) {
		crypto_base64url(buf_slice(&raw), &again);
		ok = again.len == text.len && memcmp(again.ptr, text.ptr, text.len) == 0;
	}
	if (ok) {
		memcpy(out, raw.ptr, len);
	}
	buf_wipe(&raw);
	buf_wipe(&again);
	return ok;
}

static void add64(struct buf *out, const void *bytes, size_t len)
{
	crypto_base64url((struct slice){ bytes, len }, out);
}

bool sealed_key_read(struct slice text, struct sealed_key *out)
{
	size_t prefix = strlen(KEY_PREFIX);
	struct slice kid;
	struct slice bytes;

	text = slice_trim(text);
	if (!slice_starts(text, KEY_PREFIX) || text.len < prefix + 2 + KEY_CHARS) {
		return false;
	}
	bytes = (struct slice){ text.ptr + text.len - KEY_CHARS, KEY_CHARS };
	kid = (struct slice){ text.ptr + prefix, text.len - prefix - KEY_CHARS - 1 };
	if (kid.len >= sizeof out->kid || kid.ptr[kid.len] != '_' ||
	    !decode_exactly(bytes, out->bytes, sizeof out->bytes)) {
		return false;
	}
	memcpy(out->kid, kid.ptr, kid.len);
	out->kid[kid.len] = '\0';
	return true;
}

struct sealed_stamp sealed_stamp_make(uint64_t now_ms)
{
	struct sealed_stamp stamp = { .ts_ms = now_ms };

	crypto_random(stamp.nonce, sizeof stamp.nonce);
	return stamp;
}

/* ---- reading ---- */

enum member { V, KID, TS, NONCE, IV, CT, TYPE, SEQ, LAST, MEMBERS };

static const char *const member_names[MEMBERS] = {
	"v", "kid", "ts", "nonce", "iv", "ct", "type", "seq", "last",
};

/* Found in one pass, for `ct` may be megabytes. */
struct members {
	struct json_member at[MEMBERS];
	bool has[MEMBERS];
};

static void note_member(struct members *all, const struct json_member *m)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (json_key_is(m, member_names[i])) {
			all->at[i] = *m;
			all->has[i] = true;
		}
	}
}

static bool find_members(struct slice text, struct members *all, struct err *err)
{
	struct json_scan scan;
	struct json_member m;

	json_scan_init(&scan, text);
	while (json_scan_next(&scan, &m)) {
		note_member(all, &m);
	}
	if (scan.failed || scan.closer != '}') {
		return err_setf(err, ERR_INVALID, "the sealed envelope is no JSON object%s%s",
				scan.why ? ": " : "", scan.why ? scan.why : "");
	}
	return true;
}

static bool wrong(struct err *err, enum member which, const char *what)
{
	return err_setf(err, ERR_INVALID, "the sealed envelope's \"%s\" is missing or is not %s",
			member_names[which], what);
}

static bool has_kind(const struct members *all, enum member which, enum json_kind kind)
{
	return all->has[which] && all->at[which].kind == kind;
}

/* The text between the quotes; base64url needs no escapes. */
static struct slice bare(const struct json_member *m)
{
	return (struct slice){ m->value.ptr + 1, m->value.len - 2 };
}

static bool read_bytes(const struct members *all, enum member which, void *out, size_t len,
		       struct err *err)
{
	char what[64];

	if (has_kind(all, which, JSON_STRING) &&
	    decode_exactly(bare(&all->at[which]), out, len)) {
		return true;
	}
	snprintf(what, sizeof what, "%zu bytes in base64url without padding", len);
	return wrong(err, which, what);
}

static bool read_text(const struct members *all, enum member which, char *out, size_t size,
		      struct err *err)
{
	struct buf decoded = BUF_INIT(size);
	bool ok = has_kind(all, which, JSON_STRING) &&
		  json_unquote(all->at[which].value, &decoded) && !decoded.failed &&
		  decoded.len && decoded.len < size &&
		  strlen(buf_text(&decoded)) == decoded.len &&
		  !strpbrk(buf_text(&decoded), "\r\n");

	if (ok) {
		memcpy(out, decoded.ptr, decoded.len + 1);
	}
	buf_release(&decoded);
	return ok || wrong(err, which, "a short text");
}

static bool read_number(const struct members *all, enum member which, uint64_t *out,
			struct err *err)
{
	return (has_kind(all, which, JSON_NUMBER) && json_to_u64(all->at[which].value, out)) ||
	       wrong(err, which, "a whole number");
}

/* What every envelope has. */
static bool read_sealed(struct slice text, struct members *all, struct sealed_envelope *out,
			struct err *err)
{
	uint64_t version;

	if (!find_members(text, all, err) || !read_number(all, V, &version, err)) {
		return false;
	}
	if (version != 1) {
		return err_setf(err, ERR_INVALID, "the sealed envelope has version %" PRIu64
				"; this gateway knows 1", version);
	}
	if (!has_kind(all, CT, JSON_STRING)) {
		return wrong(err, CT, "base64url");
	}
	out->ct = bare(&all->at[CT]);
	return read_bytes(all, IV, out->iv, sizeof out->iv, err);
}

static bool read_stamped(struct slice text, struct members *all, struct sealed_envelope *out,
			 struct err *err)
{
	return read_sealed(text, all, out, err) &&
	       read_text(all, KID, out->kid, sizeof out->kid, err) &&
	       read_number(all, TS, &out->stamp.ts_ms, err) &&
	       read_bytes(all, NONCE, out->stamp.nonce, sizeof out->stamp.nonce, err);
}

bool sealed_read_request(struct slice text, struct sealed_envelope *out, struct err *err)
{
	struct members all = { .has = { false } };

	*out = (struct sealed_envelope){ .seq = 0 };
	return read_stamped(text, &all, out, err);
}

bool sealed_read_answer(struct slice text, struct sealed_envelope *out, struct err *err)
{
	struct members all = { .has = { false } };

	*out = (struct sealed_envelope){ .seq = 0 };
	return read_stamped(text, &all, out, err) &&
	       read_text(&all, TYPE, out->type, sizeof out->type, err);
}

bool sealed_read_event(struct slice text, struct sealed_envelope *out, struct err *err)
{
	struct members all = { .has = { false } };

	*out = (struct sealed_envelope){ .seq = 0 };
	if (!read_sealed(text, &all, out, err) || !read_number(&all, SEQ, &out->seq, err) ||
	    !read_text(&all, TYPE, out->type, sizeof out->type, err)) {
		return false;
	}
	out->is_last = has_kind(&all, LAST, JSON_TRUE);
	return out->is_last || has_kind(&all, LAST, JSON_FALSE) ||
	       wrong(err, LAST, "true or false");
}

/* ---- what the tag covers ---- */

static void add_stamp(struct buf *aad, const char *kid, const struct sealed_stamp *stamp)
{
	buf_addf(aad, "\n%s\n%" PRIu64 "\n", kid, stamp->ts_ms);
	add64(aad, stamp->nonce, sizeof stamp->nonce);
}

static void aad_of_request(struct buf *aad, const char *kid, const struct sealed_stamp *stamp,
			   const char *method, const char *path)
{
	buf_addf(aad, "1\n%s\n%s", method, path);
	add_stamp(aad, kid, stamp);
}

static void aad_of_answer(struct buf *aad, const char *kid, const struct sealed_stamp *stamp,
			  const struct sealed_answer *answer)
{
	buf_addf(aad, "1\n%d\n%s", answer->status, answer->type);
	add_stamp(aad, kid, stamp);
}

static void aad_of_event(struct buf *aad, const char *kid, const struct sealed_stamp *stamp,
			 const struct sealed_answer *answer)
{
	aad_of_answer(aad, kid, stamp, answer);
	buf_addf(aad, "\n%" PRIu64 "\n%s", answer->seq, answer->is_last ? "last" : "more");
}

/* ---- opening ---- */

static bool open_with(const struct sealed_key *key, const struct sealed_envelope *e,
		      struct buf *aad, struct buf *plain)
{
	struct buf raw = BUF_INIT(e->ct.len + 1);
	bool ok = !aad->failed && crypto_base64url_decode(e->ct, &raw) &&
		  crypto_open(key->bytes, e->iv, buf_slice(aad), buf_slice(&raw), plain);

	buf_release(&raw);
	buf_release(aad);
	return ok;
}

bool sealed_open_request(const struct sealed_key *key, const struct sealed_envelope *e,
			 const char *method, const char *path, struct buf *plain)
{
	struct buf aad = BUF_INIT(AAD_BYTES);

	aad_of_request(&aad, key->kid, &e->stamp, method, path);
	return open_with(key, e, &aad, plain);
}

bool sealed_open_answer(const struct sealed_key *key, const struct sealed_stamp *asked,
			int status, const struct sealed_envelope *e, struct buf *plain)
{
	const struct sealed_answer answer = { .status = status, .type = e->type };
	struct buf aad = BUF_INIT(AAD_BYTES);

	aad_of_answer(&aad, key->kid, asked, &answer);
	return open_with(key, e, &aad, plain);
}

bool sealed_open_event(const struct sealed_key *key, const struct sealed_stamp *asked,
		       int status, const struct sealed_envelope *e, struct buf *plain)
{
	const struct sealed_answer answer = {
		.status = status, .type = e->type, .seq = e->seq, .is_last = e->is_last,
	};
	struct buf aad = BUF_INIT(AAD_BYTES);

	aad_of_event(&aad, key->kid, asked, &answer);
	return open_with(key, e, &aad, plain);
}

/* ---- sealing ---- */

static bool add_sealed(const struct sealed_key *key, const unsigned char iv[AES_IV_BYTES],
		       struct buf *aad, struct slice plain, struct buf *out)
{
	struct buf raw = BUF_INIT(plain.len + AES_TAG_BYTES + 1);
	bool ok = !aad->failed && crypto_seal(key->bytes, iv, buf_slice(aad), plain, &raw);

	buf_adds(out, ",\"iv\":\"");
	add64(out, iv, AES_IV_BYTES);
	buf_adds(out, "\",\"ct\":\"");
	add64(out, buf_text(&raw), raw.len);
	buf_adds(out, "\"}");
	buf_release(&raw);
	buf_release(aad);
	return ok && !out->failed;
}

static void add_head(struct buf *out, const char *kid, const struct sealed_stamp *stamp)
{
	buf_adds(out, "{\"v\":1,\"kid\":");
	json_quote(out, slice_of(kid));
	buf_addf(out, ",\"ts\":%" PRIu64 ",\"nonce\":\"", stamp->ts_ms);
	add64(out, stamp->nonce, sizeof stamp->nonce);
	buf_addc(out, '"');
}

static void add_type(struct buf *out, const char *type)
{
	buf_adds(out, ",\"type\":");
	json_quote(out, slice_of(type));
}

bool sealed_write_request(const struct sealed_key *key, const struct sealed_stamp *stamp,
			  const unsigned char iv[AES_IV_BYTES],
			  const struct sealed_request *request, struct buf *out)
{
	struct buf aad = BUF_INIT(AAD_BYTES);

	aad_of_request(&aad, key->kid, stamp, request->method, request->path);
	add_head(out, key->kid, stamp);
	return add_sealed(key, iv, &aad, request->plain, out);
}

/* What a reader would not take, or would take for something else, it need not
 * be told: an upstream may call its answers anything. */
static bool is_media_type(const char *type)
{
	size_t len = 0;

	while (type && type[len] >= 0x20 && type[len] < 0x7f) {
		len++;
	}
	return len && !type[len] && len < SEALED_MEDIA_BYTES;
}

static struct sealed_answer with_media_type(const struct sealed_answer *answer)
{
	struct sealed_answer out = *answer;

	if (!is_media_type(out.type)) {
		out.type = "application/octet-stream";
	}
	return out;
}

bool sealed_write_answer(const struct sealed_key *key, const struct sealed_stamp *asked,
			 const unsigned char iv[AES_IV_BYTES],
			 const struct sealed_answer *answer, struct buf *out)
{
	struct sealed_answer a = with_media_type(answer);
	struct buf aad = BUF_INIT(AAD_BYTES);

	aad_of_answer(&aad, key->kid, asked, &a);
	add_head(out, key->kid, asked);
	add_type(out, a.type);
	return add_sealed(key, iv, &aad, a.plain, out);
}

bool sealed_write_event(const struct sealed_key *key, const struct sealed_stamp *asked,
			const unsigned char iv[AES_IV_BYTES],
			const struct sealed_answer *answer, struct buf *out)
{
	struct sealed_answer a = with_media_type(answer);
	struct buf aad = BUF_INIT(AAD_BYTES);
	bool ok;

	aad_of_event(&aad, key->kid, asked, &a);
	buf_addf(out, "data: {\"v\":1,\"seq\":%" PRIu64 ",\"last\":%s", a.seq,
		 a.is_last ? "true" : "false");
	add_type(out, a.type);
	ok = add_sealed(key, iv, &aad, a.plain, out);
	buf_adds(out, "\n\n");
	return ok;
}

size_t sealed_event_length(struct slice text)
{
	size_t line = 0;        /* its length so far */

	for (size_t i = 0; i < text.len; i++) {
		bool is_crlf = text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';

		if (text.ptr[i] != '\n' && text.ptr[i] != '\r') {
			line++;
			continue;
		}
		i += is_crlf;
		if (!line) {
			return i + 1;
		}
		line = 0;
	}
	return 0;
}
