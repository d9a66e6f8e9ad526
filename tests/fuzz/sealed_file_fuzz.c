/* credentials.enc as a stranger may have left it: the header as it is, and
 * records behind a tag that fits. */
#include "credentials/sealed_file.c"

#include "tests/fuzz/fuzz.h"

#include "credentials/token_set.h"

static char path[] = "credentials.enc";
static struct sealed_file store = { .path = path, .has_key = true };

static void open_raw(struct slice text)
{
	struct buf records = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct err err = ERR_INIT;

	/* scrypt itself is slow by design; its bounds have a unit test */
	if (text.len >= PARAMS_BYTES) {
		memcpy(store.params, text.ptr, PARAMS_BYTES);
	}
	store.has_key = true;
	assert(!unseal(&store, text, &records, &err));
	assert(err.kind == ERR_STORE);
	buf_release(&records);
}

static void open_records(struct slice text)
{
	unsigned char header[HEADER_BYTES] = MAGIC;
	struct slice aad = { (const char *)header, sizeof header };
	struct buf file = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct buf records = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct buf others = BUF_INIT(MAX_SEALED_FILE_BYTES);
	struct err err = ERR_INIT;
	struct record r;

	store.has_key = true;
	memcpy(store.params, header, PARAMS_BYTES);
	key_check(store.key, header + CHECK_AT);
	buf_add(&file, header, sizeof header);
	assert(crypto_seal(store.key, header + IV_AT, aad, text, &file));
	assert(unseal(&store, buf_slice(&file), &records, &err));
	assert(records.len == text.len);
	find_record(buf_slice(&records), "upstream_a", &r);
	copy_others(buf_slice(&records), "upstream_a", &others);
	assert(others.len <= records.len);
	buf_release(&file);
	buf_release(&records);
	buf_release(&others);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct token_set tokens = TOKEN_SET_INIT;

	open_raw(fuzz_text(data, size));
	open_records(fuzz_text(data, size));
	token_set_read(fuzz_text(data, size), &tokens);
	token_set_release(&tokens);
	return 0;
}
