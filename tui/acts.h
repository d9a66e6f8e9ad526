/* What actions do, for the table in actions.c. The object of those that need
 * one is app->target (its id) and app->target_name. */
#ifndef TUI_ACTS_H
#define TUI_ACTS_H

#include "tui/app.h"

/* act_view.c: moving and looking */
void act_down(struct app *app);
void act_up(struct app *app);
void act_first(struct app *app);
void act_last(struct app *app);
void act_half_down(struct app *app);
void act_half_up(struct app *app);
void act_page_down(struct app *app);
void act_page_up(struct app *app);
void act_left(struct app *app);
void act_right(struct app *app);
void act_screen_1(struct app *app);
void act_screen_2(struct app *app);
void act_screen_3(struct app *app);
void act_screen_4(struct app *app);
void act_screen_5(struct app *app);
void act_screen_6(struct app *app);
void act_screen_7(struct app *app);
void act_next_screen(struct app *app);
void act_previous_screen(struct app *app);
void act_open(struct app *app);
void act_back(struct app *app);
void act_quit(struct app *app);
void act_help(struct app *app);
void act_command(struct app *app);
void act_filter(struct app *app);
void act_errors(struct app *app);
void act_sort(struct app *app);
void act_sort_next(struct app *app);
void act_sort_previous(struct app *app);
void act_reverse(struct app *app);
void act_follow(struct app *app);
void act_pause(struct app *app);
void act_slower(struct app *app);
void act_faster(struct app *app);
void act_refresh(struct app *app);
void act_mark(struct app *app);
void act_wide(struct app *app);
void act_undo(struct app *app);
void act_zoom(struct app *app);
void act_graphs(struct app *app);
void act_copy(struct app *app);
void act_plain_text(struct app *app);
void act_mouse(struct app *app);
void act_theme(struct app *app);
void act_redraw(struct app *app);
void act_suspend(struct app *app);

/* act_text.c: searching, saving, typed values and commands */
void act_search(struct app *app);
void act_filter_or_search(struct app *app);
void act_search_next(struct app *app);
void act_search_previous(struct app *app);
void act_save(struct app *app);
void act_setting(struct app *app);
/* What the prompts of those have taken. */
void save_text(struct app *app, const char *path);
void set_setting(struct app *app, const char *value);
/* A line of the command `llm-gateway`: its output is shown; "!" before it, or
 * a command that asks questions: it gets the terminal. */
void run_command_line(struct app *app, const char *line);

/* act_change.c: what changes the gateway */
void act_upstream_add(struct app *app);
void act_upstream_edit(struct app *app);
void act_upstream_toggle(struct app *app);
void act_upstream_clear(struct app *app);
void act_upstream_login(struct app *app);
void act_upstream_test(struct app *app);
void act_upstream_later(struct app *app);
void act_upstream_earlier(struct app *app);
void act_upstream_remove(struct app *app);
/* Why the target cannot be cancelled, or NULL. */
const char *refuse_request_cancel(const struct app *app);
void act_request_cancel(struct app *app);
void act_request_next(struct app *app);
void act_request_previous(struct app *app);
void act_key_add(struct app *app);
void act_key_edit(struct app *app);
void act_key_toggle(struct app *app);
void act_key_rotate(struct app *app);
void act_key_remove(struct app *app);
void act_model_add(struct app *app);
void act_model_edit(struct app *app);
void act_model_try(struct app *app);
void act_model_remove(struct app *app);
void act_log_level(struct app *app);
void act_log_wrap(struct app *app);
void act_log_line(struct app *app);
void act_config_edit(struct app *app);
void act_config_check(struct app *app);
void act_config_text(struct app *app);
void act_config_reload(struct app *app);

#endif
