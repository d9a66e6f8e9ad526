/*
 * The handlers of the control API, one file a noun; each is named in the
 * table of routes, which says what it does. Inside control/ only.
 */
#ifndef CONTROL_HANDLERS_H
#define CONTROL_HANDLERS_H

#include "control/routes.h"

bool handle_status(struct call *call, struct json_writer *w, struct err *err);
bool handle_snapshot(struct call *call, struct json_writer *w, struct err *err);
bool handle_reload(struct call *call, struct json_writer *w, struct err *err);
bool handle_stop(struct call *call, struct json_writer *w, struct err *err);
bool follow_events(struct call *call, const struct control_sink *sink, struct err *err);

bool handle_upstreams_list(struct call *call, struct json_writer *w, struct err *err);
bool handle_upstreams_add(struct call *call, struct json_writer *w, struct err *err);
bool handle_upstream_show(struct call *call, struct json_writer *w, struct err *err);
bool handle_upstream_edit(struct call *call, struct json_writer *w, struct err *err);
bool handle_upstream_remove(struct call *call, struct json_writer *w, struct err *err);
bool handle_upstream_enable(struct call *call, struct json_writer *w, struct err *err);
bool handle_upstream_disable(struct call *call, struct json_writer *w, struct err *err);
bool handle_upstream_test(struct call *call, struct json_writer *w, struct err *err);

bool handle_keys_list(struct call *call, struct json_writer *w, struct err *err);
bool handle_keys_add(struct call *call, struct json_writer *w, struct err *err);
bool handle_key_show(struct call *call, struct json_writer *w, struct err *err);
bool handle_key_edit(struct call *call, struct json_writer *w, struct err *err);
bool handle_key_remove(struct call *call, struct json_writer *w, struct err *err);
bool handle_key_enable(struct call *call, struct json_writer *w, struct err *err);
bool handle_key_disable(struct call *call, struct json_writer *w, struct err *err);
bool handle_key_rotate(struct call *call, struct json_writer *w, struct err *err);

bool handle_models_list(struct call *call, struct json_writer *w, struct err *err);
bool handle_models_add(struct call *call, struct json_writer *w, struct err *err);
bool handle_model_show(struct call *call, struct json_writer *w, struct err *err);
bool handle_model_edit(struct call *call, struct json_writer *w, struct err *err);
bool handle_model_remove(struct call *call, struct json_writer *w, struct err *err);

bool handle_oauth_list(struct call *call, struct json_writer *w, struct err *err);
bool handle_oauth_show(struct call *call, struct json_writer *w, struct err *err);
bool handle_oauth_start(struct call *call, struct json_writer *w, struct err *err);
bool handle_oauth_code(struct call *call, struct json_writer *w, struct err *err);
bool handle_oauth_cancel(struct call *call, struct json_writer *w, struct err *err);
bool handle_oauth_refresh(struct call *call, struct json_writer *w, struct err *err);
bool handle_oauth_logout(struct call *call, struct json_writer *w, struct err *err);

bool handle_cooldowns_list(struct call *call, struct json_writer *w, struct err *err);
bool handle_cooldowns_set(struct call *call, struct json_writer *w, struct err *err);
bool handle_cooldowns_clear(struct call *call, struct json_writer *w, struct err *err);
bool handle_cooldown_clear(struct call *call, struct json_writer *w, struct err *err);

bool handle_resolve(struct call *call, struct json_writer *w, struct err *err);

bool handle_usage(struct call *call, struct json_writer *w, struct err *err);
bool handle_requests_list(struct call *call, struct json_writer *w, struct err *err);
bool handle_request_show(struct call *call, struct json_writer *w, struct err *err);
bool handle_request_cancel(struct call *call, struct json_writer *w, struct err *err);

bool handle_config_show(struct call *call, struct json_writer *w, struct err *err);
bool handle_config_set(struct call *call, struct json_writer *w, struct err *err);
bool handle_config_import(struct call *call, struct json_writer *w, struct err *err);
bool handle_config_undo(struct call *call, struct json_writer *w, struct err *err);
bool handle_config_unset(struct call *call, struct json_writer *w, struct err *err);

bool handle_env_show(struct call *call, struct json_writer *w, struct err *err);
bool handle_env_set(struct call *call, struct json_writer *w, struct err *err);

bool handle_logs(struct call *call, struct json_writer *w, struct err *err);
bool follow_logs(struct call *call, const struct control_sink *sink, struct err *err);

#endif
