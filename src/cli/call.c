#include "cli/call.h"

#include <ctype.h>
#include <stdio.h>

#include "base/limits.h"
#include "cli/out.h"
#include "control/client.h"
#include "server/home.h"

static void add_encoded(struct buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-_.~", c)) {
			buf_addc(out, *text);
		} else {
			buf_addf(out, "%%%02X", c);
		}
	}
}

void call_path_part(struct buf *path, const char *part)
{
	buf_addc(path, '/');
	add_encoded(path, part);
}

void call_path_query(struct buf *path, const char *name, const char *value)
{
	if (!value) {
		return;
	}
	buf_addf(path, "%c%s=", strchr(buf_text(path), '?') ? '&' : '?', name);
	add_encoded(path, value);
}

struct answer *call_api(const struct invocation *inv, const char *method, const char *path,
			const struct buf *body, struct err *err)
{
	struct buf text = BUF_INIT(MAX_CONTROL_BYTES);
	struct answer *answer = NULL;

	if (!str_eq(method, "GET") && !home_prepare(inv->home, inv->config_path, err)) {
		return NULL;
	}
	if (control_call(inv->client, method, path, body ? buf_slice(body) : SLICE_NULL, &text,
			 err)) {
		answer = answer_parse(text.len ? buf_slice(&text) : slice_of("{}"), err);
	}
	buf_wipe(&text);
	return answer;
}

struct answer *call_object(const struct invocation *inv, const char *method, const char *base,
			   const char *who, const char *action, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct answer *answer;

	buf_adds(&path, base);
	call_path_part(&path, who);
	if (action) {
		call_path_part(&path, action);
	}
	answer = call_api(inv, method, buf_text(&path), NULL, err);
	buf_release(&path);
	return answer;
}

bool call_and_print(const struct invocation *inv, const char *path,
		    void (*print)(const struct invocation *inv, const struct answer *a),
		    struct err *err)
{
	struct answer *answer = call_api(inv, "GET", path, NULL, err);

	if (!answer) {
		return false;
	}
	if (inv_has(inv, "json")) {
		call_print_json(answer);
	} else {
		print(inv, answer);
	}
	answer_destroy(answer);
	return true;
}

bool call_and_print_object(const struct invocation *inv, const char *base,
			   void (*print)(const struct invocation *inv, const struct answer *a),
			   struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	bool ok;

	buf_adds(&path, base);
	call_path_part(&path, inv_operand(inv, 0));
	ok = call_and_print(inv, buf_text(&path), print, err);
	buf_release(&path);
	return ok;
}

bool call_and_say(const struct invocation *inv, const char *method, const char *base,
		  const char *action, const char *done, struct err *err)
{
	const char *who = inv_operand(inv, 0);
	struct answer *a = call_object(inv, method, base, who, action, err);

	if (a) {
		out_line("%s %s.", done, who);
		for (size_t i = 0; i < answer_count(a, "warnings"); i++) {
			out_warn("%s", answer_text(answer_item(a, "warnings", i), ""));
		}
	}
	answer_destroy(a);
	return a != NULL;
}

void call_print_json(const struct answer *a)
{
	struct buf text = BUF_INIT(2 * MAX_CONTROL_BYTES);

	answer_pretty(a, &text);
	out_put(&text);
	buf_release(&text);
}
