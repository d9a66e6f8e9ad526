#include "cli/request.h"

#include "base/limits.h"
#include "base/mem.h"
#include "cli/arg.h"

void request_begin(struct request *r, const struct invocation *inv)
{
	buf_init(&r->text, MIB);
	r->inv = inv;
	json_open(&r->json, &r->text);
	json_object(&r->json);
}

const struct buf *request_end(struct request *r)
{
	json_end(&r->json);
	return &r->text;
}

void request_release(struct request *r)
{
	buf_wipe(&r->text);
}

bool request_is_empty(const struct request *r)
{
	return !r->json.has_member[0];
}

void request_text(struct request *r, const char *flag, const char *member)
{
	const char *text = inv_text(r->inv, flag);

	if (text) {
		json_kstr(&r->json, member, text);
	}
}

void request_int(struct request *r, const char *flag, const char *member)
{
	if (inv_has(r->inv, flag)) {
		json_kint(&r->json, member, inv_int(r->inv, flag, 0));
	}
}

void request_list(struct request *r, const char *flag, const char *member)
{
	struct slice rest = slice_of(inv_text(r->inv, flag));
	struct slice item;

	if (!rest.ptr) {
		return;
	}
	json_key(&r->json, member);
	json_array(&r->json);
	while (slice_next(&rest, ',', &item)) {
		item = slice_trim(item);
		if (item.len) {
			json_strn(&r->json, item);
		}
	}
	json_end(&r->json);
}

void request_time(struct request *r, const char *flag, const char *member)
{
	if (inv_has(r->inv, flag)) {
		json_ktime(&r->json, member, inv_int(r->inv, flag, 0));
	}
}

static void write_pair(struct request *r, struct slice name, struct slice value)
{
	char *key = xstrndup(name.ptr, name.len);

	json_key(&r->json, key);
	if (value.len) {
		json_strn(&r->json, value);
	} else {
		json_null(&r->json);
	}
	free(key);
}

void request_pairs(struct request *r, const char *flag, const char *member)
{
	const struct flag *known = command_flag(r->inv->command, flag);
	const char *text;

	if (!inv_has(r->inv, flag)) {
		return;
	}
	json_key(&r->json, member);
	json_object(&r->json);
	for (size_t n = 0; (text = inv_nth(r->inv, flag, n)); n++) {
		struct slice name;
		struct slice value;

		if (known->type == FLAG_HEADER ? arg_header(text, &name, &value)
					       : arg_pair(text, &name, &value)) {
			write_pair(r, name, value);
		}
	}
	json_end(&r->json);
}

bool request_any(const struct invocation *inv, const char *const *flags)
{
	for (; *flags; flags++) {
		if (inv_has(inv, *flags)) {
			return true;
		}
	}
	return false;
}

void request_limits(struct request *r)
{
	static const char *const names[] = { "rpm", "tpm", "rpd", "tpr", "concurrency", NULL };

	if (!request_any(r->inv, names)) {
		return;
	}
	json_key(&r->json, "limits");
	json_object(&r->json);
	for (size_t i = 0; names[i]; i++) {
		request_int(r, names[i], names[i]);
	}
	json_end(&r->json);
}

static void write_route(struct request *r, const struct arg_route *route)
{
	json_object(&r->json);
	json_key(&r->json, "upstream");
	json_strn(&r->json, route->upstream);
	json_key(&r->json, "model");
	json_strn(&r->json, route->model);
	if (route->priority >= 0) {
		json_kint(&r->json, "priority", route->priority);
	}
	if (route->weight >= 0) {
		json_kint(&r->json, "weight", route->weight);
	}
	json_end(&r->json);
}

void request_routes(struct request *r)
{
	struct arg_route route;
	const char *text;

	if (!inv_has(r->inv, "route")) {
		return;
	}
	json_key(&r->json, "routes");
	json_array(&r->json);
	for (size_t n = 0; (text = inv_nth(r->inv, "route", n)); n++) {
		if (arg_route(text, &route)) {
			write_route(r, &route);
		}
	}
	json_end(&r->json);
}
