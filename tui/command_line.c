/* What is typed behind ":". Inside this room, of prompt.h. */
#include "tui/prompt.h"

#include <stdio.h>

#include "base/limits.h"
#include "tui/actions.h"
#include "tui/acts.h"
#include "tui/screens.h"

static void set_command(struct app *app, const char *rest)
{
	double seconds;

	if (str_starts(rest, "interval ") && str_to_double(rest + 9, &seconds) &&
	    seconds >= 0.25 && seconds <= 10) {
		app->o.interval_ms = (int64_t)(seconds * 1000);
		app->wishes.new_interval = true;
		app_say(app, "interval %.2f s = llm-gateway config set tui.interval %.2fs",
			seconds, seconds);
	} else if (str_starts(rest, "theme ")) {
		app->o.theme = term_theme_by_name(rest + 6);
		app->wishes.new_theme = true;
		app_say(app, "theme %s", term_theme_name(app->o.theme));
	} else {
		app_complain(app, ":set interval 0.25..10, or :set theme NAME");
	}
}

static void about(struct app *app)
{
	static const char *const tiers[] = { "ASCII", "blocks", "braille" };

	app_say(app, "llm-gateway " VERSION ", glyphs %s, theme %s, mouse %s, home %s",
		tiers[app->o.tier], term_theme_name(app->o.theme), app->o.mouse ? "on" : "off",
		app->o.home);
}

/* Selects the object that the action is to work on. */
static bool select_named(struct app *app, const char *name)
{
	const struct list_source *source = screen_of(app->screen)->source;

	if (!source || !app->snapshot) {
		return false;
	}
	for (size_t i = 0; i < source->count(app); i++) {
		const void *row = source->row(app, i);

		if (str_eq(source->name(row), name) || str_eq(source->id(row), name)) {
			str_copy(app->lists[app->screen].selected, LIST_ID_BYTES,
				 source->id(row));
			app->lists[app->screen].follows = false;
			app->lists[app->screen].filter[0] = '\0';
			return true;
		}
	}
	return false;
}

static enum screen_id screen_for(const struct app *app, const struct action *a)
{
	int screen = 0;

	if (a->screens & ON(app->screen)) {
		return app->screen;
	}
	while (!(a->screens & ON(screen))) {
		screen++;
	}
	return (enum screen_id)screen;
}

/* ":config" goes to the screen, ":config check" is the command. */
static bool is_command(const struct app *app, const char *name, const char *object)
{
	static const char *const both[] = { "keys", "models", "logs", "config", NULL };

	(void)app;
	for (size_t i = 0; both[i]; i++) {
		if (*object && str_eq(name, both[i])) {
			return true;
		}
	}
	return false;
}

void command_run(struct app *app, const char *line)
{
	struct slice rest = slice_trim(slice_of(line));
	struct slice word = SLICE_NULL;
	const struct action *a;
	char name[64];
	char object[LIST_ID_BYTES];

	if (!slice_next(&rest, ' ', &word) || word.len >= sizeof name) {
		return;
	}
	memcpy(name, word.ptr, word.len);
	name[word.len] = '\0';
	rest = slice_trim(rest);
	snprintf(object, sizeof object, "%.*s", (int)rest.len, rest.ptr ? rest.ptr : "");
	a = action_by_id(name);
	if (str_eq(name, "set")) {
		set_command(app, object);
	} else if (str_eq(name, "about")) {
		about(app);
	} else if (!a || is_command(app, name, object)) {
		run_command_line(app, line);
	} else {
		app_go(app, screen_for(app, a));
		if (*object && !select_named(app, object)) {
			app_complain(app, "no %s is called %s", screen_of(app->screen)->name,
				     object);
		} else {
			action_start(app, a);
		}
	}
}

/* The part that all candidates share. */
static void narrow(char *common, const char *candidate)
{
	size_t same = 0;

	while (common[same] && common[same] == candidate[same]) {
		same++;
	}
	common[same] = '\0';
}

struct candidates {
	char common[256];
	size_t found;
	struct buf shown; /* all of them, for the message line */
};

static void add_candidate(struct candidates *c, const char *word)
{
	if (c->found++) {
		narrow(c->common, word);
	} else {
		str_copy(c->common, sizeof c->common, word);
	}
	buf_addf(&c->shown, "%s ", word);
}

static void add_actions(const char *begin, struct candidates *c)
{
	for (size_t i = 0; i < action_count; i++) {
		if (str_starts(actions[i].id, begin)) {
			add_candidate(c, actions[i].id);
		}
	}
}

/* "word\tdescription" lines; those that begin with ":" are for shells. */
static void add_commands(struct app *app, const char *line, const char *begin,
			 struct candidates *c)
{
	struct buf offered = BUF_INIT(256 * KIB);
	struct slice rest;
	struct slice one;
	char word[256];

	if (app->o.complete) {
		app->o.complete(app->o.ctx, line, &offered);
	}
	rest = buf_slice(&offered);
	while (slice_next(&rest, '\n', &one)) {
		const char *tab = one.len ? memchr(one.ptr, '\t', one.len) : NULL;

		snprintf(word, sizeof word, "%.*s", (int)(tab ? tab - one.ptr : (long)one.len),
			 one.len ? one.ptr : "");
		if (*word && *word != ':' && str_starts(word, begin)) {
			add_candidate(c, word);
		}
	}
	buf_release(&offered);
}

/* The names of what an action works on. */
static void add_names(struct app *app, const struct action *a, const char *begin,
		      struct candidates *c)
{
	const struct list_source *source = screen_of(screen_for(app, a))->source;

	for (size_t i = 0; app->snapshot && a->needs_row && i < source->count(app); i++) {
		const char *name = source->name(source->row(app, i));

		if (str_starts(name, begin)) {
			add_candidate(c, name);
		}
	}
}

static const struct action *first_word_action(const char *line)
{
	char word[64];
	const char *blank = strchr(line, ' ');

	snprintf(word, sizeof word, "%.*s", (int)(blank ? blank - line : 0), line);
	return action_by_id(word);
}

bool command_complete(struct app *app)
{
	const char *line = app->line.text;
	const char *last = strrchr(line, ' ');
	const char *begin = last ? last + 1 : line;
	const struct action *a = last ? first_word_action(line) : NULL;
	struct candidates c = { .shown = BUF_INIT(2 * KIB) };
	char done[MAX_LINE_EDIT_BYTES];

	if (!last) {
		add_actions(begin, &c);
	} else if (a) {
		add_names(app, a, begin, &c);
	}
	add_commands(app, line, begin, &c);
	if (c.found && strlen(c.common) >= strlen(begin)) {
		snprintf(done, sizeof done, "%.*s%s%s", (int)(begin - line), line, c.common,
			 c.found == 1 && !str_ends(c.common, "=") ? " " : "");
		line_edit_init(&app->line, done);
	}
	str_copy(app->message, sizeof app->message, c.found > 1 ? buf_text(&c.shown) : "");
	buf_release(&c.shown);
	return c.found == 1;
}
