/*
 * env: the proxies that connections to upstreams take.
 */
#include "base/limits.h"
#include "base/mem.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/facts.h"
#include "cli/out.h"
#include "cli/request.h"

#define NAMES "http_proxy|https_proxy|no_proxy"

static void print_list(const struct invocation *inv, const struct answer *a)
{
	struct facts f = FACTS_INIT(&inv->screen);

	facts_from(&f, "http_proxy", a, "http_proxy");
	facts_from(&f, "https_proxy", a, "https_proxy");
	facts_from(&f, "no_proxy", a, "no_proxy");
	facts_print(&f);
}

static bool run_list(struct invocation *inv, struct err *err)
{
	return call_and_print(inv, "/v1/env", print_list, err);
}

static void print_one(const struct invocation *inv, const struct answer *a)
{
	out_line("%s", answer_text(a, inv_text(inv, "name")));
}

static bool run_show(struct invocation *inv, struct err *err)
{
	return call_and_print(inv, "/v1/env", print_one, err);
}

static bool patch(struct request *r, struct err *err)
{
	struct answer *a = call_api(r->inv, "PATCH", "/v1/env", request_end(r), err);

	if (a) {
		print_list(r->inv, a);
	}
	answer_destroy(a);
	request_release(r);
	return a != NULL;
}

static bool run_set(struct invocation *inv, struct err *err)
{
	struct request r;

	request_begin(&r, inv);
	request_text(&r, "http-proxy", "http_proxy");
	request_text(&r, "https-proxy", "https_proxy");
	request_text(&r, "no-proxy", "no_proxy");
	if (request_is_empty(&r)) {
		request_release(&r);
		err_setf(err, ERR_USAGE, "nothing to set");
		return err_hintf(err, "give --http-proxy, --https-proxy or --no-proxy");
	}
	return patch(&r, err);
}

static bool run_unset(struct invocation *inv, struct err *err)
{
	struct request r;

	request_begin(&r, inv);
	json_key(&r.json, inv_text(inv, "name"));
	json_null(&r.json);
	return patch(&r, err);
}

static const struct flag set_flags[] = {
	{ .name = "http-proxy", .argument = "URL", .type = FLAG_TEXT,
	  .help = "for upstreams with http addresses" },
	{ .name = "https-proxy", .argument = "URL", .type = FLAG_TEXT,
	  .help = "for upstreams with https addresses" },
	{ .name = "no-proxy", .argument = "HOST,...", .type = FLAG_TEXT,
	  .help = "hosts that are reached directly" },
	{ .name = NULL },
};

static const struct flag name_flags[] = {
	{ .name = "name", .argument = NAMES, .type = FLAG_CHOICE, .is_required = true,
	  .help = "which one" },
	{ .name = NULL },
};

static const struct command list = {
	.name = "list", .summary = "list the values", .wants_json = true, .run = run_list,
};

static const struct command set = {
	.name = "set", .summary = "set values", .flags = set_flags, .run = run_set,
	.examples = "llm-gateway env set --https-proxy=http://proxy.example:3128\n",
};

static const struct command show = {
	.name = "show", .summary = "print one value", .flags = name_flags, .wants_json = true,
	.run = run_show, .examples = "llm-gateway env show --name=https_proxy\n",
};

static const struct command unset = {
	.name = "unset", .summary = "go back to the default", .flags = name_flags,
	.run = run_unset, .examples = "llm-gateway env unset --name=https_proxy\n",
};

static const struct command *const subs[] = { &list, &set, &show, &unset, NULL };

const struct command cmd_env = {
	.name = "env", .summary = "the proxies that connections to upstreams take", .subs = subs,
	.detail = "An upstream with a proxy of its own uses that one.",
};
