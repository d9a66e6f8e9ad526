/*
 * doctor: looks for what keeps the gateway from working, and says what to do.
 */
#include <stdarg.h>

#include "base/limits.h"
#include "cli/checkup.h"
#include "cli/command.h"
#include "cli/out.h"
#include "cli/text.h"

void checkup_say(struct checkup *c, enum verdict verdict, const char *subject,
		 const char *fmt, ...)
{
	static const struct {
		const char *word;
		enum tint tint;
	} looks[] = {
		[VERDICT_OK] = { "ok", TINT_GOOD },
		[VERDICT_WARN] = { "warning", TINT_WARN },
		[VERDICT_PROBLEM] = { "problem", TINT_BAD },
		[VERDICT_FIXED] = { "fixed", TINT_GOOD },
	};
	struct buf text = BUF_INIT(64 * KIB);
	struct buf line = BUF_INIT(256 * KIB);
	char word[16];
	va_list ap;

	c->problems += verdict == VERDICT_PROBLEM;
	c->warnings += verdict == VERDICT_WARN;
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	snprintf(word, sizeof word, "%-8s", looks[verdict].word);
	tint_add(&line, c->inv->screen.color, looks[verdict].tint, word);
	buf_addf(&line, " %-16s ", subject);
	text_clean(&line, buf_text(&text));
	buf_addc(&line, '\n');
	out_put(&line);
	buf_release(&text);
	buf_release(&line);
}

static bool run(struct invocation *inv, struct err *err)
{
	static void (*const checks[])(struct checkup *c) = {
		checkup_home, checkup_config, checkup_plain_keys, checkup_store, checkup_gateway,
		checkup_keys, checkup_clock, checkup_roots, checkup_upstreams,
	};
	struct checkup c = { .inv = inv, .fixes = inv_has(inv, "fix") };

	(void)err;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
		checks[i](&c);
	}
	config_unref(c.config);
	if (c.problems) {
		out_note("%u problem%s.", c.problems, c.problems == 1 ? "" : "s");
	} else {
		out_note(c.warnings ? "No problems, but see the warnings." : "All is well.");
	}
	inv->exit_code = c.problems ? 1 : 0;
	return true;
}

static const struct flag flags[] = {
	{ .name = "fix",
	  .help = "repair permissions, and move plain keys into the credential store" },
	{ .name = NULL },
};

const struct command cmd_doctor = {
	.name = "doctor", .summary = "look for what keeps the gateway from working",
	.flags = flags, .run = run,
	.detail = "Looks at the home and its permissions, configuration, credential store, port, "
		  "gateway keys, clock, TLS roots and each upstream. Exits 1 when there is a "
		  "problem.",
	.examples = "llm-gateway doctor\nllm-gateway doctor --fix\n",
};
