/*
 * Model aliases: list, show, add, edit, remove.
 */
#include "control/handlers.h"

#include "base/limits.h"
#include "control/call.h"
#include "control/fields.h"
#include "control/views.h"

static const char *const fields[] = {
	"enabled", "routes", "fallback", "system_prompt", "rules", NULL,
};

static const char *const add_fields[] = {
	"name", "enabled", "routes", "fallback", "system_prompt", "rules", NULL,
};

static const struct model_alias *find(const struct call *call, struct err *err)
{
	const struct config *c = call->config;
	const struct model_alias *a = config_alias(c, call->param);
	const char *names[256];
	size_t count = 0;

	if (!a) {
		for (; count < c->alias_count && count < ARRAY_LEN(names); count++) {
			names[count] = c->aliases[count].name;
		}
		call_not_found("alias", call->param, names, count, err);
	}
	return a;
}

static void alias_path(const char *name, struct buf *out)
{
	buf_adds(out, "models");
	config_path_add(out, slice_of(name));
}

static bool show(struct call *call, const char *name, struct json_writer *w, struct err *err)
{
	const struct model_alias *a = config_alias(call->config, name);

	if (!a) {
		return err_setf(err, ERR_CONFLICT, "\"%s\" was removed meanwhile", name);
	}
	view_model(a, w);
	json_end(w);
	return true;
}

bool handle_models_list(struct call *call, struct json_writer *w, struct err *err)
{
	(void)err;
	view_models(call, w);
	return true;
}

bool handle_model_show(struct call *call, struct json_writer *w, struct err *err)
{
	const struct model_alias *a = find(call, err);

	return a && show(call, a->name, w, err);
}

static bool check_new(struct call *call, const char *name, struct err *err)
{
	if (config_alias(call->config, name)) {
		return err_setf(err, ERR_INVALID, "an alias \"%s\" exists already", name);
	}
	if (!field_has(call->body, "routes") && !field_has(call->body, "rules") &&
	    !field_has(call->body, "fallback")) {
		return err_setf(err, ERR_INVALID, "the alias \"%s\" has no routes", name);
	}
	return true;
}

static bool merge(struct call *call, const char *name, struct err *err)
{
	struct buf path = BUF_INIT(4 * KIB);
	bool ok;

	alias_path(name, &path);
	ok = call_merge(call, buf_text(&path), fields, err);
	buf_release(&path);
	return ok;
}

bool handle_models_add(struct call *call, struct json_writer *w, struct err *err)
{
	struct buf name = BUF_INIT(KIB);
	bool ok = fields_only(call->body, "an alias", add_fields, err) &&
		  field_need(call->body, "name", &name, err) &&
		  check_new(call, buf_text(&name), err) &&
		  merge(call, buf_text(&name), err) && show(call, buf_text(&name), w, err);

	buf_release(&name);
	return ok;
}

bool handle_model_edit(struct call *call, struct json_writer *w, struct err *err)
{
	const struct model_alias *a = find(call, err);

	return a && fields_only(call->body, "an alias", fields, err) &&
	       merge(call, a->name, err) && show(call, a->name, w, err);
}

bool handle_model_remove(struct call *call, struct json_writer *w, struct err *err)
{
	const struct model_alias *a = find(call, err);
	struct buf path = BUF_INIT(4 * KIB);
	bool ok;

	if (!a) {
		return false;
	}
	alias_path(a->name, &path);
	ok = call_remove(call, buf_text(&path), err);
	buf_release(&path);
	if (ok) {
		json_object(w);
		json_kstr(w, "name", a->name);
		json_kbool(w, "removed", true);
		json_end(w);
	}
	return ok;
}
