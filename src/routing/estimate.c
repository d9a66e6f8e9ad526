#include "routing/estimate.h"

#include <stdlib.h>

#include "base/mem.h"

#define MODELS 256

/* Of English prose and code in JSON, with the quoting. */
#define USUAL_BYTES_PER_TOKEN 4.0
#define USUAL_ANSWER 500.0

/* Fewer come of a prompt that the upstream adds to; more of images. */
#define LEAST_BYTES_PER_TOKEN 1.0
#define MOST_BYTES_PER_TOKEN 16.0

/* Prompts shorter than this are mostly JSON around little text. */
#define TELLING_BYTES 200

#define WEIGHT_OF_NEWEST 0.1

void estimates_init(struct estimates *e)
{
	lru_init(&e->lru, MODELS);
	e->models = xcalloc(MODELS, sizeof *e->models);
	e->turn = 0;
}

void estimates_release(struct estimates *e)
{
	lru_release(&e->lru);
	free(e->models);
	e->models = NULL;
}

static struct estimate known(const struct estimates *e, const char *model)
{
	size_t at = lru_find(&e->lru, lru_hash(0, slice_of(model)));

	return at == LRU_NONE ? (struct estimate){ USUAL_BYTES_PER_TOKEN, USUAL_ANSWER }
			      : e->models[at];
}

int64_t estimate_prompt(const struct estimates *e, const char *model, size_t bytes)
{
	return (int64_t)((double)bytes / known(e, model).bytes_per_token) + 1;
}

int64_t estimate_answer(const struct estimates *e, const char *model, int64_t max_tokens)
{
	int64_t usual = (int64_t)known(e, model).answer_tokens;

	return max_tokens > 0 && max_tokens < usual ? max_tokens : usual;
}

static void move_towards(double *mean, double value)
{
	*mean += (value - *mean) * WEIGHT_OF_NEWEST;
}

void estimate_learn(struct estimates *e, const char *model, size_t bytes,
		    int64_t prompt_tokens, int64_t answer_tokens)
{
	bool is_new;
	size_t at = lru_place(&e->lru, lru_hash(0, slice_of(model)), ++e->turn, &is_new);
	struct estimate *m = &e->models[at];
	double ratio = prompt_tokens > 0 ? (double)bytes / (double)prompt_tokens : 0;
	bool is_telling = ratio > 0 && ratio <= MOST_BYTES_PER_TOKEN && bytes >= TELLING_BYTES;

	ratio = ratio > LEAST_BYTES_PER_TOKEN ? ratio : LEAST_BYTES_PER_TOKEN;
	if (is_new) {
		/* The first measurement is better than any prejudice. */
		*m = (struct estimate){ is_telling ? ratio : USUAL_BYTES_PER_TOKEN,
					USUAL_ANSWER };
	} else if (is_telling) {
		move_towards(&m->bytes_per_token, ratio);
	}
	if (answer_tokens > 0) {
		move_towards(&m->answer_tokens, (double)answer_tokens);
	}
}
