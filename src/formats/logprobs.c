#include "formats/logprobs.h"

#include "base/limits.h"
#include "formats/gemini.h"

#define MAX_TOP_LOGPROBS 20

static void append(struct hub_logprobs *list, struct hub_logprob *token)
{
	if (list->last) {
		list->last->next = token;
	} else {
		list->first = token;
	}
	list->last = token;
}

/* ---- reading ---- */

static struct slice read_bytes(struct arena *a, const struct json *list)
{
	struct slice bytes = SLICE_NULL;
	size_t len = 0;
	int64_t value;
	char *out;

	if (!json_is(list, JSON_ARRAY)) {
		return bytes;
	}
	out = arena_alloc(a, list->count + 1);
	json_each(item, list) {
		if (!json_to_int(item, &value) || value < 0 || value > UINT8_MAX) {
			return bytes;
		}
		out[len++] = (char)value;
	}
	return (struct slice){ out, len };
}

/* NULL: this is no token. */
static struct hub_logprob *read_token(struct arena *a, const struct json *v,
				      const struct json *logprob)
{
	struct slice token = json_get_text(v, "token");
	struct hub_logprob *one;
	double value;

	if (!token.ptr || !json_to_double(logprob, &value)) {
		return NULL;
	}
	one = arena_zalloc(a, sizeof *one);
	one->token = token;
	one->bytes = read_bytes(a, json_get(v, "bytes"));
	one->logprob = (struct hub_number){ logprob->raw, value };
	return one;
}

static struct hub_logprob *read_top(struct arena *a, const struct json *list, const char *member)
{
	struct hub_logprobs top = { .first = NULL };

	json_each(v, list) {
		struct hub_logprob *one = read_token(a, v, gemini_get(v, member));

		if (one) {
			append(&top, one);
		}
	}
	return top.first;
}

struct hub_logprobs logprobs_read_openai(struct arena *a, const struct json *tokens)
{
	struct hub_logprobs list = { .first = NULL };

	json_each(v, tokens) {
		struct hub_logprob *one = read_token(a, v, json_get(v, "logprob"));

		if (one) {
			one->top = read_top(a, json_get(v, "top_logprobs"), "logprob");
			append(&list, one);
		}
	}
	return list;
}

struct hub_logprobs logprobs_read_gemini(struct arena *a, const struct json *result)
{
	struct hub_logprobs list = { .first = NULL };
	const struct json *tops = gemini_get(result, "topCandidates");
	const struct json *top = tops ? tops->first : NULL;

	json_each(v, gemini_get(result, "chosenCandidates")) {
		struct hub_logprob *one = read_token(a, v, gemini_get(v, "logProbability"));

		if (one) {
			one->top = read_top(a, gemini_get(top, "candidates"), "logProbability");
			append(&list, one);
		}
		top = top ? top->next : NULL;
	}
	return list;
}

/* ---- keeping ---- */

static struct slice copy(struct arena *a, struct slice s)
{
	return s.ptr ? arena_slice(a, s) : s;
}

static struct hub_logprob *copy_token(struct arena *a, const struct hub_logprob *token)
{
	struct hub_logprob *one = arena_alloc(a, sizeof *one);

	*one = *token;
	one->next = NULL;
	one->top = NULL;
	one->token = copy(a, token->token);
	one->bytes = copy(a, token->bytes);
	one->logprob.text = copy(a, token->logprob.text);
	return one;
}

static size_t size_of(const struct hub_logprob *token)
{
	return sizeof *token + token->token.len + token->bytes.len + token->logprob.text.len;
}

void logprobs_add(struct arena *a, struct hub_logprobs *list, const struct hub_logprob *more)
{
	for (; more && list->bytes < MAX_LOGPROBS_BYTES; more = more->next) {
		struct hub_logprob *one = copy_token(a, more);
		struct hub_logprobs top = { .first = NULL };

		list->bytes += size_of(one);
		for (const struct hub_logprob *t = more->top; t; t = t->next) {
			append(&top, copy_token(a, t));
			list->bytes += size_of(t);
		}
		one->top = top.first;
		append(list, one);
	}
}

/* ---- writing ---- */

static void write_bytes(struct json_writer *w, const struct hub_logprob *token)
{
	struct slice bytes = token->bytes.ptr ? token->bytes : token->token;

	json_key(w, "bytes");
	json_array(w);
	for (size_t i = 0; i < bytes.len; i++) {
		json_int(w, (unsigned char)bytes.ptr[i]);
	}
	json_end(w);
}

/* Up to the token's alternatives; the caller ends the object. */
static void begin_openai(struct json_writer *w, const struct hub_logprob *token)
{
	json_object(w);
	json_key(w, "token");
	json_strn(w, token->token);
	json_knumber(w, "logprob", &token->logprob);
	write_bytes(w, token);
}

void logprobs_write_openai(struct json_writer *w, const struct hub_logprob *tokens)
{
	for (; tokens; tokens = tokens->next) {
		begin_openai(w, tokens);
		json_key(w, "top_logprobs");
		json_array(w);
		for (const struct hub_logprob *t = tokens->top; t; t = t->next) {
			begin_openai(w, t);
			json_end(w);
		}
		json_end(w);
		json_end(w);
	}
}

static void write_gemini_token(struct json_writer *w, const struct hub_logprob *token)
{
	json_object(w);
	json_key(w, "token");
	json_strn(w, token->token);
	json_knumber(w, "logProbability", &token->logprob);
	json_end(w);
}

static void write_gemini_tops(struct json_writer *w, const struct hub_logprob *tokens)
{
	json_key(w, "topCandidates");
	json_array(w);
	for (; tokens; tokens = tokens->next) {
		json_object(w);
		json_key(w, "candidates");
		json_array(w);
		for (const struct hub_logprob *t = tokens->top; t; t = t->next) {
			write_gemini_token(w, t);
		}
		json_end(w);
		json_end(w);
	}
	json_end(w);
}

void logprobs_write_gemini(struct json_writer *w, const struct hub_logprob *tokens)
{
	bool has_top = false;

	if (!tokens) {
		return;
	}
	json_key(w, "logprobsResult");
	json_object(w);
	json_key(w, "chosenCandidates");
	json_array(w);
	for (const struct hub_logprob *t = tokens; t; t = t->next) {
		write_gemini_token(w, t);
		has_top |= t->top != NULL;
	}
	json_end(w);
	if (has_top) {
		write_gemini_tops(w, tokens);
	}
	json_end(w);
}

void logprobs_sum(struct logprobs_average *average, const struct hub_logprob *tokens)
{
	for (; tokens; tokens = tokens->next) {
		average->sum += tokens->logprob.value;
		average->tokens++;
	}
}

void logprobs_average_write(struct json_writer *w, const struct logprobs_average *average)
{
	if (average->tokens) {
		json_kdouble(w, "avgLogprobs", average->sum / (double)average->tokens);
	}
}

/* ---- requests ---- */

int64_t logprobs_fit_top(struct conversion *c)
{
	if (c->req->top_logprobs <= MAX_TOP_LOGPROBS) {
		return c->req->top_logprobs;
	}
	warn(c->warnings, WARN_CLAMPED, "top_logprobs");
	return MAX_TOP_LOGPROBS;
}
