#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "routing/plan.c"

#include "tests/unit/routing_world.h"
#include "tests/unit/rows.h"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 4096);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static bool serves(const struct upstream_account *account, const char *model)
{
	return list_matches(&account->models, model);
}

static struct plan plan_for(const struct world *w, struct plan_input in)
{
	struct plan plan;

	in.config = &w->config;
	in.serves = serves;
	plan_make(&in, &arena, &plan);
	return plan;
}

static struct plan plan_named(const struct world *w, const char *name)
{
	return plan_for(w, (struct plan_input){ .name = name });
}

/* "a/m1 b/m2 | c/m3": the bar stands between L1 and L2. */
static const char *shape(const struct plan *plan)
{
	struct buf b = BUF_INIT(4096);
	const char *text;

	for (size_t i = 0; i < plan->count; i++) {
		const struct candidate *c = &plan->candidates[i];

		if (i) {
			bool new_level = c->level != plan->candidates[i - 1].level;

			buf_adds(&b, new_level ? " | " : " ");
		}
		buf_addf(&b, "%s/%s", c->account->name, c->model);
	}
	text = arena_strdup(&arena, buf_text(&b));
	buf_release(&b);
	return text;
}

static void make_world(struct world *w)
{
	world_init(w);
	world_account(w, "max", PROVIDER_ANTHROPIC, "claude-*");
	world_account(w, "oai", PROVIDER_OPENAI, "gpt-*");
	world_account(w, "router", PROVIDER_COMPATIBLE, "*");
	world_alias(w, "smart", "max:opus:1 oai:gpt:2:3");
	world_alias(w, "cheap", "oai:mini:1 router:tiny:1");
}

static void an_alias_gives_its_routes_by_priority(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	world_alias(&w, "mixed", "oai:c:3 max:a:1 router:b:2");
	plan = plan_named(&w, "mixed");
	assert_int_equal(plan.status, PLAN_OK);
	assert_string_equal(shape(&plan), "max/a router/b oai/c");
	plan = plan_named(&w, "smart");
	assert_int_equal(plan.candidates[1].weight, 3);
	assert_ptr_equal(plan.candidates[0].alias, config_alias(&w.config, "smart"));
}

static void equals_rotate_unless_file_order_is_asked_for(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	world_alias(&w, "even", "max:a:1 oai:a:1 router:a:1 max:z:2");
	plan = plan_for(&w, (struct plan_input){ .name = "even", .turn = 4 });
	assert_string_equal(shape(&plan), "oai/a router/a max/a max/z");
	w.config.routing.strategy = STRATEGY_PRIORITY;
	plan = plan_for(&w, (struct plan_input){ .name = "even", .turn = 4 });
	assert_string_equal(shape(&plan), "max/a oai/a router/a max/z");
}

static void switches_on_account_alias_and_route_count(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	w.aliases[0].routes[0].is_enabled = false;
	plan = plan_named(&w, "smart");
	assert_string_equal(shape(&plan), "oai/gpt");
	assert_int_equal(plan.skipped_count, 1);
	assert_int_equal(plan.skipped[0].reason, SKIP_ROUTE_DISABLED);

	w.accounts[1].is_active = false;
	plan = plan_named(&w, "smart");
	assert_int_equal(plan.status, PLAN_NOTHING_LEFT);
	assert_int_equal(plan.skipped[1].reason, SKIP_ACCOUNT_DISABLED);

	w.accounts[1].is_active = true;
	w.aliases[0].is_enabled = false;
	plan = plan_named(&w, "smart");
	assert_int_equal(plan.skipped[0].reason, SKIP_ALIAS_DISABLED);
}

static void a_disabled_alias_still_has_its_fallbacks(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	w.aliases[0].is_enabled = false;
	world_fallback(&w, "smart", "cheap");
	plan = plan_named(&w, "smart");
	assert_int_equal(plan.status, PLAN_OK);
	assert_int_equal(plan.candidates[0].level, 2);
	assert_string_equal(shape(&plan), "oai/mini router/tiny");
}

static void a_slash_names_the_upstream(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	plan = plan_named(&w, "max/anything");
	assert_string_equal(shape(&plan), "max/anything");
	plan = plan_named(&w, "router/openai/gpt-5");
	assert_string_equal(shape(&plan), "router/openai/gpt-5");
	plan = plan_named(&w, "id-oai/gpt-5");
	assert_string_equal(shape(&plan), "oai/gpt-5");
	plan = plan_named(&w, "max/smart");
	assert_string_equal(shape(&plan), "max/opus");
	/* not an upstream: just a model's name */
	plan = plan_named(&w, "vendor/model");
	assert_string_equal(shape(&plan), "router/vendor/model");
}

static void an_alias_with_a_slash_wins(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	world_alias(&w, "max/opus", "oai:gpt:1");
	plan = plan_named(&w, "max/opus");
	assert_string_equal(shape(&plan), "oai/gpt");
}

static void an_explicit_upstream_restricts(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	plan = plan_for(&w, (struct plan_input){ .name = "smart", .upstream = "oai" });
	assert_string_equal(shape(&plan), "oai/gpt");
	plan = plan_for(&w, (struct plan_input){ .name = "gpt-5", .upstream = "openai" });
	assert_string_equal(shape(&plan), "oai/gpt-5");
	plan = plan_for(&w, (struct plan_input){ .name = "new-one", .upstream = "anthropic" });
	assert_string_equal(shape(&plan), "max/new-one");
	plan = plan_for(&w, (struct plan_input){ .name = "max/x", .upstream = "router" });
	assert_string_equal(shape(&plan), "router/max/x");
	plan = plan_for(&w, (struct plan_input){ .name = "smart", .upstream = "nobody" });
	assert_int_equal(plan.status, PLAN_UNKNOWN_UPSTREAM);
}

static void an_explicit_upstream_that_is_off_says_so_once(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	w.accounts[1].is_active = false;
	plan = plan_for(&w, (struct plan_input){ .name = "gpt-5", .upstream = "oai" });
	assert_int_equal(plan.status, PLAN_NOTHING_LEFT);
	assert_int_equal(plan.skipped_count, 1);
}

static void a_plain_name_goes_to_all_that_match(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	w.accounts[2].priority = 0;
	plan = plan_named(&w, "gpt-5");
	assert_string_equal(shape(&plan), "router/gpt-5 oai/gpt-5");
	assert_null(plan.candidates[0].alias);
}

static bool is_first(const struct upstream_account *account)
{
	return account->index == 0;
}

static void who_only_takes_anything_comes_last(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	world_init(&w);
	world_account(&w, "any", PROVIDER_COMPATIBLE, "*");
	world_account(&w, "known", PROVIDER_ANTHROPIC, "claude-*")->priority = 2;
	plan = plan_named(&w, "claude-x");
	assert_string_equal(shape(&plan), "any/claude-x known/claude-x");
	plan = plan_for(&w, (struct plan_input){ .name = "claude-x", .is_catch_all = is_first });
	assert_string_equal(shape(&plan), "known/claude-x any/claude-x");
	plan = plan_for(&w, (struct plan_input){ .name = "gpt-x", .is_catch_all = is_first });
	assert_string_equal(shape(&plan), "any/gpt-x");
}

static void auto_takes_the_aliases_in_order(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	plan = plan_named(&w, "auto");
	assert_string_equal(shape(&plan), "max/opus oai/gpt oai/mini router/tiny");
	assert_int_equal(plan.candidates[3].level, 1);

	w.aliases[0].is_enabled = false;
	plan = plan_named(&w, "auto");
	assert_string_equal(shape(&plan), "oai/mini router/tiny");

	world_alias(&w, "auto", "router:own:1");
	plan = plan_named(&w, "auto");
	assert_string_equal(shape(&plan), "router/own");
}

static void auto_listed_literally_is_a_model(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	w.accounts[2].models.items[0] = "auto";
	plan = plan_named(&w, "auto");
	assert_string_equal(shape(&plan), "router/auto");
}

static void unknown_names_get_near_ones(void **state)
{
	struct world w;
	struct plan plan;
	struct buf text = BUF_INIT(1024);

	(void)state;
	make_world(&w);
	w.accounts[2].is_active = false;
	w.accounts[2].models.items[0] = "x";
	plan = plan_named(&w, "smrat");
	assert_int_equal(plan.status, PLAN_UNKNOWN_MODEL);
	assert_string_equal(plan.near[0], "smart");
	plan_explain(&plan, &text);
	assert_string_equal(buf_text(&text), "no upstream serves model 'smrat'; near: smart");
	buf_release(&text);
	plan = plan_named(&w, "zzzzzzzzzzzz");
	assert_null(plan.near[0]);
}

static void fallbacks_come_depth_first_and_cycles_end(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	world_alias(&w, "third", "router:three:1 oai:mini:1");
	world_fallback(&w, "smart", "cheap");
	world_fallback(&w, "cheap", "third");
	world_fallback(&w, "third", "smart");
	plan = plan_named(&w, "smart");
	/* oai/mini of `third` is known from `cheap` */
	assert_string_equal(shape(&plan),
			    "max/opus oai/gpt | oai/mini router/tiny router/three");
}

static void alias_fallback_of_the_configuration_counts_too(void **state)
{
	struct world w;
	struct plan plan;
	struct string_pair pairs[] = { { "smart", "nothing, cheap" }, { "gpt-5", "smart" } };

	(void)state;
	make_world(&w);
	w.config.fallback.alias_fallback = (struct pair_list){ pairs, 2 };
	plan = plan_named(&w, "smart");
	assert_string_equal(shape(&plan), "max/opus oai/gpt | oai/mini router/tiny");
	plan = plan_named(&w, "gpt-5");
	assert_string_equal(shape(&plan), "oai/gpt-5 router/gpt-5 | "
			    "max/opus oai/gpt oai/mini router/tiny");
}

static const char *header_of(const void *ctx, const char *name)
{
	return str_ieq(name, "x-app") ? ctx : NULL;
}

static void the_first_fitting_rule_leads_on(void **state)
{
	struct world w;
	struct plan plan;
	struct string_pair wanted[] = { { "X-App", "cli*" } };
	struct alias_rule rules[2];
	struct request_facts facts = { .tokens = 1000, .header = header_of,
				       .header_ctx = "cli-2" };

	(void)state;
	make_world(&w);
	rules[0] = world_rule("cheap");
	rules[0].tokens_over = 5000;
	rules[1] = world_rule("other");
	rules[1].headers = (struct pair_list){ wanted, 1 };
	world_alias(&w, "other", "router:o:1");
	w.aliases[0].rules = rules;
	w.aliases[0].rule_count = 2;

	plan = plan_for(&w, (struct plan_input){ .name = "smart", .facts = &facts });
	assert_string_equal(shape(&plan), "router/o | max/opus oai/gpt");
	facts.tokens = 5001;
	plan = plan_for(&w, (struct plan_input){ .name = "smart", .facts = &facts });
	assert_string_equal(shape(&plan), "oai/mini router/tiny | max/opus oai/gpt");
	facts = (struct request_facts){ .tokens = 1000 };
	plan = plan_for(&w, (struct plan_input){ .name = "smart", .facts = &facts });
	assert_string_equal(shape(&plan), "max/opus oai/gpt");
}

static void every_condition_of_a_rule_counts(void **state)
{
	struct request_facts facts = { .has_thinking = true, .has_tools = true };
	struct alias_rule rule = world_rule("x");

	(void)state;
	assert_true(rule_fits(&rule, &facts));
	rule.thinking = 1;
	assert_true(rule_fits(&rule, &facts));
	rule.tools = 0;
	assert_false(rule_fits(&rule, &facts));
	rule.tools = -1;
	rule.images = 1;
	assert_false(rule_fits(&rule, &facts));
	facts.has_images = true;
	assert_true(rule_fits(&rule, &facts));
	rule.web_search = 1;
	assert_false(rule_fits(&rule, &facts));
	rule.web_search = 0;
	rule.background = 1;
	assert_false(rule_fits(&rule, &facts));
	facts.is_background = true;
	assert_true(rule_fits(&rule, &facts));
}

static void rules_in_a_circle_end(void **state)
{
	struct world w;
	struct plan plan;
	struct alias_rule to_cheap = world_rule("cheap");
	struct alias_rule to_smart = world_rule("smart");
	struct request_facts facts = { .tokens = 1 };

	(void)state;
	make_world(&w);
	w.aliases[0].rules = &to_cheap;
	w.aliases[0].rule_count = 1;
	w.aliases[1].rules = &to_smart;
	w.aliases[1].rule_count = 1;
	plan = plan_for(&w, (struct plan_input){ .name = "smart", .facts = &facts });
	assert_int_equal(plan.status, PLAN_OK);
	assert_true(plan.count >= 2);
}

static void a_pinned_request_stays(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	plan = plan_for(&w, (struct plan_input){ .name = "smart",
						 .pinned_account = "id-oai" });
	assert_string_equal(shape(&plan), "oai/gpt");
	assert_int_equal(plan.skipped[0].reason, SKIP_PINNED);
}

static void passthrough_needs_and_keeps_the_clients_credential(void **state)
{
	struct world w;
	struct plan plan;

	(void)state;
	make_world(&w);
	w.accounts[0].type = ACCOUNT_PASSTHROUGH;
	plan = plan_named(&w, "smart");
	assert_string_equal(shape(&plan), "oai/gpt");
	assert_int_equal(plan.skipped[0].reason, SKIP_NO_CREDENTIAL);
	plan = plan_for(&w, (struct plan_input){ .name = "smart",
						 .has_client_credential = true });
	assert_string_equal(shape(&plan), "max/opus");
	/* nothing to pin to: the credential is of no use here */
	plan = plan_for(&w, (struct plan_input){ .name = "cheap",
						 .has_client_credential = true });
	assert_string_equal(shape(&plan), "oai/mini router/tiny");
}

#define PLAN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define PLAN_ROW(row, name) ROW_TEST_IN(row, name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(an_alias_gives_its_routes_by_priority),
		PLAN_TEST(equals_rotate_unless_file_order_is_asked_for),
		PLAN_TEST(switches_on_account_alias_and_route_count),
		PLAN_TEST(a_disabled_alias_still_has_its_fallbacks),
		PLAN_TEST(a_slash_names_the_upstream),
		PLAN_TEST(an_alias_with_a_slash_wins),
		PLAN_TEST(an_explicit_upstream_restricts),
		PLAN_TEST(an_explicit_upstream_that_is_off_says_so_once),
		PLAN_TEST(a_plain_name_goes_to_all_that_match),
		PLAN_TEST(who_only_takes_anything_comes_last),
		PLAN_TEST(auto_takes_the_aliases_in_order),
		PLAN_TEST(auto_listed_literally_is_a_model),
		PLAN_TEST(unknown_names_get_near_ones),
		PLAN_TEST(fallbacks_come_depth_first_and_cycles_end),
		PLAN_TEST(alias_fallback_of_the_configuration_counts_too),
		PLAN_TEST(the_first_fitting_rule_leads_on),
		PLAN_TEST(every_condition_of_a_rule_counts),
		PLAN_TEST(rules_in_a_circle_end),
		PLAN_ROW("rule 14", a_pinned_request_stays),
		PLAN_TEST(passthrough_needs_and_keeps_the_clients_credential),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
