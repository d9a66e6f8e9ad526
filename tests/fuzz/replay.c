/*
 * Stands in for libFuzzer where there is no clang: replays the files of the
 * named directories and mutates them, the same way for the same seed. Takes
 * the few of libFuzzer's options that tests/fuzz/run gives and ignores the
 * rest.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <time.h>

#define MAX_SEEDS 4096
#define MAX_SEED_BYTES 65536

static struct slice seeds[MAX_SEEDS];
static size_t seed_count;
static uint64_t state = 1;

static size_t below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? (size_t)(state % limit) : 0;
}

static void add_file(const char *directory, const char *name)
{
	char path[4096];
	char *text = malloc(MAX_SEED_BYTES);
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	f = fopen(path, "rb");
	if (f && text && seed_count < MAX_SEEDS) {
		size_t len = fread(text, 1, MAX_SEED_BYTES, f);

		seeds[seed_count++] = (struct slice){ text, len };
		text = NULL;
	}
	if (f) {
		fclose(f);
	}
	free(text);
}

static void add_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] != '.') {
			add_file(path, entry->d_name);
		}
	}
	if (directory) {
		closedir(directory);
	}
}

/* Some bytes changed, removed, doubled, or taken from another seed. */
static size_t mutate(unsigned char *text, size_t len)
{
	for (size_t changes = 1 + below(6); changes; changes--) {
		size_t at = below(len);
		size_t span = 1 + below(len - at < 32 ? len - at : 32);
		struct slice other = seeds[below(seed_count)];
		size_t from = below(other.len);

		switch (below(4)) {
		case 0:
			text[at] = (unsigned char)below(256);
			len = len ? len : 1;
			break;
		case 1:
			span = span < len - at ? span : len - at;
			memmove(text + at, text + at + span, len - at - span);
			len -= span;
			break;
		case 2:
			span = span < MAX_SEED_BYTES - len ? span : MAX_SEED_BYTES - len;
			memmove(text + at + span, text + at, len - at);
			len += span;
			break;
		default:
			span = span < other.len - from ? span : other.len - from;
			span = span < MAX_SEED_BYTES - at ? span : MAX_SEED_BYTES - at;
			memcpy(text + at, other.ptr + from, span);
			len = len > at + span ? len : at + span;
		}
	}
	return len;
}

/* In memory of exactly its size, so that reading past the end is seen. */
static void run_one(const unsigned char *text, size_t len)
{
	unsigned char *exact = malloc(len ? len : 1);

	assert(exact);
	memcpy(exact, text, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

int main(int argc, char **argv)
{
	static unsigned char text[MAX_SEED_BYTES];
	time_t end = 0;
	unsigned long runs = 1000;

	for (int i = 1; i < argc; i++) {
		if (str_starts(argv[i], "-runs=")) {
			runs = strtoul(argv[i] + 6, NULL, 10);
		} else if (str_starts(argv[i], "-seed=")) {
			state = strtoul(argv[i] + 6, NULL, 10) | 1;
		} else if (str_starts(argv[i], "-max_total_time=")) {
			end = time(NULL) + (time_t)strtoul(argv[i] + 16, NULL, 10);
		} else if (argv[i][0] != '-') {
			add_directory(argv[i]);
		}
	}
	for (size_t i = 0; i < seed_count; i++) {
		run_one((const unsigned char *)seeds[i].ptr, seeds[i].len);
	}
	for (unsigned long i = 0; seed_count && (end ? time(NULL) < end : i < runs); i++) {
		struct slice seed = seeds[below(seed_count)];

		memcpy(text, seed.ptr, seed.len);
		run_one(text, mutate(text, seed.len));
	}
	return 0;
}
