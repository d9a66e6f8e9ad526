#include "formats/json_path.h"

#include <json-c/json.h>

#include "base/limits.h"
#include "formats/schema_rebuild.h"

struct json_object *json_path_create(void)
{
	return json_object_new_object();
}

void json_path_destroy(struct json_object *root)
{
	json_object_put(root);
}

struct slice json_path_text(struct arena *a, struct json_object *root)
{
	return schema_print(a, json_object_get(root));
}

struct step {
	struct slice name;                /* of a member */
	size_t index;
	bool is_index;
};

/* Cuts the name up to one of `ends` off `rest`. */
static struct slice cut_name(struct slice *rest, const char *ends)
{
	struct slice name = { rest->ptr, 0 };

	while (name.len < rest->len && !strchr(ends, rest->ptr[name.len])) {
		name.len++;
	}
	rest->ptr += name.len;
	rest->len -= name.len;
	return name;
}

static void skip(struct slice *rest, size_t count)
{
	count = count < rest->len ? count : rest->len;
	rest->ptr += count;
	rest->len -= count;
}

static bool next_bracket(struct slice *rest, struct step *step)
{
	uint64_t index;

	skip(rest, 1);
	if (rest->len && (rest->ptr[0] == '\'' || rest->ptr[0] == '"')) {
		const char quote[] = { rest->ptr[0], '\0' };

		skip(rest, 1);
		step->name = cut_name(rest, quote);
		skip(rest, 2);
		return true;
	}
	if (!str_to_u64(cut_name(rest, "]"), &index)) {
		return false;
	}
	skip(rest, 1);
	step->index = (size_t)index;
	step->is_index = true;
	return true;
}

/* False: nothing is left, or it is no path. */
static bool next_step(struct slice *rest, struct step *step)
{
	*step = (struct step){ .is_index = false };
	if (!rest->len) {
		return false;
	}
	if (rest->ptr[0] == '[') {
		return next_bracket(rest, step);
	}
	skip(rest, rest->ptr[0] == '.');
	step->name = cut_name(rest, ".[");
	return step->name.len > 0;
}

static struct json_object *child_of(struct json_object *v, const struct step *step,
				    const char *name)
{
	if (step->is_index) {
		return json_object_is_type(v, json_type_array)
			       ? json_object_array_get_idx(v, step->index) : NULL;
	}
	return schema_member(v, name);
}

/* Takes `child`. An array only grows by its end, so that an index cannot make
 * a large one. */
static bool put_child(struct json_object *v, const struct step *step, const char *name,
		      struct json_object *child)
{
	if (!step->is_index && json_object_is_type(v, json_type_object)) {
		return json_object_object_add(v, name, child) == 0;
	}
	if (step->is_index && json_object_is_type(v, json_type_array) &&
	    step->index <= json_object_array_length(v)) {
		return json_object_array_put_idx(v, step->index, child) == 0;
	}
	json_object_put(child);
	return false;
}

/* One more level down: what is there, or a new object or array for `next`. */
static struct json_object *descend(struct json_object *at, const struct step *step,
				   const char *name, bool wants_array)
{
	struct json_object *child = child_of(at, step, name);

	if (child) {
		return child;
	}
	child = wants_array ? json_object_new_array() : json_object_new_object();
	return put_child(at, step, name, child) ? child : NULL;
}

/* Takes `value`. */
static void put_at(struct json_object *at, struct slice path, struct json_object *value)
{
	struct arena scratch;
	struct step step;
	bool ok;

	arena_init(&scratch, 256);
	skip(&path, path.len && path.ptr[0] == '$');
	ok = next_step(&path, &step);
	while (ok && at && path.len) {
		const char *name = arena_strndup(&scratch, step.name.len ? step.name.ptr : "",
						 step.name.len);
		struct step next;

		ok = next_step(&path, &next);
		at = ok ? descend(at, &step, name, next.is_index) : NULL;
		step = next;
	}
	if (ok && at) {
		put_child(at, &step, arena_strndup(&scratch, step.name.len ? step.name.ptr : "",
						   step.name.len), value);
	} else {
		json_object_put(value);
	}
	arena_release(&scratch);
}

void json_path_put(struct json_object *root, struct slice path, struct slice value)
{
	struct json_tokener *reader = json_tokener_new_ex(MAX_JSON_DEPTH);
	struct json_object *v;

	if (!reader || value.len >= INT32_MAX) {
		json_tokener_free(reader);
		return;
	}
	v = json_tokener_parse_ex(reader, value.ptr, (int)value.len);
	if (json_tokener_get_error(reader) == json_tokener_continue) {
		/* A number ends where the text does. */
		v = json_tokener_parse_ex(reader, "", 1);
	}
	if (json_tokener_get_error(reader) == json_tokener_success) {
		put_at(root, path, v);
	}
	json_tokener_free(reader);
}
