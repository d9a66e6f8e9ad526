#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "routing/classify.c"
#include "tests/unit/rows.h"

/* 2026-11-21T07:00:00Z */
#define NOW 1795244400000LL

static struct verdict judge_full(int status, const char *body, const struct pair_list *headers,
				 const struct detection_config *detection)
{
	struct verdict v;
	struct outcome o = { .status = status, .body = slice_of(body), .headers = headers,
			     .detection = detection, .now_wall_ms = NOW };

	classify(&o, &v);
	return v;
}

static struct verdict verdict_of(int status, const char *body)
{
	return judge_full(status, body, NULL, NULL);
}

#define WITH(status, body, ...) \
	judge_full((status), (body), \
		   &(struct pair_list){ (struct string_pair[]){ __VA_ARGS__ }, \
			ARRAY_LEN(((struct string_pair[]){ __VA_ARGS__ })) }, NULL)

#define assert_class(v, c) assert_string_equal(failure_name((v).class), failure_name(c))

#define ANTHROPIC(type, message) \
	"{\"type\":\"error\",\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"}," \
	"\"request_id\":\"req_1\"}"
#define OPENAI(type, code, message) \
	"{\"error\":{\"message\":\"" message "\",\"type\":\"" type "\",\"param\":null," \
	"\"code\":" code "}}"

/* --- the request's own fault --- */

static void own_faults_are_held_against_nobody(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum failure_class class;
	} cases[] = {
		{ 400, ANTHROPIC("invalid_request_error", "max_tokens: Field required"),
		  FAILURE_REQUEST },
		{ 413, ANTHROPIC("request_too_large", "Request exceeds the maximum size"),
		  FAILURE_REQUEST },
		{ 422, "{\"object\":\"error\",\"message\":{\"detail\":[{\"msg\":\"extra\"}]}}",
		  FAILURE_REQUEST },
		{ 422, "{\"detail\":\"nope\"}", FAILURE_REQUEST },
		{ 409, ANTHROPIC("conflict_error", "conflict"), FAILURE_REQUEST },
		{ 418, "", FAILURE_REQUEST },
		{ 413, "<html>413 Request Entity Too Large</html>", FAILURE_REQUEST },
		{ 400, ANTHROPIC("invalid_request_error",
				 "prompt is too long: 210000 tokens > 200000 maximum"),
		  FAILURE_CONTEXT },
		{ 400, OPENAI("invalid_request_error", "\"context_length_exceeded\"",
			      "This model's maximum context length is 8192 tokens."),
		  FAILURE_CONTEXT },
		{ 400, "{\"error\":{\"code\":400,\"message\":\"The input token count (1) exceeds "
		       "the maximum number of tokens allowed (0).\",\"status\":"
		       "\"INVALID_ARGUMENT\"}}", FAILURE_CONTEXT },
		{ 400, "{\"error\":{\"code\":400,\"type\":\"exceed_context_size_error\"}}",
		  FAILURE_CONTEXT },
		{ 400, OPENAI("null", "\"content_filter\"", "The response was filtered"),
		  FAILURE_POLICY },
		{ 400, "{\"error\":{\"code\":\"x\",\"innererror\":{\"code\":"
		       "\"ResponsibleAIPolicyViolation\"}}}", FAILURE_POLICY },
		{ 200, "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":"
		       "\"invalid_prompt\",\"message\":\"no\"}}}", FAILURE_POLICY },
		{ 200, "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"no\"}}",
		  FAILURE_REQUEST },
		{ 404, OPENAI("invalid_request_error", "\"previous_response_not_found\"", "gone"),
		  FAILURE_REQUEST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct verdict v = verdict_of(cases[i].status, cases[i].body);

		assert_class(v, cases[i].class);
		assert_int_equal(v.scope, SCOPE_NONE);
		assert_false(failure_rule(v.class)->goes_on);
	}
}

static void quoted_client_text_benches_nobody(void **state)
{
	struct verdict v;

	(void)state;
	v = verdict_of(400, ANTHROPIC("invalid_request_error",
				      "tools.0.name: 'Your credit balance is too low' is invalid"));
	assert_class(v, FAILURE_REQUEST);
	v = verdict_of(400, OPENAI("invalid_request_error", "null",
				   "messages[0]: 'API key not valid' too short"));
	assert_class(v, FAILURE_REQUEST);
}

static void a_400_that_could_be_mended_blames_nobody(void **state)
{
	struct verdict v;

	(void)state;
	v = verdict_of(400, ANTHROPIC("invalid_request_error",
				      "messages.1.content.0: Invalid `signature` in `thinking` block"));
	assert_class(v, FAILURE_REQUEST);
	v = verdict_of(400, "{\"error\":{\"code\":400,\"message\":\"Corrupted thought signature.\"}}");
	assert_class(v, FAILURE_REQUEST);
	v = verdict_of(400, ANTHROPIC("invalid_request_error",
				      "Unexpected value(s) `x` for the `anthropic-beta` header"));
	assert_class(v, FAILURE_REQUEST);
	v = verdict_of(400, ANTHROPIC("invalid_request_error", "bad"));
	assert_class(v, FAILURE_REQUEST);
}

static void a_client_that_left_is_nobodys_failure(void **state)
{
	struct verdict v;

	(void)state;
	classify(&(struct outcome){ .transport = TRANSPORT_CLIENT_GONE, .status = 200 }, &v);
	assert_class(v, FAILURE_CLIENT_GONE);
	assert_int_equal(v.scope, SCOPE_NONE);
}

static void what_does_not_fit_here_may_fit_elsewhere(void **state)
{
	struct verdict v;

	(void)state;
	v = verdict_of(413, OPENAI("tokens", "\"rate_limit_exceeded\"",
				   "Request too large for model `x` on tokens per minute (TPM): "
				   "Limit 6000, Requested 7000"));
	assert_class(v, FAILURE_UNFIT);
	assert_int_equal(v.scope, SCOPE_NONE);
	assert_true(failure_rule(v.class)->goes_on);
	v = verdict_of(400, ANTHROPIC("invalid_request_error", "This credential is only "
				      "authorized for use with Claude Code"));
	assert_class(v, FAILURE_UNFIT);
	v = verdict_of(501, "");
	assert_class(v, FAILURE_UNFIT);
}

/* --- accounts --- */

static void refused_credentials_concern_the_upstream(void **state)
{
	static const struct {
		int status;
		const char *body;
	} cases[] = {
		{ 401, ANTHROPIC("authentication_error", "invalid x-api-key") },
		{ 401, OPENAI("invalid_request_error", "\"invalid_api_key\"", "Incorrect API key") },
		{ 401, "" },
		{ 400, "{\"error\":{\"code\":400,\"message\":\"API key not valid.\",\"status\":"
		       "\"INVALID_ARGUMENT\",\"details\":[{\"@type\":\"x\",\"reason\":"
		       "\"API_KEY_INVALID\"}]}}" },
		{ 401, "{\"statusCode\":401,\"message\":\"Access denied\"}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct verdict v = verdict_of(cases[i].status, cases[i].body);

		assert_class(v, FAILURE_AUTH);
		assert_int_equal(v.scope, SCOPE_UPSTREAM);
	}
}

static void permission_and_credit(void **state)
{
	struct verdict v;

	(void)state;
	v = verdict_of(403, ANTHROPIC("permission_error", "not allowed"));
	assert_class(v, FAILURE_PERMISSION);
	assert_int_equal(v.scope, SCOPE_UPSTREAM);
	v = verdict_of(403, OPENAI("x", "null", "no access to model gpt-9"));
	assert_int_equal(v.scope, SCOPE_MODEL);
	v = verdict_of(400, "{\"error\":{\"message\":\"User location is not supported for the "
			    "API use.\",\"status\":\"FAILED_PRECONDITION\"}}");
	assert_class(v, FAILURE_PERMISSION);
	v = verdict_of(402, "{\"error\":{\"code\":402,\"message\":\"Insufficient credits\"}}");
	assert_class(v, FAILURE_CREDIT);
	v = verdict_of(429, OPENAI("insufficient_quota", "\"insufficient_quota\"",
				   "You exceeded your current quota."));
	assert_class(v, FAILURE_CREDIT);
	v = verdict_of(400, ANTHROPIC("invalid_request_error", "Your credit balance is too low to "
				      "access the Anthropic API."));
	assert_class(v, FAILURE_CREDIT);
	assert_int_equal(v.scope, SCOPE_UPSTREAM);
	assert_int_equal(v.reset_ms, -1);
}

static void unknown_models_concern_the_model_only(void **state)
{
	static const struct {
		int status;
		const char *body;
	} cases[] = {
		{ 404, ANTHROPIC("not_found_error", "model: claude-nope") },
		{ 404, OPENAI("invalid_request_error", "\"model_not_found\"", "nope") },
		{ 400, OPENAI("invalid_request_error", "\"model_not_found\"", "nope") },
		{ 404, "{\"error\":{\"code\":\"DeploymentNotFound\",\"message\":\"none\"}}" },
		{ 404, "{\"error\":{\"code\":404,\"message\":\"models/x is not found\",\"status\":"
		       "\"NOT_FOUND\"}}" },
		{ 400, "{\"error\":{\"message\":\"vendor/x is not a valid model ID\",\"code\":400}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct verdict v = verdict_of(cases[i].status, cases[i].body);

		assert_class(v, FAILURE_MODEL);
		assert_int_equal(v.scope, SCOPE_MODEL);
	}
	assert_class(verdict_of(404, "<html>404</html>"), FAILURE_NOT_FOUND);
	assert_class(verdict_of(404, "{\"detail\":\"Not Found\"}"), FAILURE_NOT_FOUND);
	assert_int_equal(verdict_of(404, "").scope, SCOPE_NONE);
}

static void counting_and_probing_blame_nobody(void **state)
{
	struct verdict v;

	(void)state;
	classify(&(struct outcome){ .status = 404, .is_background = true,
				    .body = slice_of(ANTHROPIC("not_found_error", "model: x")) },
		 &v);
	assert_class(v, FAILURE_MODEL);
	assert_int_equal(v.scope, SCOPE_NONE);
	classify(&(struct outcome){ .status = 500, .is_background = true }, &v);
	assert_int_equal(v.scope, SCOPE_NONE);
}

/* --- 429 --- */

static void rates_end_when_they_say(void **state)
{
	struct verdict v;

	(void)state;
	v = WITH(429, ANTHROPIC("rate_limit_error", "slow"), { "retry-after", "7" });
	assert_class(v, FAILURE_RATE);
	assert_int_equal(v.reset_ms, 7000);
	assert_int_equal(v.scope, SCOPE_MODEL);
	assert_string_equal(v.header, "retry-after: 7");
	v = verdict_of(429, OPENAI("requests", "\"rate_limit_exceeded\"",
				   "Rate limit reached. Please try again in 1.2s."));
	assert_int_equal(v.reset_ms, 1200);
	v = verdict_of(429, "{\"error\":{\"code\":\"429\",\"message\":\"Please retry after 12 "
			    "seconds.\"}}");
	assert_int_equal(v.reset_ms, 12000);
	v = WITH(429, "", { "x-ratelimit-limit-tokens", "10" },
		 { "x-ratelimit-remaining-tokens", "0" }, { "x-ratelimit-reset-tokens", "6m0s" });
	assert_int_equal(v.reset_ms, 360000);
	v = verdict_of(429, "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"message\":"
			    "\"You exceeded your current quota.\",\"details\":[{\"@type\":\"a\","
			    "\"violations\":[{\"quotaId\":\"GenerateRequestsPerMinutePerProjectPerModel\""
			    "}]},{\"@type\":\"b\",\"retryDelay\":\"23s\"}]}}");
	assert_class(v, FAILURE_RATE);
	assert_int_equal(v.reset_ms, 23000);
}

static void spent_quota_lasts_until_its_reset(void **state)
{
	struct verdict v;

	(void)state;
	v = WITH(429, ANTHROPIC("rate_limit_error", "This request would exceed your limit"),
		 { "anthropic-ratelimit-unified-status", "rejected" },
		 { "anthropic-ratelimit-unified-5h-status", "rejected" },
		 { "anthropic-ratelimit-unified-5h-reset", "1795248000" },
		 { "anthropic-ratelimit-unified-7d-status", "rejected" },
		 { "anthropic-ratelimit-unified-7d-reset", "1795251600" },
		 { "retry-after", "3600" });
	assert_class(v, FAILURE_QUOTA);
	assert_int_equal(v.reset_ms, 7200000);          /* the later of the two */
	assert_int_equal(v.scope, SCOPE_UPSTREAM);
	assert_string_equal(v.header, "anthropic-ratelimit-unified-7d-reset: 1795251600");

	v = WITH(429, "{\"error\":{\"type\":\"usage_limit_reached\",\"message\":\"The usage limit "
		      "has been reached\",\"resets_in_seconds\":13872}}",
		 { "x-codex-primary-used-percent", "100" },
		 { "x-codex-primary-window-minutes", "300" },
		 { "x-codex-primary-reset-after-seconds", "13873" });
	assert_class(v, FAILURE_QUOTA);
	assert_int_equal(v.reset_ms, 13873000);

	v = verdict_of(429, "{\"error\":{\"type\":\"usage_limit_reached\",\"resets_at\":1795248000}}");
	assert_class(v, FAILURE_QUOTA);
	assert_int_equal(v.reset_ms, 3600000);
}

static void quota_of_a_family_concerns_its_models(void **state)
{
	struct verdict v;

	(void)state;
	v = WITH(429, "", { "anthropic-ratelimit-unified-status", "rejected" },
		 { "anthropic-ratelimit-unified-reset", "1795248000" },
		 { "anthropic-ratelimit-unified-representative-claim", "seven_day_opus" });
	assert_class(v, FAILURE_QUOTA);
	assert_int_equal(v.scope, SCOPE_MODEL);
	assert_string_equal(v.family, "*opus*");
}

static void quota_without_an_end_is_a_guess(void **state)
{
	struct verdict v;

	(void)state;
	v = WITH(429, "", { "anthropic-ratelimit-unified-status", "rejected" },
		 { "anthropic-ratelimit-unified-reset", "1695248000" });
	assert_class(v, FAILURE_QUOTA);
	assert_int_equal(v.reset_ms, -1);               /* the past is ignored */
	v = verdict_of(429, "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"details\":["
			    "{\"violations\":[{\"quotaId\":\"GenerateRequestsPerDayPerProjectPerModel"
			    "-FreeTier\"}]},{\"retryDelay\":\"13s\"}]}}");
	assert_class(v, FAILURE_QUOTA);
	assert_int_equal(v.scope, SCOPE_MODEL);
	assert_int_equal(v.reset_ms, -1);
}

static void absurd_ends_are_cut(void **state)
{
	struct verdict v;

	(void)state;
	v = WITH(429, "", { "anthropic-ratelimit-unified-status", "rejected" },
		 { "anthropic-ratelimit-unified-reset", "1999999999" });
	assert_int_equal(v.reset_ms, RESET_MAX_MS);
	v = WITH(429, "", { "retry-after", "99999999" });
	assert_int_equal(v.reset_ms, RESET_MAX_MS);
}

static void a_429_without_hints_is_blind(void **state)
{
	(void)state;
	assert_class(verdict_of(429, ""), FAILURE_RATE_BLIND);
	assert_class(verdict_of(429, ANTHROPIC("rate_limit_error", "Error")), FAILURE_RATE_BLIND);
	assert_class(WITH(429, "", { "x-should-retry", "true" }, { "retry-after", "x" }),
		     FAILURE_RATE_BLIND);
}

static void quota_in_other_statuses_is_recognised(void **state)
{
	struct verdict v;

	(void)state;
	v = WITH(403, OPENAI("requests", "\"rate_limit_exceeded\"", "x"), { "retry-after", "4" });
	assert_class(v, FAILURE_RATE);
	assert_int_equal(v.reset_ms, 4000);
	v = verdict_of(400, "{\"error\":{\"type\":\"insufficient_quota\",\"message\":\"x\"}}");
	assert_class(v, FAILURE_CREDIT);
}

/* --- servers --- */

static void overload_by_any_name(void **state)
{
	struct verdict v;

	(void)state;
	assert_class(verdict_of(529, ANTHROPIC("overloaded_error", "Overloaded")),
		     FAILURE_OVERLOADED);
	assert_class(verdict_of(529, ""), FAILURE_OVERLOADED);
	assert_class(verdict_of(500, ANTHROPIC("overloaded_error", "Overloaded")),
		     FAILURE_OVERLOADED);
	assert_class(verdict_of(200, ANTHROPIC("overloaded_error", "Overloaded")),
		     FAILURE_OVERLOADED);
	assert_class(verdict_of(503, OPENAI("server_error", "\"slow_down\"", "Slow down")),
		     FAILURE_OVERLOADED);
	assert_class(verdict_of(503, "{\"error\":{\"code\":503,\"message\":\"The model is "
				     "overloaded.\",\"status\":\"UNAVAILABLE\"}}"),
		     FAILURE_OVERLOADED);
	assert_class(verdict_of(498, ""), FAILURE_OVERLOADED);
	v = WITH(529, "", { "retry-after", "600" });
	assert_int_equal(v.reset_ms, 60000);
	assert_int_equal(v.scope, SCOPE_MODEL);
}

static void servers_and_their_edges(void **state)
{
	struct verdict v;

	(void)state;
	v = verdict_of(500, ANTHROPIC("api_error", "Internal server error"));
	assert_class(v, FAILURE_SERVER);
	assert_int_equal(v.scope, SCOPE_MODEL);
	assert_class(verdict_of(502, "<html>Bad gateway</html>"), FAILURE_GATEWAY);
	assert_class(verdict_of(503, "{\"error\":{\"code\":503,\"message\":\"Loading model\","
				     "\"type\":\"unavailable_error\"}}"), FAILURE_GATEWAY);
	assert_class(verdict_of(504, ""), FAILURE_GATEWAY);
	assert_class(verdict_of(522, ""), FAILURE_GATEWAY);
	assert_class(verdict_of(408, ""), FAILURE_TIMEOUT);
	assert_class(verdict_of(302, ""), FAILURE_SERVER);
	v = WITH(503, "", { "retry-after", "20" });
	assert_int_equal(v.reset_ms, 20000);
	v = WITH(500, "", { "x-should-retry", "false" });
	assert_false(v.may_repeat);
}

static void html_is_an_edge_not_an_api(void **state)
{
	struct verdict v;

	(void)state;
	v = verdict_of(403, "<!DOCTYPE html><title>Just a moment...</title>");
	assert_class(v, FAILURE_CHALLENGE);
	assert_int_equal(v.scope, SCOPE_UPSTREAM);
	assert_string_equal(v.excerpt, "(an HTML page)");
	assert_class(WITH(403, "", { "cf-mitigated", "challenge" }), FAILURE_CHALLENGE);
	assert_class(verdict_of(200, "<html>Sign in</html>"), FAILURE_GATEWAY);
}

static void errors_inside_a_200_keep_their_class(void **state)
{
	struct verdict v;

	(void)state;
	v = verdict_of(200, "{\"id\":\"gen\",\"error\":{\"code\":502,\"message\":\"Provider "
			    "disconnected\"},\"choices\":[]}");
	assert_class(v, FAILURE_GATEWAY);
	v = verdict_of(200, "{\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":"
			    "\"rate_limit_exceeded\",\"message\":\"Please try again in 1.5s.\"}}}");
	assert_class(v, FAILURE_RATE);
	assert_int_equal(v.reset_ms, 1500);
	v = verdict_of(200, "{\"type\":\"error\",\"code\":\"server_error\",\"message\":\"x\"}");
	assert_class(v, FAILURE_SERVER);
	v = verdict_of(200, "{\"error\":{\"code\":429,\"message\":\"Provider returned error\"}}");
	assert_class(v, FAILURE_RATE_BLIND);
}

static void what_is_an_error_inside_a_200(void **state)
{
	(void)state;
	assert_true(error_body_is_error(slice_of("{\"error\":{\"message\":\"x\"}}")));
	assert_true(error_body_is_error(slice_of(" [{\"error\":{\"code\":500}}]")));
	assert_true(error_body_is_error(slice_of(ANTHROPIC("api_error", "x"))));
	assert_true(error_body_is_error(slice_of("{\"type\":\"response.failed\",\"response\":"
						 "{\"error\":{\"code\":\"x\"}}}")));
	assert_false(error_body_is_error(slice_of("{\"type\":\"message\",\"content\":[]}")));
	assert_false(error_body_is_error(slice_of("{\"object\":\"response\",\"error\":null}")));
	assert_false(error_body_is_error(slice_of("{\"response\":{\"error\":null}}")));
	assert_false(error_body_is_error(slice_of("")));
	assert_false(error_body_is_error(slice_of("[DONE]")));
}

static void transport_failures(void **state)
{
	static const struct {
		enum transport_failure transport;
		enum failure_class class;
		enum failure_scope scope;
	} cases[] = {
		{ TRANSPORT_DNS, FAILURE_NETWORK, SCOPE_UPSTREAM },
		{ TRANSPORT_CONNECT, FAILURE_NETWORK, SCOPE_UPSTREAM },
		{ TRANSPORT_TLS, FAILURE_NETWORK, SCOPE_UPSTREAM },
		{ TRANSPORT_RESET, FAILURE_NETWORK, SCOPE_UPSTREAM },
		{ TRANSPORT_TIMEOUT, FAILURE_TIMEOUT, SCOPE_MODEL },
		{ TRANSPORT_BROKEN, FAILURE_BROKEN, SCOPE_MODEL },
		{ TRANSPORT_STALE, FAILURE_STALE, SCOPE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct verdict v;

		classify(&(struct outcome){ .transport = cases[i].transport }, &v);
		assert_class(v, cases[i].class);
		assert_int_equal(v.scope, cases[i].scope);
	}
}

/* --- detection.* --- */

static void detection_opens_ways_and_blames_no_one_for_a_400(void **state)
{
	const char *codes[] = { "4xx", "503", "junk" };
	const char *patterns[] = { "Try Another" };
	struct detection_config d = { .error_codes = { codes, 3 },
				      .error_patterns = { patterns, 1 } };
	struct verdict v;

	(void)state;
	v = judge_full(400, ANTHROPIC("invalid_request_error", "bad"), NULL, &d);
	assert_class(v, FAILURE_DETECTED);
	assert_int_equal(v.scope, SCOPE_NONE);
	assert_true(failure_rule(v.class)->goes_on);
	/* classes that go on anyway keep their own meaning */
	assert_class(judge_full(401, "", NULL, &d), FAILURE_AUTH);
	assert_class(judge_full(503, "", NULL, &d), FAILURE_GATEWAY);
	v = judge_full(200, "{\"text\":\"please try another one\"}", NULL, &d);
	assert_class(v, FAILURE_DETECTED);
	assert_int_equal(v.scope, SCOPE_MODEL);
}

/* --- hostile bodies --- */

static void excerpts_are_masked_short_and_clean(void **state)
{
	struct verdict v;
	char long_body[20000];

	(void)state;
	v = verdict_of(401, OPENAI("x", "null", "Incorrect key: sk-ant-api03-abcdefghijklmnopqrstuv"
				   "wxyz0123456789\\n\\u001b[31mred"));
	assert_null(strstr(v.excerpt, "ghijklmnopqrstuv"));
	assert_null(strchr(v.excerpt, '\n'));
	assert_null(strchr(v.excerpt, 27));
	memset(long_body, 'a', sizeof long_body);
	long_body[sizeof long_body - 1] = '\0';
	v = verdict_of(500, long_body);
	assert_int_equal(strlen(v.excerpt), VERDICT_EXCERPT_BYTES - 1);
}

static void broken_bodies_fall_back_to_the_status(void **state)
{
	static const char *const bodies[] = {
		"{", "{\"error\":", "[", "[{", "{\"error\":[]}", "\"x\"", "\x80\xff", "{\"error\":5}",
		"{\"error\":{\"details\":[1,{\"violations\":[3]}]}}", "null", "[]", "\xef\xbb\xbf{}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		assert_class(verdict_of(500, bodies[i]), FAILURE_SERVER);
		assert_class(verdict_of(429, bodies[i]), FAILURE_RATE_BLIND);
	}
}

static void every_class_has_its_words(void **state)
{
	(void)state;
	for (int i = 0; i < FAILURE_CLASSES; i++) {
		enum failure_class c = (enum failure_class)i;

		assert_non_null(failure_rule(c)->words);
		assert_int_equal(failure_by_name(failure_name(c)), c);
	}
	assert_int_equal(failure_by_name("nonsense"), FAILURE_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW_TEST("row own fault", own_faults_are_held_against_nobody),
		ROW_TEST("row own fault", quoted_client_text_benches_nobody),
		cmocka_unit_test(a_400_that_could_be_mended_blames_nobody),
		ROW_TEST("row client gone", a_client_that_left_is_nobodys_failure),
		cmocka_unit_test(what_does_not_fit_here_may_fit_elsewhere),
		ROW_TEST("row 401", refused_credentials_concern_the_upstream),
		ROW_TEST("rows 403, 402", permission_and_credit),
		ROW_TEST("row 404", unknown_models_concern_the_model_only),
		ROW_TEST("rule 21", counting_and_probing_blame_nobody),
		ROW_TEST("row 429 short", rates_end_when_they_say),
		ROW_TEST("row 429 quota", spent_quota_lasts_until_its_reset),
		ROW_TEST("rule 6", quota_of_a_family_concerns_its_models),
		ROW_TEST("row 429 quota", quota_without_an_end_is_a_guess),
		ROW_TEST("row 429 quota", absurd_ends_are_cut),
		ROW_TEST("row 429 blind", a_429_without_hints_is_blind),
		ROW_TEST("rule 1", quota_in_other_statuses_is_recognised),
		ROW_TEST("row 529", overload_by_any_name),
		ROW_TEST("rows 500, 502, 503, 504", servers_and_their_edges),
		ROW_TEST("rule 1", html_is_an_edge_not_an_api),
		ROW_TEST("row error in a 200", errors_inside_a_200_keep_their_class),
		ROW_TEST("row error in a 200", what_is_an_error_inside_a_200),
		ROW_TEST("rows connect, DNS, TLS, timeout, broken", transport_failures),
		ROW_TEST("row configured pattern",
			 detection_opens_ways_and_blames_no_one_for_a_400),
		cmocka_unit_test(excerpts_are_masked_short_and_clean),
		cmocka_unit_test(broken_bodies_fall_back_to_the_status),
		cmocka_unit_test(every_class_has_its_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
