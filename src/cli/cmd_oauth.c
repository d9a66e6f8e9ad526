/*
 * oauth: sign in to subscription accounts. The gateway (or, when none runs,
 * the same code in this process) keeps the state of a sign-in, so the pasted
 * code may come in a later command.
 */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cli/ask.h"
#include "cli/browser.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/facts.h"
#include "cli/out.h"
#include "cli/request.h"

#define WAIT_MS UINT64_C(900000)   /* 15 minutes */
#define LOOK_MS 1000

static void base_path(const struct invocation *inv, const char *action, struct buf *path)
{
	buf_adds(path, "/v1/oauth");
	call_path_part(path, inv_operand(inv, 0));
	if (action) {
		call_path_part(path, action);
	}
}

static struct answer *send_code(const struct invocation *inv, const char *code, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct request r;
	struct answer *a;

	base_path(inv, "code", &path);
	request_begin(&r, inv);
	json_kstr(&r.json, "code", code);
	a = call_api(inv, "POST", buf_text(&path), request_end(&r), err);
	request_release(&r);
	buf_release(&path);
	return a;
}

static struct answer *send_start(const struct invocation *inv, struct err *err)
{
	struct buf path = BUF_INIT(MAX_CALL_PATH);
	struct request r;
	struct answer *a;

	base_path(inv, "start", &path);
	request_begin(&r, inv);
	json_kbool(&r.json, "browser", !inv_has(inv, "no-browser"));
	a = call_api(inv, "POST", buf_text(&path), request_end(&r), err);
	request_release(&r);
	buf_release(&path);
	return a;
}

static void print_signed_in(const struct invocation *inv)
{
	out_line("%s is signed in.", inv_operand(inv, 0));
}

static bool finish_with_code(const struct invocation *inv, const char *code, struct err *err)
{
	struct answer *a = send_code(inv, code, err);

	if (a) {
		print_signed_in(inv);
	}
	answer_destroy(a);
	return a != NULL;
}

/* A pasted line, when one is there; false: keep waiting. */
static bool take_pasted(struct buf *line)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	buf_clear(line);
	return poll(&input, 1, LOOK_MS) > 0 && ask_line("", line) &&
	       slice_trim(buf_slice(line)).len > 0;
}

static bool is_signed_in(const struct invocation *inv)
{
	struct answer *a = call_object(inv, "GET", "/v1/oauth", inv_operand(inv, 0), NULL, NULL);
	bool yes = a && str_eq(answer_text(a, "state"), "signed_in");

	answer_destroy(a);
	return yes;
}

/* Whichever comes first: the browser's way back to the gateway, or the code
 * pasted here. */
static bool wait_for_person(const struct invocation *inv, struct err *err)
{
	uint64_t end_ms = clock_mono_ms() + WAIT_MS;
	struct buf line = BUF_INIT(64 * KIB);
	bool ok = false;

	while (clock_mono_ms() < end_ms) {
		if (take_pasted(&line)) {
			ok = finish_with_code(inv, buf_text(&line), err);
			break;
		}
		if (is_signed_in(inv)) {
			print_signed_in(inv);
			ok = true;
			break;
		}
	}
	if (!ok && clock_mono_ms() >= end_ms) {
		err_setf(err, ERR_SIGN_IN, "nobody signed in within 15 minutes");
		err_hintf(err, "start again, or give the code with --code=CODE");
	}
	buf_release(&line);
	return ok;
}

static bool run_start(struct invocation *inv, struct err *err)
{
	struct answer *a;
	bool ok = true;

	if (inv_has(inv, "code")) {
		return finish_with_code(inv, inv_text(inv, "code"), err);
	}
	a = send_start(inv, err);
	if (!a) {
		return false;
	}
	out_note("Open this page and sign in:");
	out_raw_line(slice_of(answer_text(a, "url")));
	if (!inv_has(inv, "no-browser") && !browser_open(answer_text(a, "url"))) {
		out_note("(No browser could be started here.)");
	}
	if (ask_is_possible()) {
		out_note("When the page shows a code, paste it here and press Enter:");
		ok = wait_for_person(inv, err);
	} else {
		out_note("When the page shows a code: llm-gateway oauth start %s --code=CODE",
			 inv_operand(inv, 0));
	}
	answer_destroy(a);
	return ok;
}

static void print_status(const struct invocation *inv, const struct answer *a)
{
	struct facts f = FACTS_INIT(&inv->screen);
	char human[HUMAN_BYTES];

	facts_from(&f, "upstream", a, "upstream");
	facts_add(&f, "state", tint_of_state(answer_text(a, "state")), answer_text(a, "state"));
	facts_from(&f, "account", a, "account");
	facts_list(&f, "scopes", a, "scopes");
	facts_from(&f, "expires", a, "expires_at");
	if (answer_has(a, "expires_in_seconds")) {
		facts_add(&f, "left", TINT_NONE,
			  human_duration(answer_int(a, "expires_in_seconds") * 1000, human));
	}
	facts_from(&f, "refreshed", a, "refreshed_at");
	facts_from(&f, "problem", a, "problem");
	facts_print(&f);
}

static bool run_status(struct invocation *inv, struct err *err)
{
	return call_and_print_object(inv, "/v1/oauth", print_status, err);
}

static bool run_refresh(struct invocation *inv, struct err *err)
{
	return call_and_say(inv, "POST", "/v1/oauth", "refresh", "Refreshed", err);
}

static bool run_logout(struct invocation *inv, struct err *err)
{
	return call_and_say(inv, "POST", "/v1/oauth", "logout", "Signed out", err);
}

static const struct flag start_flags[] = {
	{ .name = "no-browser", .help = "only print the page's address" },
	{ .name = "code", .argument = "CODE", .type = FLAG_TEXT,
	  .help = "finish with the code that the page showed" },
	{ .name = NULL },
};

#define UPSTREAM_OPERAND { { .name = "U", .kind = OPERAND_UPSTREAM } }

static const struct command start = {
	.name = "start", .summary = "sign in", .flags = start_flags,
	.operands = UPSTREAM_OPERAND, .run = run_start,
	.detail = "Opens the vendor's page. Back comes either the browser to the gateway, or a "
		  "code to paste here.",
	.examples = "llm-gateway oauth start claude-max\n"
		    "# over ssh: two calls, with the code in between\n"
		    "llm-gateway oauth start claude-max --no-browser\n"
		    "llm-gateway oauth start claude-max --code='CODE#STATE'\n",
};

static const struct command status = {
	.name = "status", .summary = "who is signed in, and for how long",
	.operands = UPSTREAM_OPERAND, .wants_json = true, .run = run_status,
};

static const struct command refresh = {
	.name = "refresh", .summary = "get a new access token now",
	.operands = UPSTREAM_OPERAND, .run = run_refresh,
};

static const struct command logout = {
	.name = "logout", .summary = "sign out and forget the tokens",
	.operands = UPSTREAM_OPERAND, .run = run_logout,
};

static const struct command *const subs[] = { &start, &status, &refresh, &logout, NULL };

const struct command cmd_oauth = {
	.name = "oauth", .summary = "sign in to subscription accounts", .subs = subs,
};
