/*
 * The self-test's judgement: what the demo upstream says passes in every
 * format, and any one thing that is wrong with it does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "selftest/check.c"
#include "selftest/drills.h"
#include "selftest/matrix.h"

static const enum format_id formats[] = {
	FORMAT_ANTHROPIC, FORMAT_CHAT, FORMAT_RESPONSES, FORMAT_GEMINI,
};

/* The case, how it is asked, and one word of a good answer with a wrong one of
 * the same length for it. */
static const struct {
	enum selftest_case which;
	enum ask_kind kind;
	const char *model;
	const char *right;
	const char *wrong;
} cases[] = {
	{ CASE_TEXT, ASK_TEXT, "demo-fast", "came", "went" },
	{ CASE_TEXT, ASK_TEXT, "demo-fast", "Gr\u00fc\u00dfe", "Gr\u00fcsse" },
	{ CASE_TEXT, ASK_TEXT, "demo-fast", "\"demo-fast\"", "\"demo-fist\"" },
	{ CASE_CALL, ASK_CALL, "demo-fast", "look_up", "look_at" },
	{ CASE_CALL, ASK_CALL, "demo-fast", "city", "town" },
	{ CASE_CALLS, ASK_CALLS, "demo-fast", "celsius", "kelvin " },
	{ CASE_RESULT, ASK_RESULT, "demo-fast", "arrived", "vanished" },
	{ CASE_IMAGE, ASK_IMAGE, "demo-fast", "image/png", "image/gif" },
	{ CASE_THINKING, ASK_THINKING, "demo-fast", "need", "must" },
	{ CASE_USAGE, ASK_TEXT, "demo-usage", "200", "201" },
	{ CASE_USAGE, ASK_TEXT, "demo-usage", ":10", ":11" },
	{ CASE_ERROR, ASK_TEXT, "demo-400", "find", "miss" },
};

/* Asks the demo upstream itself, in the way the gateway would. */
static struct demo_answer answer_of(struct arena *a, const struct question *q)
{
	struct buf path = BUF_INIT(KIB);
	struct buf body = BUF_INIT(64 * KIB);
	struct demo_request req = { .method = "POST", .now_s = 1763700000, .serial = 7 };
	struct demo_answer answer;

	ask_path(q->format, q->model, q->is_stream, &path);
	ask_body(q->format, q->kind, q->model, q->is_stream, &body);
	req.url = arena_printf(a, "http://demo.invalid%s", buf_text(&path));
	req.body = arena_slice(a, buf_slice(&body));
	demo_answer(&req, a, &answer);
	buf_release(&path);
	buf_release(&body);
	return answer;
}

static void add_replaced(struct buf *out, const char *text, const char *right,
			 const char *wrong)
{
	const char *at;

	while (right && (at = strstr(text, right))) {
		buf_add(out, text, (size_t)(at - text));
		buf_adds(out, wrong);
		text = at + strlen(right);
	}
	buf_adds(out, text);
}

/* The answer as it arrives: `right` replaced (NULL: nothing), its last `cut`
 * frames missing. */
static void receive_answer(struct question *q, const char *right, const char *wrong, size_t cut)
{
	struct reply *r = &q->reply;
	struct buf text = BUF_INIT(MIB);
	struct demo_answer answer;

	arena_init(&r->arena, 16 * KIB);
	http1_answer_init(&r->head, &r->arena, false);
	buf_init(&r->body, MIB);
	r->problem = "";
	answer = answer_of(&r->arena, q);
	for (size_t i = 0; i + cut < answer.frame_count; i++) {
		buf_add(&text, answer.frames[i].bytes.ptr, answer.frames[i].bytes.len);
	}
	add_replaced(&r->body, buf_text(&text), right, wrong);
	buf_release(&text);
	r->head.status = answer.status;
	r->head.headers = arena_alloc(&r->arena, sizeof answer.headers.items);
	memcpy(r->head.headers, answer.headers.items, sizeof answer.headers.items);
	r->head.header_count = answer.headers.count;
	seen_read(q->format, q->is_stream && answer.status == 200, buf_slice(&r->body), &r->arena,
		  &q->seen);
}

static struct selftest_check judge(size_t i, enum format_id format, bool is_stream,
				   const char *right, const char *wrong, size_t cut)
{
	struct selftest_check c = { .has_passed = true };
	struct question q = {
		.format = format, .kind = cases[i].kind, .model = cases[i].model,
		.is_stream = is_stream,
	};

	receive_answer(&q, right, wrong, cut);
	check_case(&c, cases[i].which, &q, format);
	question_release(&q);
	return c;
}

static void each(void (*visit)(size_t i, enum format_id format, bool is_stream))
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		for (size_t f = 0; f < 2 * ARRAY_LEN(formats); f++) {
			visit(i, formats[f / 2], f % 2);
		}
	}
}

static void expect_pass(size_t i, enum format_id format, bool is_stream)
{
	struct selftest_check c = judge(i, format, is_stream, NULL, NULL, 0);

	if (!c.has_passed) {
		fail_msg("%s, %s: %s", format_name(format), cases[i].right, c.why);
	}
}

static void test_good_answers_pass(void **state)
{
	(void)state;
	each(expect_pass);
}

static void expect_failure(size_t i, enum format_id format, bool is_stream)
{
	struct selftest_check c =
		judge(i, format, is_stream, cases[i].right, cases[i].wrong, 0);

	if (c.has_passed || !*c.why) {
		fail_msg("%s, stream %d: %s for %s is not noticed", format_name(format), is_stream,
			 cases[i].wrong, cases[i].right);
	}
}

static void test_one_wrong_word_fails(void **state)
{
	(void)state;
	each(expect_failure);
}

static void expect_failure_without_end(size_t i, enum format_id format, bool is_stream)
{
	struct selftest_check c = judge(i, format, is_stream, NULL, NULL, 1);

	assert_false(c.has_passed);
}

static void test_missing_end_fails(void **state)
{
	(void)state;
	each(expect_failure_without_end);
}

static void test_whole_answer_is_no_broken_one(void **state)
{
	(void)state;
	for (size_t f = 0; f < 2 * ARRAY_LEN(formats); f++) {
		struct selftest_check c = { .has_passed = true };
		struct question q = {
			.format = formats[f / 2], .kind = ASK_TEXT, .model = "demo-fast",
			.is_stream = f % 2,
		};

		receive_answer(&q, NULL, NULL, 0);
		check_case(&c, CASE_CUT, &q, formats[f / 2]);
		assert_false(c.has_passed);
		question_release(&q);
	}
}

/* ---- a gateway that is nothing like one ---- */

struct impostor {
	int fd;
	const char *says;               /* NULL: hangs up */
	pthread_t thread;
};

static void *serve(void *arg)
{
	const struct impostor *s = arg;
	char request[65536];
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		if (s->says && recv(fd, request, sizeof request, 0) > 0) {
			send(fd, s->says, strlen(s->says), MSG_NOSIGNAL);
		}
		close(fd);
	}
	return NULL;
}

static void expect_nothing_passes(const char *says)
{
	struct selftest_pair pairs[SELFTEST_PAIRS] = { 0 };
	struct selftest_drill drills[SELFTEST_MAX_DRILLS] = { 0 };
	struct impostor impostor = { .says = says };
	struct target t = { .key = "lgw_x" };

	impostor.fd = loopback_bind(&t.port, NULL);
	assert_int_equal(listen(impostor.fd, 16), 0);
	assert_int_equal(pthread_create(&impostor.thread, NULL, serve, &impostor), 0);
	for (size_t i = 0; i < SELFTEST_PAIRS; i++) {
		matrix_name(&pairs[i], i);
		matrix_run(&pairs[i], &t);
		for (int c = 0; c < CASE_COUNT; c++) {
			/* A connection that breaks is a fine end of a broken answer. */
			assert_true(!pairs[i].checks[c].has_passed && *pairs[i].checks[c].why);
		}
	}
	for (size_t i = 0; i < drills_count(); i++) {
		drills_run(&drills[i], i, &t);
		assert_false(drills[i].check.has_passed);
		assert_true(*drills[i].check.why);
	}
	shutdown(impostor.fd, SHUT_RDWR);
	pthread_join(impostor.thread, NULL);
	close(impostor.fd);
}

static void test_nothing_passes_without_a_gateway(void **state)
{
	(void)state;
	expect_nothing_passes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			      "Content-Length: 2\r\n\r\n{}");
	expect_nothing_passes("HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\n"
			      "Content-Length: 2\r\n\r\n{}");
	expect_nothing_passes("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
			      "Content-Length: 14\r\n\r\ndata: [DONE]\n\n");
	expect_nothing_passes(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_answers_pass),
		cmocka_unit_test(test_one_wrong_word_fails),
		cmocka_unit_test(test_missing_end_fails),
		cmocka_unit_test(test_whole_answer_is_no_broken_one),
		cmocka_unit_test(test_nothing_passes_without_a_gateway),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
