#include "formats/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"

static const struct format *const formats[] = {
	&format_anthropic,
	&format_chat,
	&format_gemini,
	&format_responses,
};

const struct format *format_find(enum format_id id)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (formats[i]->id == id) {
			return formats[i];
		}
	}
	return NULL;
}

bool decode_refuse(struct decoding *d, const char *param, const char *fmt, ...)
{
	char text[MAX_ERR_MSG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return hub_refuse(d->error, d->arena, ERROR_INVALID, param, "%s", text);
}

bool encode_refuse(struct conversion *c, const char *param, const char *fmt, ...)
{
	char text[MAX_ERR_MSG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return hub_refuse(c->error, c->arena, ERROR_UNSUPPORTED, param, "%s", text);
}

bool decode_names(struct decoding *d, const struct json *list, const char *path,
		  struct hub_name **out)
{
	if (json_is(list, JSON_STRING) && list->text.len) {
		hub_name_add(d->arena, out, list->text);
		return true;
	}
	if (!json_is(list, JSON_ARRAY)) {
		return true;
	}
	if (list->count > MAX_NAMES) {
		return decode_refuse(d, path, "%s: more than %d entries", path, MAX_NAMES);
	}
	json_each(item, list) {
		if (item->kind == JSON_STRING && item->text.len) {
			hub_name_add(d->arena, out, item->text);
		}
	}
	return true;
}

void decode_number(const struct json *object, const char *name, struct hub_number *out)
{
	const struct json *v = json_get(object, name);

	if (json_to_double(v, &out->value)) {
		out->text = v->raw;
	}
}

struct slice wire_id(struct conversion *c, struct slice id)
{
	return wire_map_get(&c->ids, id);
}

struct slice wire_name(struct conversion *c, struct slice name)
{
	return wire_map_get(&c->names, name);
}

bool slice_is_blank(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!strchr(" \t\r\n", s.ptr[i]) || !s.ptr[i]) {
			return false;
		}
	}
	return true;
}

/* {"<name>": text} */
static struct slice wrap_text(struct arena *a, const char *name, struct slice text)
{
	struct buf json = BUF_INIT(MAX_ARENA_BYTES);
	struct json_writer w;
	struct slice wrapped;

	json_open(&w, &json);
	json_object(&w);
	json_key(&w, name);
	json_strn(&w, text);
	json_end(&w);
	wrapped = arena_slice(a, buf_slice(&json));
	buf_release(&json);
	return wrapped;
}

struct slice args_object(struct arena *a, struct slice args, struct warnings *warnings)
{
	if (slice_is_blank(args)) {
		return slice_of("{}");
	}
	if (json_is_object_text(args)) {
		return args;
	}
	if (warnings) {
		warn(warnings, WARN_REWRITTEN, "tool_use.input");
	}
	return wrap_text(a, "_raw", args);
}

struct slice custom_input(struct arena *a, struct slice args)
{
	const struct json *v = json_read(a, args, NULL);
	const struct json *input = json_get(v, "input");

	return json_is(input, JSON_STRING) ? input->text : args;
}

struct slice custom_args(struct arena *a, struct slice text)
{
	return wrap_text(a, "input", text);
}

struct slice custom_description(struct arena *a, const struct hub_tool *tool)
{
	struct slice about = tool->description;
	struct slice syntax = tool->grammar_syntax;
	struct slice head;

	if (!tool->grammar.len) {
		return about;
	}
	head = slice_of(arena_printf(a, "%.*s\n\nInput grammar (%.*s):\n", (int)about.len,
				     about.len ? about.ptr : "", (int)syntax.len,
				     syntax.len ? syntax.ptr : ""));
	return slice_cat(a, head, tool->grammar);
}

struct hub_number fit_number(struct conversion *c, const struct hub_number *number,
			     const char *path, double min, double max)
{
	double fitted = number->value;

	if (!hub_number_is_set(number)) {
		return *number;
	}
	fitted = fitted < min ? min : fitted;
	fitted = fitted > max ? max : fitted;
	if (fitted == number->value) {
		return *number;
	}
	warn(c->warnings, WARN_CLAMPED, "%s", path);
	return hub_number_of(c->arena, fitted);
}

void json_knumber(struct json_writer *w, const char *name, const struct hub_number *number)
{
	if (hub_number_is_set(number)) {
		json_kraw(w, name, number->text);
	}
}

void json_kslice(struct json_writer *w, const char *name, struct slice text)
{
	if (text.ptr) {
		json_key(w, name);
		json_strn(w, text);
	}
}

void json_kslice_or_null(struct json_writer *w, const char *name, struct slice text)
{
	json_key(w, name);
	if (text.ptr) {
		json_strn(w, text);
	} else {
		json_null(w);
	}
}

void json_kraw(struct json_writer *w, const char *name, struct slice raw)
{
	if (raw.len) {
		json_key(w, name);
		json_raw(w, raw);
	}
}

/* A digest stands for what others can read of a block; without one an opaque
 * block of the user is content that would be lost (C71). Inside a tool result
 * any block may have come, a call or a thought: no vendor takes those. */
enum foreign_fate foreign_fate(struct conversion *c, const struct hub_block *block,
			       enum hub_role role, enum hub_origin own)
{
	struct slice type;

	if (!hub_is_foreign(block)) {
		encode_refuse(c, "messages", "messages: a tool result holds a block that "
			      "cannot stand in one");
		return FOREIGN_REFUSE;
	}
	type = block->foreign.type;
	if (block->foreign.origin == own) {
		return FOREIGN_KEEP;
	}
	if (block->kind == BLOCK_REDACTED) {
		return FOREIGN_DROP;
	}
	if (block->foreign.digest.len) {
		warn(c->warnings, WARN_REWRITTEN, "messages.%.*s", (int)type.len, type.ptr);
		return FOREIGN_TEXT;
	}
	if (block->kind == BLOCK_OPAQUE && role != ROLE_ASSISTANT) {
		encode_refuse(c, "messages", "messages: content of type `%.*s` cannot be sent "
			      "to this upstream", (int)type.len, type.len ? type.ptr : "");
		return FOREIGN_REFUSE;
	}
	warn(c->warnings, WARN_DROPPED, "messages.%.*s", (int)type.len,
	     type.len ? type.ptr : "");
	return FOREIGN_DROP;
}
