/*
 * The samples of every format as tests walk through them, and the plans by
 * which their answers are converted for a client.
 */
#ifndef TESTS_UNIT_SAMPLES_WORLD_H
#define TESTS_UNIT_SAMPLES_WORLD_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>

#include "base/limits.h"
#include "formats/convert.h"
#include "formats/format.h"

#define SAMPLES "tests/samples"
#define CREATED 1763700000
#define ASKED_MODEL "asked-model"

struct side {
	enum format_id format;
	enum provider_id provider;
	const char *model;
};

static const struct side sides[] = {
	{ FORMAT_ANTHROPIC, PROVIDER_ANTHROPIC, "claude-sonnet-5-5" },
	{ FORMAT_CHAT, PROVIDER_OPENAI, "gpt-6-sol" },
	{ FORMAT_RESPONSES, PROVIDER_OPENAI, "gpt-6-sol" },
	{ FORMAT_GEMINI, PROVIDER_GOOGLE, "gemini-3.8-flash" },
};

struct sample {
	const struct side *source;
	const char *name;                 /* file name */
	struct slice bytes;
};

static inline bool read_all(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "rb");
	char piece[4096];
	size_t got;

	if (!f) {
		return false;
	}
	while ((got = fread(piece, 1, sizeof piece, f)) > 0) {
		buf_add(out, piece, got);
	}
	fclose(f);
	return true;
}

static inline struct answer_plan *make_plan(const struct sample *s, const struct side *client,
				     bool client_stream)
{
	const struct upstream_account account = { .provider = s->source->provider };
	struct route_options options;
	struct answer_plan *plan;
	struct arena a;
	struct hub_request *req;

	arena_init(&a, 4096);
	route_options_read(&account, &options);
	req = hub_request_new(&a, client->format);
	req->stream = client_stream;
	/* A format with one answer never asks for more (C58). */
	req->n = client->format == FORMAT_CHAT || client->format == FORMAT_GEMINI ? 2 : 1;
	req->include_usage = true;
	req->wants_blobs = true;
	plan = answer_plan_create(req, s->source->format, slice_of(ASKED_MODEL), &options);
	plan->created = CREATED;
	arena_release(&a);
	return plan;
}

static inline bool is_sse(const struct sample *s)
{
	return str_ends(s->name, ".sse");
}

static inline bool is_answer(const char *name)
{
	return (str_ends(name, ".sse") && !str_starts(name, "legacy_")) ||
	       (str_starts(name, "response_") && str_ends(name, ".json"));
}

static inline void samples_of(const struct side *source, void (*visit)(const struct sample *s))
{
	char path[512];
	DIR *dir;
	struct dirent *entry;

	snprintf(path, sizeof path, SAMPLES "/%s", format_name(source->format));
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct buf bytes = BUF_INIT(4 * MIB);
		struct sample s = { source, entry->d_name, SLICE_NULL };

		snprintf(path, sizeof path, SAMPLES "/%s/%s", format_name(source->format),
			 entry->d_name);
		if (entry->d_name[0] != '.' && read_all(path, &bytes)) {
			s.bytes = buf_slice(&bytes);
			visit(&s);
		}
		buf_release(&bytes);
	}
	closedir(dir);
}

#endif
