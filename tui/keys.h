/*
 * Keys as numbers: a character is its code point, what has no character is a
 * KEY_ value above all of them. Names are those of help and of the `tui.keys`
 * setting: "a", "Ctrl-d", "Enter", "PgDn", "F1".
 */
#ifndef TUI_KEYS_H
#define TUI_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define KEY_CTRL(letter) ((letter)&0x1f)

enum {
	KEY_NOTHING = 0,
	KEY_CODE_ENTER = '\r',
	KEY_CODE_TAB = '\t',
	KEY_CODE_ESC = 0x1b,
	KEY_CODE_BACKSPACE = 0x7f,
	KEY_CODE_UP = 0x200000,
	KEY_CODE_DOWN,
	KEY_CODE_LEFT,
	KEY_CODE_RIGHT,
	KEY_CODE_HOME,
	KEY_CODE_END,
	KEY_CODE_PGUP,
	KEY_CODE_PGDN,
	KEY_CODE_DELETE,
	KEY_CODE_SHIFT_TAB,
	KEY_CODE_F1, /* up to F12 in a row */
	KEY_CODE_F12 = KEY_CODE_F1 + 11,
};

#define KEY_NAME_BYTES 16

/* "j", "Ctrl-d", "Space": the name help shows. */
const char *key_label(int key, char out[KEY_NAME_BYTES]);

/* The key of a name; KEY_NOTHING when there is none. */
int key_by_name(const char *name);

/* Is it a character that a text field takes? */
bool key_is_text(int key);

#endif
