/* Other programs' settings files: what was set can be read back, what was
 * removed is gone, and other lines stay. First line: the path. */
#include "tests/fuzz/fuzz.h"

#include "base/limits.h"
#include "cli/settings.h"

#define VALUE "\"http://127.0.0.1:3847\""

static void change(enum settings_format format, struct slice text, const char *path)
{
	struct buf with = BUF_INIT(4 * MIB);
	struct buf without = BUF_INIT(4 * MIB);
	struct buf value = BUF_INIT(4 * MIB);
	struct err err = ERR_INIT;

	if (settings_set(format, text, path, slice_of(VALUE), &with, &err)) {
		assert(settings_get(format, buf_slice(&with), path, &value));
		assert(str_eq(buf_text(&value), VALUE));
		assert(settings_remove(format, buf_slice(&with), path, &without, &err));
	} else {
		assert(*err.msg);
	}
	buf_release(&with);
	buf_release(&without);
	buf_release(&value);
}

/* `connect` chooses the paths, so they are plain names with dots. */
static bool is_path(const char *path)
{
	return *path && path[strspn(path, "abcdefghijklmnopqrstuvwxyz_.")] == '\0' &&
	       *path != '.' && !str_ends(path, ".") && !strstr(path, "..");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = fuzz_text(data, size);
	char *path = fuzz_line(&rest);
	struct slice text = rest.ptr ? rest : slice_of("");

	if (is_path(path)) {
		change(SETTINGS_JSON, text, path);
		change(SETTINGS_TOML, text, path);
		change(SETTINGS_DOTENV, text, path);
		change(SETTINGS_YAML, text, path);
	}
	free(path);
	return 0;
}
