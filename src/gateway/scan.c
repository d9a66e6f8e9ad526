#include "gateway/scan.h"

#include "base/limits.h"

static const char *decode(struct slice raw, struct arena *a)
{
	struct buf text = BUF_INIT(MAX_ERROR_BODY_BYTES);
	const char *copy = NULL;

	if (json_unquote(raw, &text)) {
		copy = arena_strndup(a, buf_text(&text), text.len);
	}
	buf_release(&text);
	return copy;
}

static bool note_model(struct scan *s, const struct json_member *m, struct arena *a,
		       struct err *err)
{
	if (m->kind != JSON_STRING) {
		return err_setf(err, ERR_INVALID, "`model` must be a string");
	}
	if (s->model_count == SCAN_MAX_MODELS) {
		return err_setf(err, ERR_INVALID, "`model` is given more than %d times",
				SCAN_MAX_MODELS);
	}
	s->models[s->model_count++] = m->value;
	s->model = decode(m->value, a);
	return s->model || err_setf(err, ERR_INVALID, "`model` is not a valid string");
}

/* Members that are only remembered by their place. */
static void note_place(struct scan *s, const struct json_member *m)
{
	const struct {
		const char *name;
		struct slice *slot;
	} places[] = {
		{ "messages", &s->messages },
		{ "system", &s->system },
		{ "tools", &s->tools },
		{ "metadata", &s->metadata },
		{ "thinking", &s->thinking },
		{ "stream_options", &s->stream_options },
		{ "input", &s->messages },
		{ "instructions", &s->system },
		{ "reasoning", &s->thinking },
		{ "reasoning_effort", &s->thinking },
		{ "contents", &s->messages },
		{ "systemInstruction", &s->system },
		{ "generationConfig", &s->thinking },
		{ "prompt_cache_key", &s->cache_key },
		{ "session_id", &s->cache_key },
		{ "previous_response_id", &s->previous_response },
		{ "conversation", &s->conversation },
		{ "container", &s->container },
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (m->key.ptr[0] == places[i].name[0] && slice_eq(m->key, places[i].name)) {
			*places[i].slot = m->value;
			return;
		}
	}
}

static bool note_member(struct scan *s, const struct json_member *m, struct arena *a,
			struct err *err)
{
	if (!m->key.len) {
		return true;
	}
	if (json_key_is(m, "model")) {
		return note_model(s, m, a, err);
	}
	if (json_key_is(m, "stream")) {
		s->is_stream = m->kind == JSON_TRUE;
	} else if (json_key_is(m, "provider")) {
		s->provider = m->kind == JSON_STRING ? decode(m->value, a) : NULL;
	} else if (json_key_is(m, "parameters")) {
		s->parameters = m->kind == JSON_OBJECT ? m->value : SLICE_NULL;
	} else if (slice_eq(m->key, "store")) {
		s->is_stored = m->kind == JSON_TRUE;
	} else if (slice_eq(m->key, "max_tokens") ||
		   slice_eq(m->key, "max_completion_tokens") ||
		   slice_eq(m->key, "max_output_tokens")) {
		json_to_u64(m->value, &s->max_tokens);
	} else {
		note_place(s, m);
	}
	return true;
}

bool scan_body(struct slice text, struct arena *a, struct scan *out, struct err *err)
{
	struct json_scan s;
	struct json_member m;

	*out = (struct scan){ .text = text };
	json_scan_init(&s, text);
	while (json_scan_next(&s, &m)) {
		detect_member(&out->signs, &m);
		if (!note_member(out, &m, a, err)) {
			return false;
		}
	}
	if (s.failed) {
		return err_setf(err, ERR_INVALID, "the request's body is not valid JSON: "
				"%s (byte %zu)", s.why, json_scan_offset(&s));
	}
	return s.closer == '}' ||
	       err_setf(err, ERR_INVALID, "the request's body must be a JSON object");
}
