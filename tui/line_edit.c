#include "tui/line_edit.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/keys.h"

#define MAX_HISTORY 100 /* of one sitting */

void line_edit_init(struct line_edit *e, const char *text)
{
	mem_wipe(e, sizeof *e);
	str_copy(e->text, sizeof e->text, text);
	e->len = strlen(e->text);
	e->at = e->len;
}

void line_edit_release(struct line_edit *e)
{
	mem_wipe(e, sizeof *e);
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct line_edit *e, size_t at)
{
	while (at > 0 && is_continuation(e->text[--at])) {
	}
	return at;
}

static size_t after(const struct line_edit *e, size_t at)
{
	if (at < e->len) {
		at++;
	}
	while (at < e->len && is_continuation(e->text[at])) {
		at++;
	}
	return at;
}

static void cut(struct line_edit *e, size_t from, size_t to)
{
	memmove(e->text + from, e->text + to, e->len - to + 1);
	mem_wipe(e->text + e->len - (to - from) + 1, to - from);
	e->len -= to - from;
	e->at = from;
}

static size_t word_start(const struct line_edit *e)
{
	size_t at = e->at;

	while (at > 0 && e->text[at - 1] == ' ') {
		at--;
	}
	while (at > 0 && e->text[at - 1] != ' ') {
		at--;
	}
	return at;
}

static void insert(struct line_edit *e, int key)
{
	struct buf text = BUF_INIT(16);

	utf8_encode(&text, (uint32_t)key);
	if (e->len + text.len < sizeof e->text) {
		memmove(e->text + e->at + text.len, e->text + e->at, e->len - e->at + 1);
		memcpy(e->text + e->at, buf_text(&text), text.len);
		e->len += text.len;
		e->at += text.len;
	}
	buf_wipe(&text);
}

static bool move(struct line_edit *e, int key)
{
	switch (key) {
	case KEY_CODE_LEFT:
	case KEY_CTRL('b'):
		e->at = before(e, e->at);
		return true;
	case KEY_CODE_RIGHT:
	case KEY_CTRL('f'):
		e->at = after(e, e->at);
		return true;
	case KEY_CODE_HOME:
	case KEY_CTRL('a'):
		e->at = 0;
		return true;
	case KEY_CODE_END:
	case KEY_CTRL('e'):
		e->at = e->len;
		return true;
	default:
		return false;
	}
}

bool line_edit_key(struct line_edit *e, int key)
{
	if (move(e, key)) {
		return true;
	}
	switch (key) {
	case KEY_CODE_BACKSPACE:
	case KEY_CTRL('h'):
		cut(e, before(e, e->at), e->at);
		return true;
	case KEY_CODE_DELETE:
		cut(e, e->at, after(e, e->at));
		return true;
	case KEY_CTRL('u'):
		cut(e, 0, e->at);
		return true;
	case KEY_CTRL('k'):
		cut(e, e->at, e->len);
		return true;
	case KEY_CTRL('w'):
		cut(e, word_start(e), e->at);
		return true;
	default:
		break;
	}
	if (!key_is_text(key)) {
		return false;
	}
	insert(e, key);
	return true;
}

size_t line_edit_shown(const struct line_edit *e, struct buf *out)
{
	size_t cursor = e->at;

	if (!e->is_masked) {
		buf_add(out, e->text, e->len);
		return cursor;
	}
	cursor = 0;
	for (size_t at = 0; at < e->len; at = after(e, at)) {
		cursor += at < e->at;
		buf_addc(out, '*');
	}
	return cursor;
}

void line_history_add(struct line_history *h, const char *text)
{
	const char *last = h->lines.len ? h->lines.items[h->lines.len - 1] : NULL;

	if (*text && !str_eq(last, text)) {
		vec_push(&h->lines, xstrdup(text));
	}
	if (h->lines.len > MAX_HISTORY) {
		free(h->lines.items[0]);
		vec_remove(&h->lines, 0);
	}
	h->at = h->lines.len;
}

void line_history_release(struct line_history *h)
{
	for (size_t i = 0; i < h->lines.len; i++) {
		free(h->lines.items[i]);
	}
	vec_release(&h->lines);
}

void line_history_move(struct line_history *h, struct line_edit *e, int step)
{
	if ((step < 0 && h->at == 0) || (step > 0 && h->at >= h->lines.len)) {
		return;
	}
	h->at = step < 0 ? h->at - 1 : h->at + 1;
	line_edit_init(e, h->at < h->lines.len ? h->lines.items[h->at] : "");
}
