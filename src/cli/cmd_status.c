/*
 * status: the state of the gateway on one screen. health: the same as an exit
 * code.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/status_view.h"

#define WATCH_TERMINAL_MS 1000
#define WATCH_PIPE_MS 5000      /* a log somebody reads later */

static void render(const struct invocation *inv, const struct answer *a, struct buf *out)
{
	status_head(a, &inv->screen, out);
	status_upstreams(a, &inv->screen, out);
	status_reasons(a, out);
}

static void print(const struct invocation *inv, const struct answer *a)
{
	struct buf text = BUF_INIT(16 * MIB);

	render(inv, a, &text);
	out_put(&text);
	buf_release(&text);
}

/* Redraws in place, line by line: nothing flickers and nothing is left of a
 * longer frame before. Lines beyond the terminal's height are not shown. */
static void draw_frame(const struct buf *text)
{
	struct winsize size = { .ws_row = 24 };
	struct slice rest = buf_slice(text);
	struct slice line;
	int row = 0;

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	printf("\033[H");
	while (slice_next(&rest, '\n', &line) && ++row < (size.ws_row ? size.ws_row : 24)) {
		printf("%.*s\033[K\n", (int)line.len, line.ptr);
	}
	printf("\033[J");
	fflush(stdout);
}

static void watch_frame(struct invocation *inv, const struct answer *a)
{
	struct buf text = BUF_INIT(16 * MIB);
	char now[CLOCK_TEXT_BYTES];

	if (inv_has(inv, "json")) {
		call_print_json(a);
	} else if (inv->screen.width) {
		screen_init(&inv->screen, inv_has(inv, "no-color"));
		render(inv, a, &text);
		draw_frame(&text);
	} else {
		clock_format(clock_wall_ms(), now);
		out_line("%s", now);
		print(inv, a);
		out_line("%s", "");
	}
	fflush(stdout);
	buf_release(&text);
}

static void pause_ms(long ms)
{
	struct timespec wait = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&wait, NULL);
}

/* Until Ctrl-C, or until nobody reads. A gateway that goes away may come
 * back. */
static bool watch(struct invocation *inv, struct err *err)
{
	struct err now = ERR_INIT;
	struct answer *a = call_api(inv, "GET", "/v1/status", NULL, err);

	if (!a) {
		return false;
	}
	if (inv->screen.width && !inv_has(inv, "json")) {
		printf("\033[2J");
	}
	while (!ferror(stdout)) {
		if (a) {
			watch_frame(inv, a);
		} else {
			out_error(&now);
		}
		answer_destroy(a);
		pause_ms(inv->screen.width ? WATCH_TERMINAL_MS : WATCH_PIPE_MS);
		a = call_api(inv, "GET", "/v1/status", NULL, &now);
	}
	answer_destroy(a);
	return true;
}

static bool run_status(struct invocation *inv, struct err *err)
{
	return inv_has(inv, "watch") ? watch(inv, err)
				     : call_and_print(inv, "/v1/status", print, err);
}

static void print_health_json(const struct answer *a)
{
	struct buf text = BUF_INIT(MIB);
	struct json_writer w;

	json_open(&w, &text);
	json_object(&w);
	json_kstr(&w, "health", answer_text(a, "health"));
	json_key(&w, "reasons");
	json_array(&w);
	for (size_t i = 0; i < answer_count(a, "reasons"); i++) {
		json_str(&w, answer_text(answer_item(a, "reasons", i), ""));
	}
	json_end(&w);
	json_end(&w);
	buf_addc(&text, '\n');
	out_put(&text);
	buf_release(&text);
}

static bool run_health(struct invocation *inv, struct err *err)
{
	struct answer *a = call_api(inv, "GET", "/v1/status", NULL, err);

	if (!a) {
		return false;
	}
	if (inv_has(inv, "json")) {
		print_health_json(a);
	} else {
		out_line("%s", answer_text(a, "health"));
		for (size_t i = 0; i < answer_count(a, "reasons"); i++) {
			out_line("  %s", answer_text(answer_item(a, "reasons", i), ""));
		}
	}
	inv->exit_code = str_eq(answer_text(a, "health"), "healthy") ? 0 : 1;
	answer_destroy(a);
	return true;
}

static const struct flag status_flags[] = {
	{ .name = "watch", .help = "stay, and show it again and again" },
	{ .name = NULL },
};

const struct command cmd_status = {
	.name = "status", .summary = "the state of the gateway on one screen",
	.flags = status_flags, .wants_json = true, .run = run_status,
	.examples = "llm-gateway status --watch\n",
};

const struct command cmd_health = {
	.name = "health", .summary = "is it healthy, as an exit code", .wants_json = true,
	.detail = "Exits 0 when the gateway runs and every enabled upstream can take requests, 1 "
		  "when something is wrong (it says what), 3 when no gateway runs.",
	.run = run_health, .examples = "llm-gateway health || echo attention\n",
};
