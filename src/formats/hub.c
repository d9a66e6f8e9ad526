#include "formats/hub.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json_write.h"
#include "base/limits.h"

struct hub_request *hub_request_new(struct arena *a, enum format_id format)
{
	struct hub_request *req = arena_zalloc(a, sizeof *req);

	req->arena = a;
	req->format = format;
	req->max_tokens = HUB_UNSET_INT;
	req->top_k = HUB_UNSET_INT;
	req->seed = HUB_UNSET_INT;
	req->n = 1;
	return req;
}

struct hub_block *hub_block_new(struct arena *a, enum hub_block_kind kind)
{
	struct hub_block *block = arena_zalloc(a, sizeof *block);

	block->kind = kind;
	return block;
}

struct hub_block *hub_text_new(struct arena *a, struct slice text)
{
	struct hub_block *block = hub_block_new(a, BLOCK_TEXT);

	block->text.text = text;
	return block;
}

void hub_append(struct hub_blocks *list, struct hub_block *block)
{
	block->next = NULL;
	if (list->last) {
		list->last->next = block;
	} else {
		list->first = block;
	}
	list->last = block;
	list->count++;
}

void hub_results_first(struct hub_blocks *list)
{
	struct hub_blocks results = { .count = 0 };
	struct hub_blocks others = { .count = 0 };
	struct hub_block *next;

	for (struct hub_block *b = list->first; b; b = next) {
		next = b->next;
		hub_append(b->kind == BLOCK_TOOL_RESULT ? &results : &others, b);
	}
	if (!results.count) {
		*list = others;
		return;
	}
	results.last->next = others.first;
	results.last = others.last ? others.last : results.last;
	results.count += others.count;
	*list = results;
}

static struct hub_message *link_message(struct hub_request *req, struct hub_message **place,
					enum hub_role role)
{
	struct hub_message *message = arena_zalloc(req->arena, sizeof *message);

	message->role = role;
	message->next = *place;
	*place = message;
	if (!message->next) {
		req->last_message = message;
	}
	req->message_count++;
	return message;
}

struct hub_message *hub_message_new(struct hub_request *req, enum hub_role role)
{
	return link_message(req, req->last_message ? &req->last_message->next : &req->messages,
			    role);
}

struct hub_message *hub_message_after(struct hub_request *req, struct hub_message *before,
				      enum hub_role role)
{
	return link_message(req, &before->next, role);
}

struct hub_message *hub_message_continue(struct hub_request *req, enum hub_role role)
{
	if (req->last_message && req->last_message->role == role) {
		return req->last_message;
	}
	return hub_message_new(req, role);
}

struct hub_tool *hub_tool_new(struct hub_request *req, enum hub_tool_kind kind)
{
	struct hub_tool *tool = arena_zalloc(req->arena, sizeof *tool);

	tool->kind = kind;
	if (req->last_tool) {
		req->last_tool->next = tool;
	} else {
		req->tools = tool;
	}
	req->last_tool = tool;
	return tool;
}

void hub_ext_add(struct hub_request *req, const char *path, struct slice raw)
{
	struct hub_ext *ext = arena_zalloc(req->arena, sizeof *ext);
	struct hub_ext **tail = &req->ext;

	ext->format = req->format;
	ext->path = path;
	ext->raw = raw;
	while (*tail) {
		tail = &(*tail)->next;
	}
	*tail = ext;
}

struct slice hub_ext_get(const struct hub_request *req, const char *path)
{
	for (const struct hub_ext *ext = req->ext; ext; ext = ext->next) {
		if (str_eq(ext->path, path)) {
			return ext->raw;
		}
	}
	return SLICE_NULL;
}

/* Lists are short: decode_names bounds them. */
void hub_name_add(struct arena *a, struct hub_name **list, struct slice text)
{
	struct hub_name *name = arena_zalloc(a, sizeof *name);

	name->text = text;
	while (*list) {
		list = &(*list)->next;
	}
	*list = name;
}

size_t hub_name_count(const struct hub_name *list)
{
	size_t count = 0;

	for (; list; list = list->next) {
		count++;
	}
	return count;
}

bool hub_has_name(const struct hub_name *list, struct slice text)
{
	for (; list; list = list->next) {
		if (slice_same(list->text, text)) {
			return true;
		}
	}
	return false;
}

struct hub_number hub_number_of(struct arena *a, double value)
{
	struct buf text = BUF_INIT(64);
	struct json_writer w;
	struct hub_number number = { .value = value };

	json_open(&w, &text);
	json_double(&w, value);
	number.text = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return number;
}

bool hub_number_is_set(const struct hub_number *number)
{
	return number->text.len > 0;
}

bool slice_same(struct slice a, struct slice b)
{
	return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct slice slice_cat(struct arena *a, struct slice x, struct slice y)
{
	char *both = arena_alloc(a, x.len + y.len + 1);

	if (x.len) {
		memcpy(both, x.ptr, x.len);
	}
	if (y.len) {
		memcpy(both + x.len, y.ptr, y.len);
	}
	both[x.len + y.len] = '\0';
	return (struct slice){ both, x.len + y.len };
}

const struct hub_tool *hub_tool_find(const struct hub_request *req, struct slice name)
{
	tools_each(tool, req) {
		if (slice_same(tool->name, name)) {
			return tool;
		}
	}
	return NULL;
}

bool hub_is_foreign(const struct hub_block *block)
{
	return block->kind == BLOCK_REDACTED || block->kind == BLOCK_SERVER_USE ||
	       block->kind == BLOCK_SERVER_RESULT || block->kind == BLOCK_OPAQUE;
}

bool hub_blocks_have(const struct hub_blocks *list, enum hub_block_kind kind)
{
	blocks_each(block, list) {
		if (block->kind == kind) {
			return true;
		}
	}
	return false;
}

struct slice hub_join_text(struct arena *a, const struct hub_blocks *list,
			   const char *separator)
{
	struct buf text = BUF_INIT(MAX_ARENA_BYTES);
	struct slice joined;
	bool first = true;

	blocks_each(block, list) {
		if (block->kind != BLOCK_TEXT) {
			continue;
		}
		if (list->count == 1) {
			return block->text.text;
		}
		buf_adds(&text, first ? "" : separator);
		buf_add(&text, block->text.text.ptr, block->text.text.len);
		first = false;
	}
	joined = arena_slice(a, buf_slice(&text));
	buf_release(&text);
	return joined;
}

static void merge_count(int64_t *count, int64_t more)
{
	if (more >= 0) {
		*count = more;
	}
}

void hub_usage_merge(struct hub_usage *usage, const struct hub_usage *more)
{
	merge_count(&usage->in_total, more->in_total);
	merge_count(&usage->in_cached, more->in_cached);
	merge_count(&usage->in_cache_write, more->in_cache_write);
	merge_count(&usage->in_cache_write_1h, more->in_cache_write_1h);
	merge_count(&usage->out_total, more->out_total);
	merge_count(&usage->out_reasoning, more->out_reasoning);
	merge_count(&usage->tool_prompt, more->tool_prompt);
	merge_count(&usage->web_searches, more->web_searches);
}

int64_t hub_count(int64_t tokens)
{
	return tokens > 0 ? tokens : 0;
}

int64_t hub_count_add(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

struct api_error hub_error_of(enum error_class class, const char *message)
{
	return (struct api_error){
		.class = class,
		.message = message,
		.code = "",
		.param = "",
		.request_id = "",
	};
}

bool hub_refuse(struct api_error *error, struct arena *a, enum error_class class,
		const char *param, const char *fmt, ...)
{
	char text[MAX_ERR_MSG];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	*error = hub_error_of(class, arena_strdup(a, text));
	error->param = param ? arena_strdup(a, param) : "";
	return false;
}

static const char *const effort_names[] = {
	[EFFORT_UNSET] = NULL,
	[EFFORT_NONE] = "none",
	[EFFORT_MINIMAL] = "minimal",
	[EFFORT_LOW] = "low",
	[EFFORT_MEDIUM] = "medium",
	[EFFORT_HIGH] = "high",
	[EFFORT_XHIGH] = "xhigh",
	[EFFORT_MAX] = "max",
};

const char *hub_effort_name(enum hub_effort effort)
{
	return effort_names[effort];
}

enum hub_effort hub_effort_by_name(struct slice name)
{
	for (size_t i = EFFORT_NONE; i < ARRAY_LEN(effort_names); i++) {
		if (slice_ieq(name, effort_names[i])) {
			return (enum hub_effort)i;
		}
	}
	return EFFORT_UNSET;
}
