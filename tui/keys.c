#include "tui/keys.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/utf8.h"

static const struct {
	const char *name;
	int key;
} names[] = {
	{ "Enter", KEY_CODE_ENTER },
	{ "Tab", KEY_CODE_TAB },
	{ "Esc", KEY_CODE_ESC },
	{ "Backspace", KEY_CODE_BACKSPACE },
	{ "Up", KEY_CODE_UP },
	{ "Down", KEY_CODE_DOWN },
	{ "Left", KEY_CODE_LEFT },
	{ "Right", KEY_CODE_RIGHT },
	{ "Home", KEY_CODE_HOME },
	{ "End", KEY_CODE_END },
	{ "PgUp", KEY_CODE_PGUP },
	{ "PgDn", KEY_CODE_PGDN },
	{ "Delete", KEY_CODE_DELETE },
	{ "Shift-Tab", KEY_CODE_SHIFT_TAB },
	{ "Space", ' ' },
};

const char *key_label(int key, char out[KEY_NAME_BYTES])
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (names[i].key == key) {
			return names[i].name;
		}
	}
	if (key >= KEY_CODE_F1 && key <= KEY_CODE_F12) {
		snprintf(out, KEY_NAME_BYTES, "F%d", key - KEY_CODE_F1 + 1);
	} else if (key > 0 && key < ' ') {
		snprintf(out, KEY_NAME_BYTES, "Ctrl-%c", key + 'a' - 1);
	} else {
		struct buf text = BUF_INIT(KEY_NAME_BYTES);

		utf8_encode(&text, (uint32_t)key);
		str_copy(out, KEY_NAME_BYTES, buf_text(&text));
		buf_release(&text);
	}
	return out;
}

int key_by_name(const char *name)
{
	uint32_t code = 0;
	int64_t number;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_ieq(names[i].name, name)) {
			return names[i].key;
		}
	}
	if (name[0] == 'F' && str_to_i64(name + 1, &number) && number >= 1 && number <= 12) {
		return KEY_CODE_F1 + (int)number - 1;
	}
	if (str_starts(name, "Ctrl-") && name[5] >= 'a' && name[5] <= 'z' && !name[6]) {
		return KEY_CTRL(name[5]);
	}
	if (*name && utf8_decode(name, strlen(name), &code) == strlen(name) && code >= ' ') {
		return (int)code;
	}
	return KEY_NOTHING;
}

bool key_is_text(int key)
{
	return key >= ' ' && key != KEY_CODE_BACKSPACE && key < 0x110000;
}
