/* Sealed transport: the envelopes against the vectors of llm-gateway-api(7),
 * the memory of what was taken, the borders of events. */
#include "gateway/sealed_envelope.c"
#include "gateway/sealed_memory.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define KID "gw_0123456789ab"
#define KEY "lgw_sealed_" KID "_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define STAMP "\"kid\":\"" KID "\",\"ts\":1795262400000,\"nonce\":\"oKGio6SlpqeoqaqrrK2urw\""
#define REQUEST "{\"v\":1," STAMP ",\"iv\":\"AQEBAQEBAQEBAQEB\",\"ct\":\"DOGIWgzgBETudgo6" \
	"NEU_vbgd7rz08DTmqIZ6WFYnixQWM2jxVhImEz9lpw\"}"
#define ANSWER "{\"v\":1," STAMP ",\"type\":\"application/json\",\"iv\":\"AgICAgICAgICAgIC\"," \
	"\"ct\":\"4Ap20JvjRSm-4N-znITtH67801CASpwa0aVh\"}"
#define EVENT_0 "{\"v\":1,\"seq\":0,\"last\":false,\"type\":\"text/event-stream\"," \
	"\"iv\":\"AwMDAwMDAwMDAwMD\",\"ct\":\"iipItzGyKTSxNiRE_NdeDX7ADzGofushIbiai-VbIQs\"}"
#define EVENT_1 "{\"v\":1,\"seq\":1,\"last\":true,\"type\":\"text/event-stream\"," \
	"\"iv\":\"BAQEBAQEBAQEBAQE\",\"ct\":\"FrP4zSIK7sD00JEoptXheQ\"}"
#define BODY "{\"model\":\"m\",\"messages\":[]}"
#define PATH "/v1/chat/completions"
#define TS 1795262400000U

static struct sealed_key key(void)
{
	struct sealed_key k;

	assert_true(sealed_key_read(slice_of(KEY), &k));
	assert_string_equal(k.kid, KID);
	return k;
}

static struct sealed_stamp stamp(void)
{
	struct sealed_stamp s = { .ts_ms = TS };

	for (size_t i = 0; i < sizeof s.nonce; i++) {
		s.nonce[i] = (unsigned char)(0xa0 + i);
	}
	return s;
}

static void fill_iv(unsigned char iv[AES_IV_BYTES], int value)
{
	memset(iv, value, AES_IV_BYTES);
}

static void test_vectors_are_written(void **state)
{
	struct sealed_key k = key();
	struct sealed_stamp s = stamp();
	unsigned char iv[AES_IV_BYTES];
	struct buf out = BUF_INIT(4096);
	struct sealed_request request = { "POST", PATH, slice_of(BODY) };
	struct sealed_answer answer = { .status = 200, .type = "application/json",
					.plain = slice_of("{\"ok\":true}") };

	(void)state;
	fill_iv(iv, 1);
	assert_true(sealed_write_request(&k, &s, iv, &request, &out));
	assert_string_equal(buf_text(&out), REQUEST);
	buf_clear(&out);
	fill_iv(iv, 2);
	assert_true(sealed_write_answer(&k, &s, iv, &answer, &out));
	assert_string_equal(buf_text(&out), ANSWER);
	buf_clear(&out);
	fill_iv(iv, 3);
	answer = (struct sealed_answer){ .status = 200, .type = "text/event-stream",
					 .plain = slice_of("data: {\"ok\":1}\n\n") };
	assert_true(sealed_write_event(&k, &s, iv, &answer, &out));
	assert_string_equal(buf_text(&out), "data: " EVENT_0 "\n\n");
	buf_clear(&out);
	fill_iv(iv, 4);
	answer.plain = SLICE_NULL;
	answer.seq = 1;
	answer.is_last = true;
	assert_true(sealed_write_event(&k, &s, iv, &answer, &out));
	assert_string_equal(buf_text(&out), "data: " EVENT_1 "\n\n");
	buf_release(&out);
}

static void test_vectors_are_opened(void **state)
{
	struct sealed_key k = key();
	struct sealed_stamp s = stamp();
	struct sealed_envelope e;
	struct err err = ERR_INIT;
	struct buf plain = BUF_INIT(4096);

	(void)state;
	assert_true(sealed_read_request(slice_of(REQUEST), &e, &err));
	assert_true(sealed_open_request(&k, &e, "POST", PATH, &plain));
	assert_string_equal(buf_text(&plain), BODY);
	assert_false(sealed_open_request(&k, &e, "PUT", PATH, &plain));
	assert_false(sealed_open_request(&k, &e, "POST", "/v1/messages", &plain));
	buf_clear(&plain);
	assert_true(sealed_read_answer(slice_of(ANSWER), &e, &err));
	assert_true(sealed_open_answer(&k, &s, 200, &e, &plain));
	assert_string_equal(buf_text(&plain), "{\"ok\":true}");
	assert_false(sealed_open_answer(&k, &s, 201, &e, &plain));
	s.nonce[0]++;
	assert_false(sealed_open_answer(&k, &s, 200, &e, &plain));
	buf_release(&plain);
}

static void test_events_are_bound_to_their_place(void **state)
{
	struct sealed_key k = key();
	struct sealed_stamp s = stamp();
	struct sealed_envelope e;
	struct err err = ERR_INIT;
	struct buf plain = BUF_INIT(4096);

	(void)state;
	assert_true(sealed_read_event(slice_of(EVENT_0), &e, &err));
	assert_true(sealed_open_event(&k, &s, 200, &e, &plain));
	assert_string_equal(buf_text(&plain), "data: {\"ok\":1}\n\n");
	e.seq = 1;
	assert_false(sealed_open_event(&k, &s, 200, &e, &plain));
	e.seq = 0;
	e.is_last = true;
	assert_false(sealed_open_event(&k, &s, 200, &e, &plain));
	assert_true(sealed_read_event(slice_of(EVENT_1), &e, &err));
	assert_true(e.is_last && e.seq == 1);
	assert_true(sealed_open_event(&k, &s, 200, &e, &plain));
	assert_false(sealed_open_answer(&k, &s, 200, &e, &plain));
	buf_release(&plain);
}

static void test_texts_that_are_no_key(void **state)
{
	static const char *const texts[] = {
		"", "lgw_", "lgw_sealed_", "lgw_sealed_" KID,
		"lgw_sealed__AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"lgw_sealed_" KID ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
		"lgw_sealed_" KID "_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
		"lgw_sealed_" KID "_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh=",
	};
	struct sealed_key k;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		assert_false(sealed_key_read(slice_of(texts[i]), &k));
	}
}

/* ---- each one once ---- */

#define START 1000000000U

static enum sealed_verdict take_one(struct sealed_memory *m, unsigned number, uint64_t ts_ms,
				    uint64_t now_ms)
{
	struct sealed_stamp s = { .ts_ms = ts_ms };

	memcpy(s.nonce, &number, sizeof number);
	return sealed_memory_take(m, "gw_a", &s, now_ms);
}

static void test_each_one_is_taken_once(void **state)
{
	struct sealed_memory *m = sealed_memory_create(START, 100000);
	struct sealed_stamp s = { .ts_ms = START };

	(void)state;
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(take_one(m, i, START + i, START + i), SEALED_FRESH);
	}
	for (unsigned i = 0; i < 5000; i++) {
		assert_int_equal(take_one(m, i, START + i, START + SEALED_WINDOW_MS),
				 SEALED_REPLAYED);
	}
	assert_int_equal(sealed_memory_take(m, "gw_b", &s, START), SEALED_FRESH);
	sealed_memory_destroy(m);
}

static void test_times(void **state)
{
	struct sealed_memory *m = sealed_memory_create(START, 100);
	const uint64_t now = START + 10U * SEALED_WINDOW_MS;

	(void)state;
	assert_int_equal(take_one(m, 1, now - SEALED_WINDOW_MS, now), SEALED_FRESH);
	assert_int_equal(take_one(m, 2, now + SEALED_WINDOW_MS, now), SEALED_FRESH);
	assert_int_equal(take_one(m, 3, now - SEALED_WINDOW_MS - 1, now), SEALED_SKEWED);
	assert_int_equal(take_one(m, 4, now + SEALED_WINDOW_MS + 1, now), SEALED_SKEWED);
	assert_int_equal(take_one(m, 5, 0, now), SEALED_SKEWED);
	assert_int_equal(take_one(m, 6, UINT64_MAX, now), SEALED_SKEWED);
	sealed_memory_destroy(m);
	m = sealed_memory_create(START, 100);
	assert_int_equal(take_one(m, 7, START - 1, START), SEALED_EARLY);
	assert_int_equal(take_one(m, 8, START, START), SEALED_FRESH);
	sealed_memory_destroy(m);
}

/* While one could come again it is remembered; behind that its place is free. */
static void test_memory_is_bounded_and_forgets(void **state)
{
	struct sealed_memory *m = sealed_memory_create(START, 1000);
	uint64_t now = START;
	unsigned number = 0;

	(void)state;
	for (; number < 1000; number++) {
		assert_int_equal(take_one(m, number, now, now), SEALED_FRESH);
	}
	assert_int_equal(take_one(m, number, now, now), SEALED_FULL);
	assert_int_equal(take_one(m, 0, START, START + SEALED_WINDOW_MS), SEALED_REPLAYED);
	now = START + SEALED_WINDOW_MS + 2U * PAGE_MS;
	for (unsigned i = 0; i < 1000; i++, number++) {
		assert_int_equal(take_one(m, number, now, now), SEALED_FRESH);
	}
	assert_int_equal(take_one(m, number, now, now), SEALED_FULL);
	sealed_memory_destroy(m);
}

/* What is forgotten does not come again, whatever the clock says. */
static void test_a_clock_that_goes_back(void **state)
{
	struct sealed_memory *m = sealed_memory_create(START, 1000);
	const uint64_t later = START + 4U * SEALED_WINDOW_MS;

	(void)state;
	assert_int_equal(take_one(m, 1, START, START), SEALED_FRESH);
	assert_int_equal(take_one(m, 2, later, later), SEALED_FRESH);
	assert_int_equal(take_one(m, 1, START, START), SEALED_SKEWED);
	assert_int_equal(take_one(m, 3, later, later), SEALED_FRESH);
	assert_int_equal(take_one(m, 2, later, later), SEALED_REPLAYED);
	sealed_memory_destroy(m);
}

struct racer {
	struct sealed_memory *m;
	pthread_t thread;
	unsigned fresh;
};

static void *race(void *ctx)
{
	struct racer *r = ctx;

	for (unsigned i = 0; i < 20000; i++) {
		r->fresh += take_one(r->m, i, START + i, START) == SEALED_FRESH;
	}
	return NULL;
}

static void test_threads_share_it(void **state)
{
	struct sealed_memory *m = sealed_memory_create(START, 100000);
	struct racer racers[4];
	unsigned fresh = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
		racers[i] = (struct racer){ .m = m };
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
		pthread_join(racers[i].thread, NULL);
		fresh += racers[i].fresh;
	}
	assert_int_equal(fresh, 20000);
	sealed_memory_destroy(m);
}

static void test_borders_of_events(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} cases[] = {
		{ "", 0 }, { "data: a", 0 }, { "data: a\n", 0 }, { "data: a\n\n", 9 },
		{ "data: a\n\ndata: b\n\n", 9 }, { "data: a\r\n\r\nx", 11 },
		{ "data: a\r\rx", 9 }, { "a\nb\n\n", 5 }, { "\n", 1 }, { ": ping\n\n", 8 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(sealed_event_length(slice_of(cases[i].text)), cases[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors_are_written),
		cmocka_unit_test(test_vectors_are_opened),
		cmocka_unit_test(test_events_are_bound_to_their_place),
		cmocka_unit_test(test_texts_that_are_no_key),
		cmocka_unit_test(test_each_one_is_taken_once),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_memory_is_bounded_and_forgets),
		cmocka_unit_test(test_a_clock_that_goes_back),
		cmocka_unit_test(test_threads_share_it),
		cmocka_unit_test(test_borders_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
