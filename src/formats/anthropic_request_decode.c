/* A Messages request -> hub (C14-C19). */
#include "formats/anthropic.h"

/* C18: members that only Anthropic knows. Their loss is a warning or a
 * refusal when the target is another (C160-C162). */
static const char *const ext_members[] = {
	"cache_control", "container", "context_management", "mcp_servers", "thread",
	"fallbacks", "fallback_credit_token", "diagnostics", "speed", "inference_geo",
	"billing_policy", "compaction",
};

static bool read_role(struct decoding *d, const struct json *v, size_t index,
		      enum hub_role *role)
{
	struct slice text = json_get_text(v, "role");

	if (slice_eq(text, "user")) {
		*role = ROLE_USER;
	} else if (slice_eq(text, "assistant")) {
		*role = ROLE_ASSISTANT;
	} else if (slice_eq(text, "system")) {
		*role = ROLE_SYSTEM;
	} else {
		return decode_refuse(d, "messages", "messages.%zu.role: unexpected role", index);
	}
	return true;
}

static bool read_message(struct decoding *d, const struct json *v, size_t index)
{
	const struct json *content = json_get(v, "content");
	struct hub_message *m;
	enum hub_role role = ROLE_USER;

	if (!read_role(d, v, index, &role)) {
		return false;
	}
	if (!json_is(content, JSON_STRING) && !json_is(content, JSON_ARRAY)) {
		return decode_refuse(d, "messages", "messages.%zu.content: Field required", index);
	}
	m = hub_message_new(d->req, role);
	anthropic_content_read(d->arena, content, &m->blocks);
	hub_results_first(&m->blocks);
	return true;
}

static bool read_messages(struct decoding *d, const struct json *body)
{
	const struct json *messages = json_get(body, "messages");
	size_t index = 0;

	if (!json_is(messages, JSON_ARRAY)) {
		return decode_refuse(d, "messages", "messages: Field required");
	}
	json_each(item, messages) {
		if (!read_message(d, item, index++)) {
			return false;
		}
	}
	return true;
}

/* C16 */
static void read_thinking(struct decoding *d, const struct json *body)
{
	struct hub_thinking *t = &d->req->thinking;
	const struct json *v = json_get(body, "thinking");
	const struct json *config = json_get(body, "output_config");
	struct slice type = json_get_text(v, "type");
	struct slice display = json_get_text(v, "display");

	t->effort = hub_effort_by_name(json_get_text(config, "effort"));
	if (slice_eq(type, "disabled")) {
		t->mode = THINK_OFF;
	} else if (slice_eq(type, "enabled")) {
		t->mode = THINK_BUDGET;
		json_get_int(v, "budget_tokens", &t->budget);
	} else if (slice_eq(type, "adaptive")) {
		t->mode = THINK_ADAPTIVE;
	} else if (slice_eq(type, "between_tools")) {
		t->mode = THINK_ADAPTIVE;
		if (t->effort == EFFORT_UNSET || t->effort > EFFORT_HIGH) {
			t->effort = EFFORT_HIGH;
		}
		hub_ext_add(d->req, "thinking", v->raw);
	}
	if (slice_eq(display, "summarized")) {
		t->show = SHOW_SUMMARY;
	} else if (slice_eq(display, "omitted")) {
		t->show = SHOW_NONE;
	}
}

static void read_output(struct decoding *d, const struct json *body)
{
	const struct json *format = json_get(json_get(body, "output_config"), "format");
	struct hub_output *out = &d->req->output;

	if (!format) {
		format = json_get(body, "output_format");
	}
	if (json_is_text(json_get(format, "type"), "json_schema")) {
		out->kind = OUTPUT_SCHEMA;
		out->schema = json_one_line(d->arena, json_raw_of(json_get(format, "schema")));
		out->strict = true;
	}
}

static void read_scalars(struct decoding *d, const struct json *body)
{
	struct hub_request *req = d->req;
	struct slice tier = json_get_text(body, "service_tier");

	req->model = d->path_model.len ? d->path_model : json_get_text(body, "model");
	req->stream = json_get_bool(body, "stream", false);
	req->include_usage = true;
	decode_number(body, "temperature", &req->temperature);
	decode_number(body, "top_p", &req->top_p);
	if (json_get_int(body, "top_k", &req->top_k) && req->top_k <= 0) {
		req->top_k = HUB_UNSET_INT;
	}
	req->user_id = json_get_text(json_get(body, "metadata"), "user_id");
	req->service_tier = slice_eq(tier, "standard_only") ? slice_of("default") : tier;
}

/* C18: the automatic mark stands on the last block that can carry one. */
static void apply_top_cache(struct decoding *d, const struct json *body)
{
	enum hub_cache cache = anthropic_cache_read(body);
	struct hub_message *last = d->req->last_message;

	if (cache != CACHE_NONE && last && last->blocks.last &&
	    d->req->format == FORMAT_ANTHROPIC && last->blocks.last->cache == CACHE_NONE) {
		last->blocks.last->cache = cache;
	}
}

static void read_ext(struct decoding *d, const struct json *body)
{
	for (size_t i = 0; i < ARRAY_LEN(ext_members); i++) {
		const struct json *v = json_get(body, ext_members[i]);

		if (v) {
			hub_ext_add(d->req, ext_members[i], v->raw);
		}
	}
}

bool anthropic_decode_request(struct decoding *d, const struct json *body)
{
	read_scalars(d, body);
	if (!json_get_int(body, "max_tokens", &d->req->max_tokens) && !d->is_count) {
		return decode_refuse(d, "max_tokens", "max_tokens: Field required");
	}
	anthropic_content_read(d->arena, json_get(body, "system"), &d->req->system);
	if (!decode_names(d, json_get(body, "stop_sequences"), "stop_sequences",
			  &d->req->stop) ||
	    !read_messages(d, body)) {
		return false;
	}
	anthropic_tools_read(d, body);
	read_thinking(d, body);
	read_output(d, body);
	read_ext(d, body);
	apply_top_cache(d, body);
	return true;
}
