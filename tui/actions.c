#include "tui/actions.h"

#include <stdio.h>

#include "tui/acts.h"
#include "tui/keys.h"
#include "tui/prompt.h"
#include "tui/screens.h"

#define UPS ON(SCREEN_UPSTREAMS)
#define REQ ON(SCREEN_REQUESTS)
#define KEY ON(SCREEN_KEYS)
#define MOD ON(SCREEN_MODELS)
#define LOG ON(SCREEN_LOGS)
#define CFG ON(SCREEN_CONFIG)
#define LISTS ON_ALL

/* Own actions of a screen come first: the hint bar shows them in this order. */
const struct action actions[] = {
	{ .id = "upstream-add",
	  .keys = { 'a' },
	  .screens = UPS,
	  .label = "add",
	  .help = "add an upstream (form)",
	  .twin = "upstream add",
	  .run = act_upstream_add },
	{ .id = "upstream-edit",
	  .keys = { 'e' },
	  .screens = UPS,
	  .needs_row = true,
	  .label = "edit",
	  .help = "edit the upstream (form)",
	  .twin = "upstream edit",
	  .run = act_upstream_edit },
	{ .id = "upstream-toggle",
	  .keys = { 'd' },
	  .screens = UPS,
	  .needs_row = true,
	  .label = "on/off",
	  .help = "disable or enable; marked ones too",
	  .twin = "upstream disable",
	  .run = act_upstream_toggle,
	  .is_marked_too = true },
	{ .id = "cooldown-clear",
	  .keys = { 'x' },
	  .screens = UPS | ON(SCREEN_OVERVIEW),
	  .needs_row = true,
	  .label = "clear cooldown",
	  .help = "end its cooldowns now",
	  .twin = "cooldown clear",
	  .run = act_upstream_clear,
	  .is_marked_too = true },
	{ .id = "oauth-login",
	  .keys = { 'o' },
	  .screens = UPS,
	  .needs_row = true,
	  .label = "login",
	  .help = "sign in to a subscription account (OAuth)",
	  .twin = "oauth start",
	  .run = act_upstream_login },
	{ .id = "upstream-test",
	  .keys = { 'T' },
	  .screens = UPS,
	  .needs_row = true,
	  .label = "test",
	  .help = "test it: does it answer, does the key work; nothing paid",
	  .twin = "upstream test",
	  .run = act_upstream_test,
	  .is_marked_too = true },
	{ .id = "upstream-earlier",
	  .keys = { 'K' },
	  .screens = UPS,
	  .needs_row = true,
	  .help = "priority up: tried earlier",
	  .twin = "upstream edit --priority",
	  .run = act_upstream_earlier },
	{ .id = "upstream-later",
	  .keys = { 'J' },
	  .screens = UPS,
	  .needs_row = true,
	  .help = "priority down: tried later",
	  .twin = "upstream edit --priority",
	  .run = act_upstream_later },
	{ .id = "upstream-delete",
	  .keys = { 'D' },
	  .screens = UPS,
	  .needs_row = true,
	  .confirm = CONFIRM_NAME,
	  .question = "Remove upstream %s and its stored key?",
	  .label = "delete",
	  .help = "remove it: type the name to confirm",
	  .twin = "upstream remove",
	  .run = act_upstream_remove },

	{ .id = "open",
	  .keys = { KEY_CODE_ENTER },
	  .screens = LISTS,
	  .label = "open",
	  .help = "open or explain the selected row",
	  .twin = "upstream show",
	  .run = act_open },
	{ .id = "request-cancel",
	  .keys = { 'x' },
	  .screens = REQ,
	  .needs_row = true,
	  .confirm = CONFIRM_ASK,
	  .question = "Cancel request %s? Its client gets an error.",
	  .label = "cancel",
	  .help = "end a request in progress (asks)",
	  .twin = "request cancel",
	  .refusal = refuse_request_cancel,
	  .run = act_request_cancel },
	{ .id = "request-next",
	  .keys = { ']' },
	  .screens = REQ,
	  .help = "the next older request",
	  .twin = "",
	  .run = act_request_next },
	{ .id = "request-previous",
	  .keys = { '[' },
	  .screens = REQ,
	  .help = "the next newer request",
	  .twin = "",
	  .run = act_request_previous },

	{ .id = "key-add",
	  .keys = { 'a' },
	  .screens = KEY,
	  .label = "new",
	  .help = "make a key; its text shows once",
	  .twin = "apikey add",
	  .run = act_key_add },
	{ .id = "key-edit",
	  .keys = { 'e' },
	  .screens = KEY,
	  .needs_row = true,
	  .label = "edit",
	  .help = "edit permissions, models and limits",
	  .twin = "apikey show",
	  .run = act_key_edit },
	{ .id = "key-rotate",
	  .keys = { 'R' },
	  .screens = KEY,
	  .needs_row = true,
	  .confirm = CONFIRM_ASK,
	  .question = "Give %s a new text? The old one ends at once.",
	  .label = "rotate",
	  .help = "new text for the key (asks); shown once",
	  .twin = "apikey rotate",
	  .run = act_key_rotate },
	{ .id = "key-toggle",
	  .keys = { 'd' },
	  .screens = KEY,
	  .needs_row = true,
	  .label = "on/off",
	  .help = "disable or enable; marked ones too",
	  .twin = "apikey disable",
	  .run = act_key_toggle,
	  .is_marked_too = true },
	{ .id = "key-delete",
	  .keys = { 'D' },
	  .screens = KEY,
	  .needs_row = true,
	  .confirm = CONFIRM_NAME,
	  .question = "Revoke key %s for good?",
	  .label = "revoke",
	  .help = "remove it: type the name to confirm",
	  .twin = "apikey remove",
	  .run = act_key_remove },

	{ .id = "model-add",
	  .keys = { 'a' },
	  .screens = MOD,
	  .label = "add",
	  .help = "add an alias (form)",
	  .twin = "model add",
	  .run = act_model_add },
	{ .id = "model-edit",
	  .keys = { 'e' },
	  .screens = MOD,
	  .needs_row = true,
	  .label = "edit",
	  .help = "edit the alias (form)",
	  .twin = "model edit",
	  .run = act_model_edit },
	{ .id = "model-try",
	  .keys = { 'T' },
	  .screens = MOD,
	  .needs_row = true,
	  .label = "dry-run",
	  .help = "what would happen to a request now",
	  .twin = "model resolve",
	  .run = act_model_try },
	{ .id = "model-delete",
	  .keys = { 'D' },
	  .screens = MOD,
	  .needs_row = true,
	  .confirm = CONFIRM_NAME,
	  .question = "Remove alias %s?",
	  .label = "delete",
	  .help = "remove it: type the name to confirm",
	  .twin = "model remove",
	  .run = act_model_remove },

	{ .id = "log-level",
	  .keys = { 'v' },
	  .screens = LOG,
	  .label = "level",
	  .help = "least level shown",
	  .twin = "logs --level",
	  .run = act_log_level },
	{ .id = "log-wrap",
	  .keys = { 'W' },
	  .screens = LOG,
	  .label = "wrap",
	  .help = "long lines go on below, or are cut",
	  .twin = "logs",
	  .run = act_log_wrap },
	{ .id = "keep-lines",
	  .keys = { '&' },
	  .screens = LOG,
	  .label = "keep lines",
	  .help = "only lines with these words; Esc clears",
	  .twin = "logs",
	  .run = act_filter },
	{ .id = "search",
	  .keys = { '/' },
	  .screens = LOG,
	  .label = "search",
	  .help = "find words in the lines",
	  .twin = "logs",
	  .run = act_search },
	{ .id = "search-next",
	  .keys = { 'n' },
	  .screens = LOG | REQ,
	  .help = "the next place with the words searched for",
	  .twin = "",
	  .run = act_search_next },
	{ .id = "search-previous",
	  .keys = { 'N' },
	  .screens = LOG | REQ,
	  .help = "the previous place with them",
	  .twin = "",
	  .run = act_search_previous },

	{ .id = "config-edit",
	  .keys = { 'e' },
	  .screens = CFG,
	  .label = "edit file",
	  .help = "edit the file in $EDITOR; checked before it is in force",
	  .twin = "config edit",
	  .run = act_config_edit },
	{ .id = "config-check",
	  .keys = { 'c' },
	  .screens = CFG,
	  .label = "check",
	  .help = "is the file valid and in force",
	  .twin = "config check",
	  .run = act_config_check },
	{ .id = "config-text",
	  .keys = { '=' },
	  .screens = CFG,
	  .label = "diff",
	  .help = "what differs between the file and what runs, or the file",
	  .twin = "config show",
	  .run = act_config_text },
	{ .id = "config-reload",
	  .keys = { 'R' },
	  .screens = CFG,
	  .confirm = CONFIRM_ASK,
	  .question = "Read the configuration file again?",
	  .label = "reload",
	  .help = "read the file again (asks)",
	  .twin = "server reload",
	  .run = act_config_reload },

	{ .id = "undo",
	  .screens = LISTS,
	  .help = "take the last change of the configuration back (:undo)",
	  .twin = "config undo",
	  .run = act_undo },
	{ .id = "filter",
	  .keys = { '/' },
	  .screens = LISTS & ~LOG,
	  .label = "filter",
	  .help = "filter this list while typing, search a text; Esc clears",
	  .twin = "",
	  .run = act_filter_or_search },
	{ .id = "errors",
	  .keys = { '!' },
	  .screens = REQ | LOG,
	  .label = "errors",
	  .help = "errors only",
	  .twin = "logs --errors",
	  .run = act_errors },
	{ .id = "follow",
	  .keys = { 'F' },
	  .screens = REQ | LOG,
	  .label = "follow",
	  .help = "stay on the newest",
	  .twin = "logs -f",
	  .run = act_follow },
	{ .id = "pause",
	  .keys = { 'p' },
	  .screens = LISTS,
	  .label = "pause",
	  .help = "freeze the picture; data is still counted",
	  .twin = "",
	  .run = act_pause },
	{ .id = "sort",
	  .keys = { 's' },
	  .screens = LISTS,
	  .label = "sort",
	  .help = "choose the column to sort by",
	  .twin = "",
	  .run = act_sort },
	{ .id = "sort-next",
	  .keys = { '>' },
	  .screens = LISTS,
	  .help = "sort by the next column",
	  .twin = "",
	  .run = act_sort_next },
	{ .id = "sort-previous",
	  .keys = { '<' },
	  .screens = LISTS,
	  .help = "sort by the previous column",
	  .twin = "",
	  .run = act_sort_previous },
	{ .id = "reverse",
	  .keys = { 'r' },
	  .screens = LISTS,
	  .help = "reverse the order",
	  .twin = "",
	  .run = act_reverse },
	{ .id = "copy",
	  .keys = { 'y' },
	  .screens = LISTS,
	  .label = "copy",
	  .help = "copy the selected object's id (OSC 52)",
	  .twin = "",
	  .run = act_copy },
	{ .id = "save",
	  .keys = { 'w' },
	  .screens = LISTS,
	  .label = "write",
	  .help = "write what is here to a file",
	  .twin = "logs",
	  .run = act_save },
	{ .id = "plain-text",
	  .keys = { 'u' },
	  .screens = LISTS,
	  .help = "the selected object as bare text, for the mouse",
	  .twin = "upstream show --json",
	  .run = act_plain_text },
	{ .id = "mark",
	  .keys = { ' ' },
	  .screens = UPS | KEY,
	  .help = "mark the row; actions then take all marked",
	  .twin = "",
	  .run = act_mark },

	{ .id = "down",
	  .keys = { 'j', KEY_CODE_DOWN },
	  .screens = LISTS,
	  .help = "down",
	  .twin = "",
	  .run = act_down },
	{ .id = "up",
	  .keys = { 'k', KEY_CODE_UP },
	  .screens = LISTS,
	  .help = "up",
	  .twin = "",
	  .run = act_up },
	{ .id = "first",
	  .keys = { 'g', KEY_CODE_HOME },
	  .screens = LISTS,
	  .help = "first row",
	  .twin = "",
	  .run = act_first },
	{ .id = "last",
	  .keys = { 'G', KEY_CODE_END },
	  .screens = LISTS,
	  .help = "last row",
	  .twin = "",
	  .run = act_last },
	{ .id = "half-down",
	  .keys = { KEY_CTRL('d') },
	  .screens = LISTS,
	  .help = "half a page down",
	  .twin = "",
	  .run = act_half_down },
	{ .id = "half-up",
	  .keys = { KEY_CTRL('u') },
	  .screens = LISTS,
	  .help = "half a page up",
	  .twin = "",
	  .run = act_half_up },
	{ .id = "page-down",
	  .keys = { KEY_CTRL('f'), KEY_CODE_PGDN },
	  .screens = LISTS,
	  .help = "a page down",
	  .twin = "",
	  .run = act_page_down },
	{ .id = "page-up",
	  .keys = { KEY_CTRL('b'), KEY_CODE_PGUP },
	  .screens = LISTS,
	  .help = "a page up",
	  .twin = "",
	  .run = act_page_up },
	{ .id = "left",
	  .keys = { 'h', KEY_CODE_LEFT },
	  .screens = LISTS,
	  .help = "scroll to the left",
	  .twin = "",
	  .run = act_left },
	{ .id = "right",
	  .keys = { 'l', KEY_CODE_RIGHT },
	  .screens = LISTS,
	  .help = "scroll to the right",
	  .twin = "",
	  .run = act_right },
	{ .id = "overview",
	  .keys = { '1' },
	  .screens = LISTS,
	  .help = "Overview",
	  .twin = "status",
	  .run = act_screen_1 },
	{ .id = "upstreams",
	  .keys = { '2' },
	  .screens = LISTS,
	  .help = "Upstreams",
	  .twin = "upstream list",
	  .run = act_screen_2 },
	{ .id = "requests",
	  .keys = { '3' },
	  .screens = LISTS,
	  .help = "Requests",
	  .twin = "logs",
	  .run = act_screen_3 },
	{ .id = "keys",
	  .keys = { '4' },
	  .screens = LISTS,
	  .help = "Keys",
	  .twin = "apikey list",
	  .run = act_screen_4 },
	{ .id = "models",
	  .keys = { '5' },
	  .screens = LISTS,
	  .help = "Models",
	  .twin = "model list",
	  .run = act_screen_5 },
	{ .id = "logs",
	  .keys = { '6' },
	  .screens = LISTS,
	  .help = "Logs",
	  .twin = "logs -f",
	  .run = act_screen_6 },
	{ .id = "config",
	  .keys = { '7' },
	  .screens = LISTS,
	  .help = "Config",
	  .twin = "config show",
	  .run = act_screen_7 },
	{ .id = "next-screen",
	  .keys = { KEY_CODE_TAB },
	  .screens = LISTS,
	  .label = "next",
	  .help = "the detail beside the list, or the next screen",
	  .twin = "",
	  .run = act_next_screen },
	{ .id = "previous-screen",
	  .keys = { KEY_CODE_SHIFT_TAB },
	  .screens = LISTS,
	  .help = "the same backwards",
	  .twin = "",
	  .run = act_previous_screen },
	{ .id = "wide",
	  .keys = { 'W' },
	  .screens = LISTS & ~LOG,
	  .label = "wide",
	  .help = "all columns",
	  .twin = "",
	  .run = act_wide },
	{ .id = "zoom",
	  .keys = { 'z' },
	  .screens = LISTS,
	  .label = "zoom",
	  .help = "the detail alone, and back",
	  .twin = "",
	  .run = act_zoom },
	{ .id = "graphs",
	  .keys = { 'H' },
	  .screens = LISTS,
	  .label = "graphs",
	  .help = "hide or show the graphs",
	  .twin = "",
	  .run = act_graphs },
	{ .id = "slower",
	  .keys = { '+' },
	  .screens = LISTS,
	  .help = "longer interval",
	  .twin = "config set tui.interval",
	  .run = act_slower },
	{ .id = "faster",
	  .keys = { '-' },
	  .screens = LISTS,
	  .help = "shorter interval",
	  .twin = "config set tui.interval",
	  .run = act_faster },
	{ .id = "refresh",
	  .keys = { KEY_CTRL('r'), KEY_CODE_F1 + 4 },
	  .screens = LISTS,
	  .help = "ask the gateway now",
	  .twin = "status",
	  .run = act_refresh },
	{ .id = "mouse",
	  .keys = { 'm' },
	  .screens = LISTS,
	  .label = "mouse",
	  .help = "mouse on or off",
	  .twin = "config set tui.mouse",
	  .run = act_mouse },
	{ .id = "theme",
	  .keys = { 't' },
	  .screens = LISTS,
	  .label = "theme",
	  .help = "the next theme",
	  .twin = "tui --theme",
	  .run = act_theme },
	{ .id = "redraw",
	  .keys = { KEY_CTRL('l') },
	  .screens = LISTS,
	  .help = "draw everything anew",
	  .twin = "",
	  .run = act_redraw },
	{ .id = "suspend",
	  .keys = { KEY_CTRL('z') },
	  .screens = LISTS,
	  .help = "suspend the dashboard",
	  .twin = "",
	  .run = act_suspend },
	{ .id = "command",
	  .keys = { ':' },
	  .screens = LISTS,
	  .label = "command",
	  .help = "any action by its name; Tab completes",
	  .twin = "",
	  .run = act_command },
	{ .id = "help",
	  .keys = { '?', KEY_CODE_F1 },
	  .screens = LISTS,
	  .help = "the keys that work here",
	  .twin = "",
	  .run = act_help },
	{ .id = "back",
	  .keys = { KEY_CODE_ESC, 'q' },
	  .screens = LISTS,
	  .help = "back; on the first level q leaves",
	  .twin = "",
	  .run = act_back },
	{ .id = "quit",
	  .keys = { 'Q', KEY_CTRL('c'), KEY_CODE_F1 + 9 },
	  .screens = LISTS,
	  .help = "leave at once (asks when the gateway is in this window)",
	  .twin = "server stop",
	  .run = act_quit },
};

const size_t action_count = ARRAY_LEN(actions);

void keymap_init(struct keymap *map)
{
	*map = (struct keymap){ 0 };
	for (size_t i = 0; i < action_count && i < MAX_ACTIONS; i++) {
		memcpy(map->keys[i], actions[i].keys, sizeof map->keys[i]);
	}
}

const struct action *action_for_key(const struct keymap *map, int key, enum screen_id screen)
{
	for (size_t i = 0; i < action_count; i++) {
		for (size_t k = 0; k < ACTION_KEYS; k++) {
			if (map->keys[i][k] == key && (actions[i].screens & ON(screen))) {
				return &actions[i];
			}
		}
	}
	return NULL;
}

const struct action *action_by_id(const char *id)
{
	for (size_t i = 0; i < action_count; i++) {
		if (str_eq(actions[i].id, id)) {
			return &actions[i];
		}
	}
	return NULL;
}

int action_key(const struct keymap *map, const struct action *a)
{
	return map->keys[a - actions][0];
}

bool keymap_bind(struct keymap *map, const char *id, const char *key)
{
	const struct action *a = action_by_id(id);
	int code = key_by_name(key);

	if (!a || (code == KEY_NOTHING && !str_eq(key, "none"))) {
		return false;
	}
	for (int screen = 0; code && screen < SCREEN_COUNT; screen++) {
		const struct action *other = action_for_key(map, code, (enum screen_id)screen);

		if ((a->screens & ON(screen)) && other && other != a) {
			return false;
		}
	}
	memset(map->keys[a - actions], 0, sizeof map->keys[0]);
	map->keys[a - actions][0] = code;
	return true;
}

/* --- doing them --- */

static void set_target(struct app *app, const char *id, const char *name)
{
	str_copy(app->target, sizeof app->target, id);
	str_copy(app->target_name, sizeof app->target_name, name);
}

static bool take_target(struct app *app)
{
	const struct list_source *source = screen_of(app->screen)->source;
	struct list *list = &app->lists[app->screen];
	const void *row = NULL;

	if (source && app->snapshot) {
		list_update(list, source, app);
		row = list_selected(list, source, app);
	}
	set_target(app, row ? source->id(row) : "", row ? source->name(row) : "");
	return row;
}

/* Each marked row in turn; rows are known by their ids. */
static void run_marked(struct app *app, const struct action *a)
{
	const struct list_source *source = screen_of(app->screen)->source;
	const struct list *list = &app->lists[app->screen];

	for (size_t i = 0; i < source->count(app); i++) {
		const void *row = source->row(app, i);

		if (list_is_marked(list, source->id(row))) {
			set_target(app, source->id(row), source->name(row));
			a->run(app);
		}
	}
}

static void ask(struct app *app, const struct action *a)
{
	app->asked = a;
	prompt_open(app, a->confirm == CONFIRM_NAME ? MODE_NAME : MODE_ASK, "");
	prompt_question(app, a->question);
}

void action_start(struct app *app, const struct action *a)
{
	bool has_row = take_target(app);
	const char *why = has_row && a->refusal ? a->refusal(app) : NULL;

	if (a->needs_row && !has_row) {
		app_complain(app, "nothing is selected for %s", a->id);
	} else if (why) {
		app_complain(app, "%s: %s", app->target_name, why);
	} else if (a->confirm != CONFIRM_NONE) {
		ask(app, a);
	} else if (a->is_marked_too && app->lists[app->screen].mark_count) {
		run_marked(app, a);
	} else {
		a->run(app);
	}
}

void action_confirmed(struct app *app)
{
	if (app->asked) {
		app->asked->run(app);
		app->asked = NULL;
	}
}
