#include "config/tree_write.h"

#include "config/edit.h"
#include "config/render.h"

void tree_open(struct tree_writer *w, struct buf *out, bool is_json)
{
	*w = (struct tree_writer){ .out = out, .is_json = is_json };
	json_open(&w->json, out);
	if (is_json) {
		json_object(&w->json);
	}
}

void tree_close(struct tree_writer *w)
{
	if (w->is_json) {
		json_end(&w->json);
	}
}

static void begin_value(struct tree_writer *w, const char *name)
{
	if (w->is_json) {
		json_key(&w->json, name);
		return;
	}
	if (w->after_dash) {
		buf_addf(w->out, "%*s- ", (w->depth - 1) * INDENT_STEP, "");
		w->after_dash = false;
	} else {
		buf_addf(w->out, "%*s", w->depth * INDENT_STEP, "");
	}
	yaml_quote(w->out, name);
	buf_addc(w->out, ':');
}

void tree_text(struct tree_writer *w, const char *name, const char *text)
{
	begin_value(w, name);
	if (w->is_json) {
		json_str(&w->json, text);
		return;
	}
	buf_addc(w->out, ' ');
	yaml_quote(w->out, text);
	buf_addc(w->out, '\n');
}

void tree_raw(struct tree_writer *w, const char *name, const char *text)
{
	begin_value(w, name);
	if (w->is_json) {
		json_raw(&w->json, slice_of(text));
	} else {
		buf_addf(w->out, " %s\n", text);
	}
}

void tree_list(struct tree_writer *w, const char *name, const struct string_list *list)
{
	begin_value(w, name);
	if (w->is_json) {
		json_array(&w->json);
	} else {
		buf_adds(w->out, " [");
	}
	for (size_t i = 0; i < list->count; i++) {
		if (w->is_json) {
			json_str(&w->json, list->items[i]);
		} else {
			buf_adds(w->out, i ? ", " : "");
			yaml_quote(w->out, list->items[i]);
		}
	}
	if (w->is_json) {
		json_end(&w->json);
	} else {
		buf_adds(w->out, "]\n");
	}
}

void tree_begin(struct tree_writer *w, const char *name, size_t count, bool is_list)
{
	begin_value(w, name);
	if (!w->is_json) {
		buf_adds(w->out, count ? "\n" : is_list ? " []\n" : " {}\n");
		w->depth++;
	} else if (is_list) {
		json_array(&w->json);
	} else {
		json_object(&w->json);
	}
}

void tree_end(struct tree_writer *w)
{
	if (w->is_json) {
		json_end(&w->json);
	} else {
		w->depth--;
	}
}

void tree_item(struct tree_writer *w)
{
	if (w->is_json) {
		json_object(&w->json);
	} else {
		w->depth++;
		w->after_dash = true;
	}
}
