/* A request of the control API, and its body on the way into the file: what
 * becomes of JSON is one line of YAML. */
#include "tests/fuzz/fuzz.h"

#include "control/edits.h"
#include "control/fields.h"
#include "control/http.h"

static void read_heads(struct slice text, struct slice *body)
{
	size_t size = http_head_size(text);
	struct slice head = { text.ptr, size };
	struct http_head parsed;
	struct err err = ERR_INIT;

	*body = (struct slice){ text.ptr + size, text.len - size };
	if (size && http_parse_request(head, &parsed, &err)) {
		assert(parsed.method.len && parsed.target.ptr[0] == '/');
	}
	if (size && http_parse_answer(head, &parsed, &err)) {
		assert(parsed.status >= 0 && parsed.status <= 999);
	}
}

static void edit(struct slice body)
{
	struct edits e;
	struct err err = ERR_INIT;
	struct buf yaml = BUF_INIT(MIB);
	struct buf text = BUF_INIT(MIB);

	edits_init(&e, slice_of("server:\n  port: 1\n"));
	if (edits_merge(&e, "server", body, NULL, &err)) {
		assert(e.count <= MAX_EDITS);
	}
	if (body.len && edits_yaml(body, &yaml, &err)) {
		assert(!memchr(buf_text(&yaml), '\n', yaml.len));
	}
	field_text(body, "name", &text, &err);
	field_flag(body, "flag", false);
	edits_release(&e);
	buf_release(&yaml);
	buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body;
	struct err err = ERR_INIT;

	read_heads(fuzz_text(data, size), &body);
	body = slice_trim(body);
	if (fields_check(body, &err)) {
		edit(body);
	} else {
		assert(*err.msg);
	}
	return 0;
}
