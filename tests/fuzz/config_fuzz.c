/* The configuration: what loads can be printed and loads again to the same;
 * what is edited still loads; what is masked is still YAML. */
#include "tests/fuzz/fuzz.h"

#include "base/limits.h"
#include "config/edit.h"
#include "config/load_options.h"

static void print_again(const struct config *c)
{
	struct buf first = BUF_INIT(16 * MIB);
	struct buf second = BUF_INIT(16 * MIB);
	struct err err = ERR_INIT;
	struct config *again;

	config_dump_yaml(c, &first);
	again = config_parse_with("dump", buf_slice(&first), true, &err);
	if (again) {
		config_dump_yaml(again, &second);
		assert(str_eq(buf_text(&first), buf_text(&second)));
	}
	config_unref(again);
	buf_release(&first);
	buf_release(&second);
}

static void edit(struct slice text)
{
	static const struct edit edits[] = {
		{ EDIT_SET, "server.port", "4000" },
		{ EDIT_SET, "models.smart.fallback", "[a, b]" },
		{ EDIT_REMOVE, "logging", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		struct buf out = BUF_INIT(MAX_CONFIG_BYTES);
		struct err err = ERR_INIT;

		if (!config_edit_text(text, &edits[i], 1, &out, &err)) {
			assert(*err.msg);
		}
		buf_release(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = fuzz_text(data, size);
	struct buf masked = BUF_INIT(16 * MIB);
	struct err err = ERR_INIT;
	struct config *c = config_parse_with("config.yaml", text, true, &err);

	if (c) {
		print_again(c);
	} else {
		assert(*err.msg);
	}
	edit(text);
	config_redact_text(text, &masked, &err);
	config_unref(c);
	buf_release(&masked);
	return 0;
}
