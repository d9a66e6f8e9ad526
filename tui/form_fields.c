/* The fields of the three forms, and the bodies of their calls. */
#include <math.h>
#include <stdio.h>

#include "tui/form.h"

static const char *number(double value, char out[32])
{
	out[0] = '\0';
	if (!isnan(value) && value > 0) {
		snprintf(out, 32, "%.0f", value);
	}
	return out;
}

/* --- upstream --- */

static const char *const providers[] = {
	"anthropic", "openai", "google", "azure", "openai-compatible", "llm-gateway", "demo",
	NULL,
};
static const char *const types[] = { "api-key", "oauth", "passthrough", "none", NULL };

static bool wants_key(const struct form *f)
{
	return str_eq(form_value(f, "type"), "api-key");
}

static const struct field upstream_fields[] = {
	{ .name = "name",
	  .label = "Name",
	  .check = form_check_name,
	  .help = "letters, digits, dash; how every screen and command calls it" },
	{ .name = "provider",
	  .label = "Provider",
	  .kind = FIELD_CHOICE,
	  .choices = providers,
	  .help = "whose API it speaks; openai-compatible: OpenRouter, llama.cpp, vLLM, Ollama" },
	{ .name = "type",
	  .label = "Sign-in",
	  .kind = FIELD_CHOICE,
	  .choices = types,
	  .help = "oauth: a subscription, sign in with o after saving" },
	{ .name = "api_key",
	  .label = "API key",
	  .kind = FIELD_SECRET,
	  .applies = wants_key,
	  .help = "goes to the credential store, never into the file; Ctrl-t shows it" },
	{ .name = "key_env",
	  .label = "or variable",
	  .applies = wants_key,
	  .help = "instead: the environment variable that has the key" },
	{ .name = "base_url",
	  .label = "Base URL",
	  .check = form_check_url,
	  .help = "empty: the provider's own; OpenAI style ends in /v1" },
	{ .name = "models",
	  .label = "Models",
	  .help = "patterns, comma-separated; empty or *: everything it is asked for" },
	{ .name = "priority",
	  .label = "Priority",
	  .check = form_check_count,
	  .help = "lower is tried earlier" },
	{ .name = "weight",
	  .label = "Weight",
	  .check = form_check_count,
	  .help = "its share among upstreams of one priority" },
	{ .name = "rpm",
	  .label = "Requests/min",
	  .check = form_check_count,
	  .help = "empty or 0: no limit" },
	{ .name = "tpm",
	  .label = "Tokens/min",
	  .check = form_check_count,
	  .help = "empty or 0: no limit" },
	{ .name = "concurrency",
	  .label = "At a time",
	  .check = form_check_count,
	  .help = "most requests in flight; empty or 0: no limit" },
};

static void write_upstream(const struct form *f, struct json_writer *w)
{
	form_put_text(f, w, "name");
	form_put_text(f, w, "type");
	form_put_text(f, w, "provider");
	form_put_text(f, w, "base_url");
	form_put_text(f, w, "api_key");
	form_put_text(f, w, "key_env");
	form_put_list(f, w, "models");
	form_put_int(f, w, "priority");
	form_put_int(f, w, "weight");
	form_put_limits(f, w);
}

static double limit_of(const struct limit_view limits[LIMIT_KINDS], const char *name)
{
	for (size_t i = 0; i < LIMIT_KINDS; i++) {
		if (str_eq(limits[i].name, name)) {
			return limits[i].limit;
		}
	}
	return NAN;
}

void form_open_upstream(struct app *app, const struct upstream_view *u)
{
	char n[5][32];
	const char *values[ARRAY_LEN(upstream_fields)] = {
		"", "anthropic", "api-key", "", "", "", "", "1", "1", "", "", "",
	};
	struct form *f;

	if (u) {
		const char *now[ARRAY_LEN(upstream_fields)] = {
			u->name,
			u->provider,
			u->type,
			"",
			u->key_env,
			u->base_url,
			u->models,
			number(u->priority, n[0]),
			number(u->weight, n[1]),
			number(limit_of(u->limits, "rpm"), n[2]),
			number(limit_of(u->limits, "tpm"), n[3]),
			number(limit_of(u->limits, "concurrency"), n[4]),
		};

		memcpy(values, now, sizeof values);
	}
	f = form_create(app, upstream_fields, ARRAY_LEN(upstream_fields), values);
	snprintf(f->title, sizeof f->title, u ? "Edit upstream %s" : "Add upstream%s",
		 u ? u->name : "");
	str_copy(f->object, sizeof f->object, u ? u->id : "");
	f->noun = "upstreams";
	f->write = write_upstream;
	f->can_test = true;
	f->twin = u ? "upstream edit " : "upstream add --name=";
}

/* --- gateway key --- */

static const char *const permissions[] = { "read, write", "read", "read, write, admin", NULL };

static const struct field key_fields[] = {
	{ .name = "name",
	  .label = "Name",
	  .check = form_check_name,
	  .help = "who uses it: a person, a program" },
	{ .name = "permissions",
	  .label = "May",
	  .kind = FIELD_CHOICE,
	  .choices = permissions,
	  .help = "read lists, write generates, admin controls the gateway" },
	{ .name = "models", .label = "Models", .help = "patterns, comma-separated; empty: all" },
	{ .name = "rpm",
	  .label = "Requests/min",
	  .check = form_check_count,
	  .help = "empty or 0: no limit" },
	{ .name = "tpm",
	  .label = "Tokens/min",
	  .check = form_check_count,
	  .help = "empty or 0: no limit" },
	{ .name = "rpd",
	  .label = "Requests/day",
	  .check = form_check_count,
	  .help = "empty or 0: no limit" },
	{ .name = "concurrency",
	  .label = "At a time",
	  .check = form_check_count,
	  .help = "most requests in flight; empty or 0: no limit" },
	{ .name = "budget",
	  .label = "USD a day",
	  .check = form_check_count,
	  .help = "empty or 0: no budget" },
};

static void write_key(const struct form *f, struct json_writer *w)
{
	int64_t usd = 0;

	form_put_text(f, w, "name");
	form_put_list(f, w, "permissions");
	form_put_list(f, w, "models");
	form_put_limits(f, w);
	if (form_changed(f, "budget")) {
		str_to_i64(form_value(f, "budget"), &usd);
		json_key(w, "budget");
		json_object(w);
		json_kint(w, "usd_per_day", usd);
		json_end(w);
	}
}

void form_open_key(struct app *app, const struct key_view *k)
{
	char n[5][32];
	const char *values[ARRAY_LEN(key_fields)] = { "", "read, write", "", "", "", "", "", "" };
	struct form *f;

	if (k) {
		const char *now[ARRAY_LEN(key_fields)] = {
			k->name,
			k->permissions,
			k->models,
			number(limit_of(k->limits, "rpm"), n[0]),
			number(limit_of(k->limits, "tpm"), n[1]),
			number(limit_of(k->limits, "rpd"), n[2]),
			number(limit_of(k->limits, "concurrency"), n[3]),
			number(k->budget_usd, n[4]),
		};

		memcpy(values, now, sizeof values);
	}
	f = form_create(app, key_fields, ARRAY_LEN(key_fields), values);
	snprintf(f->title, sizeof f->title, k ? "Edit key %s" : "New gateway key%s",
		 k ? k->name : "");
	str_copy(f->object, sizeof f->object, k ? k->id : "");
	f->noun = "keys";
	f->write = write_key;
	f->twin = k ? "apikey show " : "apikey add --name=";
}

/* --- alias --- */

static const char *check_routes(const char *text)
{
	return *text && !strchr(text, ':') ? "UPSTREAM:MODEL[:PRIORITY], comma-separated" : NULL;
}

static const struct field model_fields[] = {
	{ .name = "name",
	  .label = "Alias",
	  .check = form_check_name,
	  .help = "the name clients ask for" },
	{ .name = "routes",
	  .label = "Routes",
	  .check = check_routes,
	  .help = "UPSTREAM:MODEL[:PRIORITY[:WEIGHT]], comma-separated" },
	{ .name = "fallback",
	  .label = "Fallback",
	  .help = "aliases to try when all routes fail" },
};

/* "upstream:model:priority:weight" as an object. The model may have colons:
 * numbers are taken off the end. */
static void write_route(struct json_writer *w, struct slice route)
{
	struct slice upstream;
	int64_t tail[2];
	int count = 0;

	if (!slice_next(&route, ':', &upstream) || !route.len) {
		return;
	}
	while (count < 2) {
		size_t at = route.len;
		uint64_t value;

		while (at > 0 && route.ptr[at - 1] != ':') {
			at--;
		}
		if (!at ||
		    !str_to_u64((struct slice){ route.ptr + at, route.len - at }, &value)) {
			break;
		}
		tail[count++] = (int64_t)value;
		route.len = at - 1;
	}
	json_object(w);
	json_key(w, "upstream");
	json_strn(w, upstream);
	json_key(w, "model");
	json_strn(w, route);
	if (count) {
		json_kint(w, "priority", tail[count - 1]);
	}
	if (count == 2) {
		json_kint(w, "weight", tail[0]);
	}
	json_end(w);
}

static void write_model(const struct form *f, struct json_writer *w)
{
	struct slice rest = slice_of(form_value(f, "routes"));
	struct slice part;

	if (!*f->object) {
		form_put_text(f, w, "name");
	}
	if (form_changed(f, "routes")) {
		json_key(w, "routes");
		json_array(w);
		while (slice_next(&rest, ',', &part)) {
			write_route(w, slice_trim(part));
		}
		json_end(w);
	}
	form_put_list(f, w, "fallback");
}

void form_open_model(struct app *app, const struct model_view *m)
{
	char routes[2048] = "";
	const char *values[ARRAY_LEN(model_fields)] = { "", "", "" };
	struct form *f;

	for (size_t i = 0; m && i < m->route_count; i++) {
		size_t len = strlen(routes);

		snprintf(routes + len, sizeof routes - len, "%s%s:%s:%.0f:%.0f", len ? ", " : "",
			 m->routes[i].upstream, m->routes[i].model, m->routes[i].priority,
			 m->routes[i].weight);
	}
	if (m) {
		values[0] = m->name;
		values[1] = routes;
		values[2] = m->fallback;
	}
	f = form_create(app, model_fields, ARRAY_LEN(model_fields), values);
	f->focus = m ? 1 : 0;
	snprintf(f->title, sizeof f->title, m ? "Edit alias %s" : "Add alias%s",
		 m ? m->name : "");
	str_copy(f->object, sizeof f->object, m ? m->name : "");
	f->noun = "models";
	f->write = write_model;
	f->twin = m ? "model edit " : "model add ";
}
