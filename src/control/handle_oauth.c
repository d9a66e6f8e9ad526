/*
 * Sign-ins to accounts: begin, finish with a pasted code, status, renewal,
 * sign-out. No answer holds a token.
 */
#include "control/handlers.h"

#include "base/limits.h"
#include "control/call.h"
#include "control/fields.h"
#include "oauth/oauth.h"

/* The account of the path and the room that signs it in. */
struct sign_in {
	const struct upstream_account *account;
	struct oauth *oauth;
};

static bool find(struct call *call, struct sign_in *s, struct err *err)
{
	s->account = call_upstream(call, call->param, err);
	if (!s->account) {
		return false;
	}
	if (s->account->type != ACCOUNT_OAUTH) {
		err_setf(err, ERR_INVALID, "%s does not sign in: its type is %s",
			 s->account->name, account_type_name(s->account->type));
		return err_hintf(err, "accounts of type oauth do");
	}
	s->oauth = call_oauth(call, err);
	return s->oauth;
}

static bool show(const struct sign_in *s, struct json_writer *w, struct err *err)
{
	bool ok;

	json_object(w);
	ok = oauth_write_status(s->oauth, s->account, w, err);
	json_end(w);
	return ok;
}

bool handle_oauth_list(struct call *call, struct json_writer *w, struct err *err)
{
	struct sign_in s = { NULL, NULL };

	json_object(w);
	json_kstr(w, "notice", oauth_notice());
	json_key(w, "accounts");
	json_array(w);
	for (size_t i = 0; i < call->config->account_count; i++) {
		s.account = &call->config->accounts[i];
		if (s.account->type != ACCOUNT_OAUTH) {
			continue;
		}
		s.oauth = call_oauth(call, err);
		if (!s.oauth || !show(&s, w, err)) {
			return false;
		}
	}
	json_end(w);
	json_end(w);
	return true;
}

bool handle_oauth_show(struct call *call, struct json_writer *w, struct err *err)
{
	struct sign_in s = { NULL, NULL };

	return find(call, &s, err) && show(&s, w, err);
}

bool handle_oauth_start(struct call *call, struct json_writer *w, struct err *err)
{
	static const char *const fields[] = { "browser", NULL };
	struct sign_in s = { NULL, NULL };
	bool ok;

	if (!fields_only(call->body, "a sign-in", fields, err) || !find(call, &s, err)) {
		return false;
	}
	json_object(w);
	ok = oauth_start(s.oauth, call->config, s.account,
			 field_flag(call->body, "browser", true), w, err);
	json_end(w);
	return ok;
}

bool handle_oauth_code(struct call *call, struct json_writer *w, struct err *err)
{
	static const char *const fields[] = { "code", NULL };
	struct buf code = BUF_INIT(64 * KIB);
	struct sign_in s = { NULL, NULL };
	bool ok = fields_only(call->body, "a sign-in", fields, err) &&
		  field_need(call->body, "code", &code, err) && find(call, &s, err) &&
		  oauth_finish(s.oauth, call->config, s.account, buf_text(&code), err) &&
		  show(&s, w, err);

	buf_wipe(&code);
	return ok;
}

bool handle_oauth_cancel(struct call *call, struct json_writer *w, struct err *err)
{
	struct sign_in s = { NULL, NULL };

	return find(call, &s, err) && oauth_cancel(s.oauth, s.account, err) && show(&s, w, err);
}

bool handle_oauth_refresh(struct call *call, struct json_writer *w, struct err *err)
{
	const struct oauth_need need = { .reason = OAUTH_ASKED };
	struct sign_in s = { NULL, NULL };

	return find(call, &s, err) &&
	       oauth_refresh(s.oauth, call->config, s.account, &need, err) && show(&s, w, err);
}

bool handle_oauth_logout(struct call *call, struct json_writer *w, struct err *err)
{
	struct sign_in s = { NULL, NULL };
	bool revoked;

	if (!find(call, &s, err) ||
	    !oauth_logout(s.oauth, call->config, s.account, &revoked, err)) {
		return false;
	}
	json_object(w);
	json_kstr(w, "upstream", s.account->name);
	json_kbool(w, "signed_out", true);
	json_kbool(w, "revoked", revoked);
	json_end(w);
	return true;
}
