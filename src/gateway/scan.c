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
	s->model_value = m->value;
	s->model = decode(m->value, a);
	return s->model || err_setf(err, ERR_INVALID, "`model` is not a valid string");
}

/* Switched by the first letter, so that most members cost one comparison. */
static bool note_member(struct scan *s, const struct json_member *m, struct arena *a,
			struct err *err)
{
	switch (m->key.len ? m->key.ptr[0] : '\0') {
	case '\\':
	case 'm':
		if (json_key_is(m, "model")) {
			return note_model(s, m, a, err);
		}
		break;
	case 'p':
		if (json_key_is(m, "provider") && m->kind == JSON_STRING) {
			s->provider = decode(m->value, a);
			s->provider_member = (struct slice){
				m->key.ptr - 1,
				(size_t)(m->value.ptr + m->value.len - m->key.ptr) + 1,
			};
		} else if (json_key_is(m, "previous_response_id")) {
			s->has_previous_response = m->kind == JSON_STRING;
		}
		break;
	case 's':
		if (json_key_is(m, "stream")) {
			s->is_stream = m->kind == JSON_TRUE;
		} else if (json_key_is(m, "stream_options") && m->kind == JSON_OBJECT) {
			s->stream_options = m->value;
		}
		break;
	default:
		break;
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
		return err_setf(err, ERR_INVALID, "the request's body is not valid JSON: %s (byte %zu)",
				s.why, json_scan_offset(&s));
	}
	return s.closer == '}' ||
	       err_setf(err, ERR_INVALID, "the request's body must be a JSON object");
}
