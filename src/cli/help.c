#include "cli/help.h"

#include "base/limits.h"
#include "base/str.h"
#include "cli/text.h"

#define DEFAULT_WIDTH 80
#define MAX_WIDTH 100           /* longer lines are hard to read */
#define LABEL_MAX 28            /* a longer label gets a line of its own */

struct page {
	struct buf *out;
	const struct screen *screen;
	size_t width;
	size_t label_width;
};

static void heading(struct page *p, const char *title)
{
	buf_adds(p->out, "\n");
	tint_add(p->out, p->screen->color, TINT_TITLE, title);
	buf_adds(p->out, "\n");
}

static void paragraph(struct page *p, const char *text)
{
	text_fold(p->out, text, 0, p->width);
	buf_adds(p->out, "\n");
}

/* "  label   text folded in its own column" */
static void entry(struct page *p, const char *label, const char *text)
{
	size_t indent = p->label_width + 4;
	size_t len = text_width(label);

	buf_addf(p->out, "  %s", label);
	if (len > p->label_width) {
		buf_addf(p->out, "\n%*s", (int)indent, "");
	} else {
		buf_addf(p->out, "%*s", (int)(p->label_width - len + 2), "");
	}
	text_fold(p->out, text, indent, p->width - indent);
	buf_addc(p->out, '\n');
}

static void flag_label(const struct flag *flag, struct buf *label)
{
	if (flag->letter) {
		buf_addf(label, "-%c, ", flag->letter);
	}
	buf_addf(label, "--%s", flag->name);
	if (flag->argument && flag->type == FLAG_CHOICE) {
		buf_adds(label, "=WHICH");
	} else if (flag->argument) {
		buf_addf(label, "=%s", flag->argument);
	}
}

static void measure(struct page *p, const char *label)
{
	size_t len = text_width(label);

	if (len > p->label_width && len <= LABEL_MAX) {
		p->label_width = len;
	}
}

static void measure_flag(void *ctx, const struct flag *flag)
{
	struct buf label = BUF_INIT(KIB);

	flag_label(flag, &label);
	if (!flag->is_hidden) {
		measure(ctx, buf_text(&label));
	}
	buf_release(&label);
}

static void print_flag(void *ctx, const struct flag *flag)
{
	struct page *p = ctx;
	struct buf label = BUF_INIT(KIB);
	struct buf text = BUF_INIT(4 * KIB);

	if (flag->is_hidden) {
		return;
	}
	flag_label(flag, &label);
	buf_adds(&text, flag->help);
	if (flag->type == FLAG_CHOICE) {
		struct slice rest = slice_of(flag->argument);
		struct slice word;
		const char *glue = ": ";

		while (slice_next(&rest, '|', &word)) {
			buf_addf(&text, "%s%.*s", glue, (int)word.len, word.ptr);
			glue = " | ";
		}
	}
	if (flag_is_repeatable(flag)) {
		buf_adds(&text, " (may be repeated)");
	}
	entry(p, buf_text(&label), buf_text(&text));
	buf_release(&label);
	buf_release(&text);
}

static void count_shown(void *ctx, const struct flag *flag)
{
	*(size_t *)ctx += !flag->is_hidden;
}

static void flags_section(struct page *p, const struct command *c)
{
	size_t count = 0;

	command_each_flag(c, count_shown, &count);
	if (!count) {
		return;
	}
	p->label_width = 0;
	command_each_flag(c, measure_flag, p);
	heading(p, "Options");
	command_each_flag(c, print_flag, p);
}

static void globals_section(struct page *p)
{
	p->label_width = 0;
	heading(p, "Options of every command");
	for (const struct flag *flag = command_global_flags; flag->name; flag++) {
		measure_flag(p, flag);
	}
	for (const struct flag *flag = command_global_flags; flag->name; flag++) {
		print_flag(p, flag);
	}
}

static void operand_label(const struct command *c, struct buf *out)
{
	for (size_t i = 0; i < MAX_OPERANDS && c->operands[i].name; i++) {
		buf_addf(out, c->operands[i].is_optional ? " [%s]" : " %s",
			 c->operands[i].name);
	}
	if (!str_empty(c->rest)) {
		buf_addf(out, " -- %s", c->rest);
	}
}

static void subs_section(struct page *p, const struct command *c)
{
	struct buf label = BUF_INIT(KIB);

	p->label_width = 0;
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; c->subs[i]; i++) {
			buf_clear(&label);
			buf_adds(&label, c->subs[i]->name);
			operand_label(c->subs[i], &label);
			if (pass) {
				entry(p, buf_text(&label), c->subs[i]->summary);
			} else {
				measure(p, buf_text(&label));
			}
		}
		if (!pass) {
			heading(p, "Commands");
		}
	}
	buf_release(&label);
}

static void add_required(void *ctx, const struct flag *flag)
{
	if (flag->is_required) {
		buf_addf(ctx, " --%s=%s", flag->name,
			 flag->type == FLAG_CHOICE ? "WHICH" : flag->argument);
	}
}

static void usage_line(struct page *p, const struct invocation *inv)
{
	const struct command *c = inv->command;
	size_t count = 0;

	buf_adds(p->out, "Usage:");
	for (size_t i = 0; i < inv->depth; i++) {
		buf_addf(p->out, " %s", inv->path[i]->name);
	}
	if (c->subs) {
		buf_adds(p->out, " COMMAND ...");
	}
	command_each_flag(c, add_required, p->out);
	command_each_flag(c, count_shown, &count);
	if (count) {
		buf_adds(p->out, " [OPTIONS]");
	}
	operand_label(c, p->out);
	buf_adds(p->out, "\n");
}

static void examples_section(struct page *p, const char *examples)
{
	struct slice rest = slice_of(examples);
	struct slice line;

	heading(p, "Examples");
	while (slice_next(&rest, '\n', &line)) {
		if (line.len) {
			buf_addf(p->out, "  %.*s\n", (int)line.len, line.ptr);
		}
	}
}

static void root_section(struct page *p)
{
	globals_section(p);
	heading(p, "Exit status");
	paragraph(p, "0 done, 1 failed, 2 usage, 3 no gateway running, 4 not found, 5 refused by "
		     "validation, 6 credential store missing or locked, 7 needs sign-in");
	paragraph(p, "\n`llm-gateway COMMAND --help` explains one command; "
		     "`man llm-gateway` everything.");
}

void help_render(const struct invocation *inv, const struct screen *screen, struct buf *out)
{
	const struct command *c = inv->command;
	struct page p = { .out = out, .screen = screen, .width = DEFAULT_WIDTH };

	if (screen->width) {
		p.width = screen->width > MAX_WIDTH ? MAX_WIDTH : screen->width;
	}
	if (p.width < 40) {
		p.width = 40;
	}
	usage_line(&p, inv);
	buf_addc(out, '\n');
	paragraph(&p, c->summary);
	if (c->detail) {
		buf_addc(out, '\n');
		paragraph(&p, c->detail);
	}
	if (c->subs) {
		subs_section(&p, c);
	}
	flags_section(&p, c);
	if (c->examples) {
		examples_section(&p, c->examples);
	}
	if (inv->depth == 1) {
		root_section(&p);
	}
}
