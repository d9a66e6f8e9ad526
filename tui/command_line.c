/* What is typed behind ":". Inside this room, of prompt.h. */
#include "tui/prompt.h"

#include <stdio.h>

#include "base/limits.h"
#include "tui/actions.h"
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
	} else if (!a) {
		app_complain(app, "there is no :%s; Tab completes, ? shows what there is", name);
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

bool command_complete(struct app *app)
{
	char common[64] = "";
	size_t found = 0;

	for (size_t i = 0; i < action_count; i++) {
		if (!str_starts(actions[i].id, app->line.text)) {
			continue;
		}
		if (found++) {
			narrow(common, actions[i].id);
		} else {
			str_copy(common, sizeof common, actions[i].id);
		}
	}
	if (found && strlen(common) >= app->line.len) {
		char line[80];

		snprintf(line, sizeof line, "%s%s", common, found == 1 ? " " : "");
		line_edit_init(&app->line, line);
	}
	return found == 1;
}
