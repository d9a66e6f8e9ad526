#include "cli/answer.h"

#include <json-c/json.h>

#include "base/limits.h"
#include "base/str.h"

/* A struct answer is a json_object under another name, so that json-c's type
 * stays in this file. */
static struct json_object *object_of(const struct answer *a)
{
	return (struct json_object *)(uintptr_t)a;
}

static struct answer *answer_of(struct json_object *object)
{
	return (struct answer *)(void *)object;
}

struct answer *answer_parse(struct slice text, struct err *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(64);
	struct json_object *object;
	enum json_tokener_error error;

	object = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
	error = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (error != json_tokener_success) {
		json_object_put(object);
		err_setf(err, ERR_FAILED, "the gateway's answer is not JSON: %s",
			 json_tokener_error_desc(error));
		err_hintf(err, "is it another version? see `llm-gateway server status`");
		return NULL;
	}
	return answer_of(object);
}

void answer_destroy(struct answer *root)
{
	json_object_put(object_of(root));
}

const struct answer *answer_get(const struct answer *a, const char *path)
{
	struct json_object *at = object_of(a);
	struct slice rest = slice_of(path);
	struct slice name;

	if (!*path) {
		return a;
	}
	while (at && slice_next(&rest, '.', &name)) {
		char key[64];
		struct json_object *next = NULL;

		if (name.len >= sizeof key || !json_object_is_type(at, json_type_object)) {
			return NULL;
		}
		memcpy(key, name.ptr, name.len);
		key[name.len] = '\0';
		json_object_object_get_ex(at, key, &next);
		at = next;
	}
	return answer_of(at);
}

bool answer_has(const struct answer *a, const char *path)
{
	return answer_get(a, path) != NULL;
}

const char *answer_text(const struct answer *a, const char *path)
{
	struct json_object *value = object_of(answer_get(a, path));

	return value ? json_object_get_string(value) : "";
}

int64_t answer_int(const struct answer *a, const char *path)
{
	return json_object_get_int64(object_of(answer_get(a, path)));
}

double answer_double(const struct answer *a, const char *path)
{
	return json_object_get_double(object_of(answer_get(a, path)));
}

bool answer_bool(const struct answer *a, const char *path)
{
	return json_object_get_boolean(object_of(answer_get(a, path)));
}

size_t answer_count(const struct answer *a, const char *path)
{
	struct json_object *value = object_of(answer_get(a, path));

	if (json_object_is_type(value, json_type_array)) {
		return json_object_array_length(value);
	}
	if (json_object_is_type(value, json_type_object)) {
		return (size_t)json_object_object_length(value);
	}
	return 0;
}

const struct answer *answer_item(const struct answer *a, const char *path, size_t index)
{
	struct json_object *value = object_of(answer_get(a, path));

	if (!json_object_is_type(value, json_type_array)) {
		return NULL;
	}
	return answer_of(json_object_array_get_idx(value, index));
}

void answer_each(const struct answer *a, const char *path,
		 void (*visit)(void *ctx, const char *name, const struct answer *value),
		 void *ctx)
{
	struct json_object *value = object_of(answer_get(a, path));
	struct json_object_iterator at;
	struct json_object_iterator end;

	if (!json_object_is_type(value, json_type_object)) {
		return;
	}
	at = json_object_iter_begin(value);
	end = json_object_iter_end(value);
	while (!json_object_iter_equal(&at, &end)) {
		visit(ctx, json_object_iter_peek_name(&at),
		      answer_of(json_object_iter_peek_value(&at)));
		json_object_iter_next(&at);
	}
}

void answer_join(const struct answer *a, const char *path, const char *glue, struct buf *out)
{
	size_t count = answer_count(a, path);

	for (size_t i = 0; i < count; i++) {
		buf_addf(out, "%s%s", i ? glue : "", answer_text(answer_item(a, path, i), ""));
	}
}

void answer_pretty(const struct answer *a, struct buf *out)
{
	buf_adds(out, json_object_to_json_string_ext(object_of(a), JSON_C_TO_STRING_PRETTY |
							JSON_C_TO_STRING_SPACED |
							JSON_C_TO_STRING_NOSLASHESCAPE));
	buf_addc(out, '\n');
}
