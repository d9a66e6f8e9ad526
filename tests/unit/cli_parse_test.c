/*
 * The command line: flags in every spelling, what is refused and how.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cli/parse.c"

#define MAX_LINE_WORDS 16

static struct invocation inv;
static struct err err;
static char *words[MAX_LINE_WORDS];

/* Parses "llm-gateway" and the words, which end with NULL. */
static bool parse(const char *first, ...)
{
	va_list ap;
	int count = 0;

	invocation_release(&inv);
	err = (struct err)ERR_INIT;
	words[count++] = (char *)(uintptr_t)"llm-gateway";
	va_start(ap, first);
	for (const char *word = first; word; word = va_arg(ap, const char *)) {
		words[count++] = (char *)(uintptr_t)word;
	}
	va_end(ap);
	words[count] = NULL;
	return parse_line(&inv, count, words, &err);
}

static void assert_refused(bool parsed, const char *what)
{
	assert_false(parsed);
	assert_int_equal(err.kind, ERR_USAGE);
	if (!strstr(err.msg, what) && !strstr(err.hint, what)) {
		fail_msg("\"%s\" is not in \"%s; %s\"", what, err.msg, err.hint);
	}
}

static void test_both_spellings_of_a_value(void **state)
{
	(void)state;
	assert_true(parse("apikey", "add", "--name=laptop", "--rpm", "60", NULL));
	assert_string_equal(inv.command->name, "add");
	assert_string_equal(inv_text(&inv, "name"), "laptop");
	assert_int_equal(inv_int(&inv, "rpm", 0), 60);
	assert_int_equal(inv_int(&inv, "tpm", -1), -1);
}

static void test_global_flags_anywhere(void **state)
{
	(void)state;
	assert_true(parse("--home=/a", "upstream", "--config", "/b", "list", "--no-color", NULL));
	assert_string_equal(inv_text(&inv, "home"), "/a");
	assert_string_equal(inv_text(&inv, "config"), "/b");
	assert_true(inv_has(&inv, "no-color"));
}

static void test_letters(void **state)
{
	(void)state;
	assert_true(parse("logs", "-fn", "5", NULL));
	assert_true(inv_has(&inv, "follow"));
	assert_int_equal(inv_int(&inv, "lines", 0), 5);
	assert_refused(parse("logs", "-x", NULL), "no option -x");
}

static void test_the_last_of_a_repeated_value_counts(void **state)
{
	(void)state;
	assert_true(parse("apikey", "add", "--name=a", "--name=b", NULL));
	assert_string_equal(inv_text(&inv, "name"), "b");
}

static void test_repeatable_flags(void **state)
{
	(void)state;
	assert_true(parse("model", "add", "m", "--route=a:x", "--route=b:y:2:3", NULL));
	assert_string_equal(inv_nth(&inv, "route", 0), "a:x");
	assert_string_equal(inv_nth(&inv, "route", 1), "b:y:2:3");
	assert_null(inv_nth(&inv, "route", 2));
}

static void test_unknown_words_name_the_nearest(void **state)
{
	(void)state;
	assert_refused(parse("upsteam", NULL), "did you mean \"upstream\"?");
	assert_refused(parse("upstream", "lst", NULL), "did you mean \"list\"?");
	assert_refused(parse("upstream", "list", "--jsn", NULL), "did you mean --json?");
	assert_refused(parse("upstream", "list", "--zzzzzzzz", NULL), "upstream list --help");
}

static void test_values_are_checked(void **state)
{
	(void)state;
	assert_refused(parse("apikey", "add", "--name=a", "--rpm=many", NULL), "--rpm");
	assert_refused(parse("apikey", "add", "--name=a", "--rpm=-1", NULL), "whole number");
	assert_refused(parse("apikey", "add", "--name=a", "--expires=soon", NULL), "2027-01-31");
	assert_refused(parse("usage", "--by=moon", NULL), "upstream|model|key|session|day|hour");
	assert_refused(parse("usage", "--by=modle", NULL), "did you mean \"model\"?");
	assert_refused(parse("cooldown", "set", "u", "--for=1y", NULL), "duration");
	assert_refused(parse("model", "add", "m", "--route=nothing", NULL), "UPSTREAM:MODEL");
	assert_refused(parse("completion", "tcsh", NULL), "bash|zsh|fish");
}

static void test_what_is_missing(void **state)
{
	(void)state;
	assert_refused(parse("apikey", "add", NULL), "--name=N is missing");
	assert_refused(parse("apikey", "show", NULL), "K is missing");
	assert_refused(parse("apikey", "add", "--name", NULL), "--name needs a value");
	assert_refused(parse("apikey", "add", "--name", "--quiet", NULL), "--name needs a value");
}

static void test_what_is_too_much(void **state)
{
	(void)state;
	assert_refused(parse("apikey", "show", "a", "b", NULL), "one word too many");
	assert_refused(parse("apikey", "list", "--json=yes", NULL), "takes no value");
}

static void test_two_dashes_end_the_flags(void **state)
{
	(void)state;
	assert_true(parse("run", "--key=k", "--", "prog", "--help", NULL));
	assert_false(inv_has(&inv, "help"));
	assert_string_equal(inv.rest[0], "prog");
	assert_string_equal(inv.rest[1], "--help");
	assert_true(parse("config", "set", "--", "server.port", "-1", NULL));
	assert_string_equal(inv_operand(&inv, 1), "-1");
}

static void test_help_needs_nothing_else(void **state)
{
	(void)state;
	assert_true(parse("apikey", "add", "-h", NULL));
	assert_true(parse("help", "apikey", "add", NULL));
	assert_true(inv_has(&inv, "help"));
	assert_string_equal(inv.command->name, "add");
}

static void test_a_dash_is_a_value(void **state)
{
	(void)state;
	assert_true(parse("upstream", "edit", "u", "--key", "-", NULL));
	assert_string_equal(inv_text(&inv, "key"), "-");
}

static void test_home_and_config(void **state)
{
	(void)state;
	setenv("LLM_GATEWAY_HOME", "/from/env", 1);
	assert_true(parse("status", NULL));
	assert_true(invocation_locate(&inv, &err));
	assert_string_equal(inv.home, "/from/env");
	assert_string_equal(inv.config_path, "/from/env/config.yaml");
	assert_true(parse("status", "--home=/x", "--config=/y/z.yaml", NULL));
	assert_true(invocation_locate(&inv, &err));
	assert_string_equal(inv.home, "/x");
	assert_string_equal(inv.config_path, "/y/z.yaml");
	unsetenv("LLM_GATEWAY_HOME");
	setenv("HOME", "/home/somebody", 1);
	assert_true(parse("status", NULL));
	assert_true(invocation_locate(&inv, &err));
	assert_string_equal(inv.home, "/home/somebody/.llm-gateway");
	assert_true(parse("status", "--home=~/gw", NULL));
	assert_true(invocation_locate(&inv, &err));
	assert_string_equal(inv.home, "/home/somebody/gw");
}

/* ---- values ---- */

static void assert_route(const char *text, const char *upstream, const char *model,
			 int64_t priority, int64_t weight)
{
	struct arg_route route;

	assert_true(arg_route(text, &route));
	assert_true(slice_eq(route.upstream, upstream));
	assert_true(slice_eq(route.model, model));
	assert_int_equal(route.priority, priority);
	assert_int_equal(route.weight, weight);
}

static void test_routes(void **state)
{
	struct arg_route route;

	(void)state;
	assert_route("main:gpt-5.2", "main", "gpt-5.2", -1, -1);
	assert_route("main:gpt-5.2:3", "main", "gpt-5.2", 3, -1);
	assert_route("main:gpt-5.2:3:10", "main", "gpt-5.2", 3, 10);
	assert_route("ollama:llama3:8b", "ollama", "llama3:8b", -1, -1);
	assert_route("ollama:llama3:8b:2", "ollama", "llama3:8b", 2, -1);
	assert_false(arg_route("main", &route));
	assert_false(arg_route("main:", &route));
	assert_false(arg_route(":model", &route));
}

static void test_headers_and_pairs(void **state)
{
	struct slice name;
	struct slice value;

	(void)state;
	assert_true(arg_header("X-Team:  red blue ", &name, &value));
	assert_true(slice_eq(name, "X-Team"));
	assert_true(slice_eq(value, "red blue"));
	assert_false(arg_header("no colon", &name, &value));
	assert_false(arg_header("bad name: x", &name, &value));
	assert_true(arg_pair("gpt-5.2=prod=1", &name, &value));
	assert_true(slice_eq(name, "gpt-5.2"));
	assert_true(slice_eq(value, "prod=1"));
	assert_false(arg_pair("=x", &name, &value));
}

static void test_moments(void **state)
{
	int64_t ms;

	(void)state;
	assert_true(arg_moment("30d", 1, 1000, &ms));
	assert_int_equal(ms, 1000 + 30 * INT64_C(86400000));
	assert_true(arg_moment("1h", -1, 7200000, &ms));
	assert_int_equal(ms, 3600000);
	assert_true(arg_moment("2027-01-31", 1, 0, &ms));
	assert_int_equal(ms, INT64_C(1801353600000));
	assert_false(arg_moment("tomorrow", 1, 0, &ms));
}

static int release_all(void **state)
{
	(void)state;
	invocation_release(&inv);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_spellings_of_a_value),
		cmocka_unit_test(test_global_flags_anywhere),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_the_last_of_a_repeated_value_counts),
		cmocka_unit_test(test_repeatable_flags),
		cmocka_unit_test(test_unknown_words_name_the_nearest),
		cmocka_unit_test(test_values_are_checked),
		cmocka_unit_test(test_what_is_missing),
		cmocka_unit_test(test_what_is_too_much),
		cmocka_unit_test(test_two_dashes_end_the_flags),
		cmocka_unit_test(test_help_needs_nothing_else),
		cmocka_unit_test(test_a_dash_is_a_value),
		cmocka_unit_test(test_home_and_config),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_headers_and_pairs),
		cmocka_unit_test(test_moments),
	};

	return cmocka_run_group_tests_name("cli_parse", tests, NULL, release_all);
}
