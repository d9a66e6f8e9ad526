#include "routing/plan.h"

#include <assert.h>

/* What the request restricts itself to by naming an upstream. */
struct choice {
	const struct upstream_account *account;   /* NULL: see by_provider */
	bool by_provider;
	enum provider_id provider;
};

struct planner {
	const struct plan_input *in;
	struct arena *arena;
	struct plan *out;
	size_t capacity;
	size_t skipped_capacity;
	struct choice choice;
	bool *visited;          /* aliases, by index */
	uint16_t *newest;       /* by account index: its newest candidate + 1 */
	uint16_t *older;        /* by candidate: the one before of its account + 1 */
	uint16_t level;
	uint16_t group;
};

/* A candidate's place is kept in 16 bits. */
#define MAX_CANDIDATES 4096

static bool is_chosen(const struct choice *choice, const struct upstream_account *account)
{
	if (choice->account) {
		return account == choice->account;
	}
	return !choice->by_provider || account->provider == choice->provider;
}

static bool has_choice(const struct choice *choice)
{
	return choice->account || choice->by_provider;
}

/* Makes an arena array larger; the old one stays behind until the arena ends. */
static void *grow(struct arena *a, const void *items, size_t count, size_t size,
		  size_t *capacity)
{
	size_t wanted = *capacity ? *capacity * 4 : 16;
	void *bigger = arena_alloc(a, wanted * size);

	if (count) {
		memcpy(bigger, items, count * size);
	}
	*capacity = wanted;
	return bigger;
}

static void add_skipped(struct planner *p, const struct upstream_account *account,
			const char *model, enum skip_reason reason)
{
	struct plan *out = p->out;

	if (out->skipped_count == p->skipped_capacity) {
		out->skipped = grow(p->arena, out->skipped, out->skipped_count,
				    sizeof *out->skipped, &p->skipped_capacity);
	}
	out->skipped[out->skipped_count++] = (struct skipped){ account, model, reason };
}

/* The same account and model again, say by a fallback alias. */
static bool is_known(const struct planner *p, const struct upstream_account *account,
		     const char *model)
{
	for (uint16_t at = p->newest[account->index]; at; at = p->older[at - 1]) {
		if (str_eq(p->out->candidates[at - 1].model, model)) {
			return true;
		}
	}
	return false;
}

/* As many will be offered: room at once for all of them. */
static void expect(struct planner *p, size_t count)
{
	if (!p->capacity && count) {
		p->older = arena_alloc(p->arena, count * sizeof *p->older);
		p->out->candidates = arena_alloc(p->arena, count * sizeof *p->out->candidates);
		p->capacity = count;
	}
}

static void append(struct planner *p, const struct candidate *c)
{
	struct plan *out = p->out;
	size_t capacity = p->capacity;

	if (is_known(p, c->account, c->model) || out->count == MAX_CANDIDATES) {
		return;
	}
	if (out->count == capacity) {
		p->older = grow(p->arena, p->older, out->count, sizeof *p->older, &capacity);
		out->candidates = grow(p->arena, out->candidates, out->count,
				       sizeof *out->candidates, &p->capacity);
	}
	p->older[out->count] = p->newest[c->account->index];
	out->candidates[out->count++] = *c;
	p->newest[c->account->index] = (uint16_t)out->count;
}

/* Takes the candidate in, or notes why not. */
static void consider(struct planner *p, const struct candidate *c, bool is_route_enabled)
{
	const struct upstream_account *account = c->account;
	const char *pinned = p->in->pinned_account;

	if (!is_chosen(&p->choice, account)) {
		add_skipped(p, account, c->model, SKIP_NOT_CHOSEN);
	} else if (pinned && !str_eq(account->id, pinned)) {
		add_skipped(p, account, c->model, SKIP_PINNED);
	} else if (!account->is_active) {
		add_skipped(p, account, c->model, SKIP_ACCOUNT_DISABLED);
	} else if (c->alias && !c->alias->is_enabled) {
		add_skipped(p, account, c->model, SKIP_ALIAS_DISABLED);
	} else if (!is_route_enabled) {
		add_skipped(p, account, c->model, SKIP_ROUTE_DISABLED);
	} else if (account->type == ACCOUNT_PASSTHROUGH && !p->in->has_client_credential) {
		add_skipped(p, account, c->model, SKIP_NO_CREDENTIAL);
	} else {
		append(p, c);
	}
}

static void add_account(struct planner *p, const struct upstream_account *account,
			const char *model)
{
	bool is_last = p->in->is_catch_all && p->in->is_catch_all(account);
	struct candidate c = {
		.account = account,
		.model = model,
		.priority = account->priority,
		.weight = account->weight > 0 ? account->weight : 1,
		.level = p->level,
		.group = (uint16_t)(p->group + is_last),
	};

	consider(p, &c, true);
}

static void add_routes(struct planner *p, const struct model_alias *alias)
{
	p->group++;
	expect(p, alias->route_count);
	for (size_t i = 0; i < alias->route_count; i++) {
		const struct route *route = &alias->routes[i];
		struct candidate c = {
			.account = route->account,
			.model = route->model,
			.alias = alias,
			.priority = route->priority,
			.weight = route->weight > 0 ? route->weight : 1,
			.level = p->level,
			.group = p->group,
		};

		consider(p, &c, route->is_enabled);
	}
}

static void add_fallbacks(struct planner *p, const char *name);

/* Routes of an alias, then depth first those of its fallbacks; each alias
 * once, so cycles end. */
static void add_alias(struct planner *p, const struct model_alias *alias)
{
	bool *visited = &p->visited[alias - p->in->config->aliases];

	if (*visited) {
		return;
	}
	*visited = true;
	add_routes(p, alias);
	add_fallbacks(p, alias->name);
}

static void add_fallback(struct planner *p, struct slice name)
{
	const struct config *config = p->in->config;

	for (size_t i = 0; i < config->alias_count; i++) {
		if (slice_eq(name, config->aliases[i].name)) {
			p->level = 2;
			add_alias(p, &config->aliases[i]);
			return;
		}
	}
}

/* From the alias itself, then from fallback.alias_fallback. */
static void add_fallbacks(struct planner *p, const char *name)
{
	const struct config *config = p->in->config;
	const struct model_alias *alias = config_alias(config, name);
	struct slice rest = slice_of(pair_get(&config->fallback.alias_fallback, name));
	struct slice part;

	if (has_choice(&p->choice)) {
		return;
	}
	for (size_t i = 0; alias && i < alias->fallback.count; i++) {
		add_fallback(p, slice_of(alias->fallback.items[i]));
	}
	while (slice_next(&rest, ',', &part)) {
		add_fallback(p, slice_trim(part));
	}
}

static bool flag_fits(int condition, bool fact)
{
	return condition < 0 || (condition != 0) == fact;
}

static bool headers_fit(const struct pair_list *wanted, const struct request_facts *facts)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *value = facts->header
			? facts->header(facts->header_ctx, wanted->items[i].name) : NULL;

		if (!value || !str_glob(wanted->items[i].value, value)) {
			return false;
		}
	}
	return true;
}

static bool rule_fits(const struct alias_rule *rule, const struct request_facts *facts)
{
	return (!rule->tokens_over || facts->tokens > rule->tokens_over) &&
	       flag_fits(rule->thinking, facts->has_thinking) &&
	       flag_fits(rule->tools, facts->has_tools) &&
	       flag_fits(rule->images, facts->has_images) &&
	       flag_fits(rule->web_search, facts->has_web_search) &&
	       flag_fits(rule->background, facts->is_background) &&
	       headers_fit(&rule->headers, facts);
}

/* The alias that the first fitting rule names, if it is of use. */
static const struct model_alias *follow_rules(const struct planner *p,
					      const struct model_alias *alias)
{
	const struct request_facts *facts = p->in->facts;

	for (size_t i = 0; facts && i < alias->rule_count; i++) {
		if (rule_fits(&alias->rules[i], facts)) {
			const struct model_alias *other =
				config_alias(p->in->config, alias->rules[i].use);

			return other && other->is_enabled ? other : NULL;
		}
	}
	return NULL;
}

/* Rules may lead on to an alias with rules of its own. What they lead away
 * from stays as a fallback: another answer is better than none. */
static void plan_alias(struct planner *p, const struct model_alias *asked)
{
	const struct model_alias *alias = asked;
	const struct model_alias *next = follow_rules(p, alias);

	for (size_t hops = 0; next && hops < p->in->config->alias_count; hops++) {
		alias = next;
		next = follow_rules(p, alias);
	}
	p->level = 1;
	add_alias(p, alias);
	if (alias != asked) {
		p->level = 2;
		add_alias(p, asked);
	}
}

/* The account that `name` begins with, followed by a slash; `*rest` is the
 * model behind it. The longest wins, as account names may hold slashes. */
static const struct upstream_account *split_upstream(const struct config *config,
						     const char *name, const char **rest)
{
	const struct upstream_account *found = NULL;
	size_t longest = 0;

	if (!strchr(name, '/')) {
		return NULL;
	}
	for (size_t i = 0; i < config->account_count; i++) {
		const struct upstream_account *account = &config->accounts[i];
		const char *const labels[] = { account->name, account->id };

		for (size_t j = 0; j < ARRAY_LEN(labels); j++) {
			size_t len;

			if (labels[j][0] != name[0] || !str_starts(name, labels[j])) {
				continue;
			}
			len = strlen(labels[j]);
			if (len > longest && name[len] == '/' && name[len + 1]) {
				found = account;
				longest = len;
			}
		}
	}
	*rest = name + longest + 1;
	return found;
}

/* Every chosen account that serves the name. */
static void plan_matching(struct planner *p, const char *name)
{
	const struct config *config = p->in->config;

	expect(p, p->choice.account ? 1 : config->account_count);
	for (size_t i = 0; i < config->account_count; i++) {
		const struct upstream_account *account = &config->accounts[i];

		if (is_chosen(&p->choice, account) && p->in->serves(account, name)) {
			add_account(p, account, name);
		}
	}
}

/* The upstream was named, so it gets the request even when its `models` do
 * not mention the name: patterns are for choosing, not for forbidding. */
static void plan_chosen(struct planner *p, const char *name)
{
	const struct config *config = p->in->config;
	const struct model_alias *alias = config_alias(config, name);

	if (alias) {
		plan_alias(p, alias);
	}
	if (!p->out->count) {
		plan_matching(p, name);
	}
	for (size_t i = 0; !alias && !p->out->count && i < config->account_count; i++) {
		const struct upstream_account *account = &config->accounts[i];

		if (is_chosen(&p->choice, account) && !p->in->serves(account, name)) {
			add_account(p, account, name);
		}
	}
}

/* `auto` is meant literally only where an account lists it so; a catch-all
 * pattern does not take it from the built-in. */
static bool is_builtin_auto(const struct config *config, const char *name)
{
	if (!str_eq(name, "auto") || !config->alias_count) {
		return false;
	}
	for (size_t i = 0; i < config->account_count; i++) {
		const struct string_list *models = &config->accounts[i].models;

		for (size_t j = 0; j < models->count; j++) {
			if (str_eq(models->items[j], name)) {
				return false;
			}
		}
	}
	return true;
}

/* The aliases in order, each falling through to the next. */
static void plan_auto(struct planner *p)
{
	const struct config *config = p->in->config;

	for (size_t i = 0; i < config->alias_count; i++) {
		if (config->aliases[i].is_enabled) {
			add_routes(p, &config->aliases[i]);
		}
	}
}

static void plan_name(struct planner *p)
{
	const struct config *config = p->in->config;
	const char *name = p->in->name;
	const struct model_alias *alias = config_alias(config, name);
	const char *rest;

	if (has_choice(&p->choice)) {
		plan_chosen(p, name);
		return;
	}
	if (alias) {
		plan_alias(p, alias);
		return;
	}
	p->choice.account = split_upstream(config, name, &rest);
	if (p->choice.account) {
		plan_chosen(p, rest);
		return;
	}
	if (is_builtin_auto(config, name)) {
		plan_auto(p);
		return;
	}
	plan_matching(p, name);
	add_fallbacks(p, name);
}

/* A request that carries its own credential stays with upstreams that take
 * it: elsewhere it would be paid by somebody else. */
static void keep_passthrough(struct planner *p)
{
	struct plan *out = p->out;
	size_t kept = 0;

	for (size_t i = 0; i < out->count; i++) {
		kept += out->candidates[i].account->type == ACCOUNT_PASSTHROUGH;
	}
	if (!kept || kept == out->count) {
		return;
	}
	kept = 0;
	for (size_t i = 0; i < out->count; i++) {
		struct candidate c = out->candidates[i];

		if (c.account->type == ACCOUNT_PASSTHROUGH) {
			out->candidates[kept++] = c;
		} else {
			add_skipped(p, c.account, c.model, SKIP_PINNED);
		}
	}
	out->count = kept;
}

static bool is_same_rank(const struct candidate *a, const struct candidate *b)
{
	return a->level == b->level && a->group == b->group && a->priority == b->priority;
}

static bool is_before(const struct candidate *a, const struct candidate *b)
{
	if (a->level != b->level) {
		return a->level < b->level;
	}
	if (a->group != b->group) {
		return a->group < b->group;
	}
	return a->priority < b->priority;
}

/* Stable, and linear on what is sorted already, as most files are. */
static void sort(struct plan *out)
{
	for (size_t i = 1; i < out->count; i++) {
		struct candidate c = out->candidates[i];
		size_t at = i;

		for (; at && is_before(&c, &out->candidates[at - 1]); at--) {
			out->candidates[at] = out->candidates[at - 1];
		}
		out->candidates[at] = c;
	}
}

/* The first `by` of them go to the end. */
static void rotate(struct arena *a, struct candidate *c, size_t count, size_t by)
{
	struct candidate *first = arena_alloc(a, by * sizeof *c);

	memcpy(first, c, by * sizeof *c);
	memmove(c, c + by, (count - by) * sizeof *c);
	memcpy(c + count - by, first, by * sizeof *c);
}

static void rotate_equals(struct arena *a, struct plan *out, uint64_t turn)
{
	size_t start = 0;

	while (start < out->count) {
		struct candidate *run = &out->candidates[start];
		size_t len = 1;
		size_t by;

		while (start + len < out->count && is_same_rank(run, &run[len])) {
			len++;
		}
		by = (size_t)(turn % len);
		if (by) {
			rotate(a, run, len, by);
		}
		start += len;
	}
}

static bool choose_upstream(struct planner *p)
{
	const char *who = p->in->upstream;

	if (str_empty(who)) {
		return true;
	}
	p->choice.account = config_account(p->in->config, who);
	if (!p->choice.account) {
		p->choice.by_provider = provider_by_name(who, &p->choice.provider);
	}
	return has_choice(&p->choice);
}

void plan_make(const struct plan_input *in, struct arena *a, struct plan *out)
{
	struct planner p = { .in = in, .arena = a, .out = out, .level = 1 };

	assert(in->config && in->name && in->serves);
	*out = (struct plan){ .status = PLAN_UNKNOWN_UPSTREAM, .name = in->name };
	p.visited = arena_zalloc(a, in->config->alias_count * sizeof *p.visited);
	p.newest = arena_zalloc(a, in->config->account_count * sizeof *p.newest);
	if (!choose_upstream(&p)) {
		return;
	}
	plan_name(&p);
	keep_passthrough(&p);
	sort(out);
	if (in->config->routing.strategy != STRATEGY_PRIORITY) {
		rotate_equals(a, out, in->turn);
	}
	if (out->count) {
		out->status = PLAN_OK;
	} else if (out->skipped_count) {
		out->status = PLAN_NOTHING_LEFT;
	} else {
		out->status = PLAN_UNKNOWN_MODEL;
		plan_find_near(out, in->config);
	}
}
