#include "cli/settings.h"

#include "base/json_write.h"

bool settings_set(enum settings_format format, struct slice text, const char *path,
		  struct slice raw, struct buf *out, struct err *err)
{
	if (format == SETTINGS_JSON) {
		return json_settings_set(text, path, raw, out, err);
	}
	return line_settings_set(format, text, path, raw, out);
}

bool settings_remove(enum settings_format format, struct slice text, const char *path,
		     struct buf *out, struct err *err)
{
	if (format == SETTINGS_JSON) {
		return json_settings_remove(text, path, out, err);
	}
	return line_settings_remove(format, text, path, out);
}

bool settings_get(enum settings_format format, struct slice text, const char *path,
		  struct buf *raw)
{
	if (format == SETTINGS_JSON) {
		return json_settings_get(text, path, raw);
	}
	return line_settings_get(format, text, path, raw);
}

/* What `connect` writes are addresses, keys and words: none needs quotes in a
 * .env file, and JSON's quotes are TOML's and YAML's too. */
void settings_quote(enum settings_format format, const char *text, struct buf *raw)
{
	if (format == SETTINGS_DOTENV) {
		buf_adds(raw, text);
	} else {
		json_quote(raw, slice_of(text));
	}
}
