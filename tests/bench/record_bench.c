/*
 * What seeing costs the path of a request: counting and keeping its record,
 * its log line, and reading a stream's chunks for their usage. Nanoseconds,
 * one line a case ("name ns"), the best of ten batches, so that the machine's
 * other work does not count.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "formats/usage_scan.h"
#include "stats/stats.h"

#define BATCH 4000
#define BATCHES 10

static const struct request_record sample = {
	.at_ms = 1795244400000, .trace_id = "0123456789abcdef0123456789abcdef",
	.key_name = "laptop", .client = "claude-cli/2.0.1 (external, cli)", .method = "POST",
	.path = "/v1/messages", .format_in = FORMAT_ANTHROPIC, .format_out = FORMAT_ANTHROPIC,
	.model_asked = "claude-sonnet-4-5", .model_used = "claude-sonnet-4-5",
	.upstream = "claude-max", .session = 42,
	.attempts = { { "claude-max", "claude-sonnet-4-5", 200, 812, NULL } },
	.attempt_count = 1, .status = 200, .ttft_ms = 410, .total_ms = 812, .overhead_us = 38,
	.tokens = { 12000, 800, 11000, 500, 0, 100, true }, .cost_pico_usd = 31500000000,
	.bytes_in = 48211, .bytes_out = 10321, .chunks = 120, .is_stream = true,
};

static void log_sample(void)
{
	const struct log_field fields[] = {
		LOG_STR("trace_id", sample.trace_id), LOG_STR("key", sample.key_name),
		LOG_STR("method", sample.method), LOG_STR("path", sample.path),
		LOG_STR("format", "anthropic"), LOG_STR("model", sample.model_asked),
		LOG_STR("backend", sample.upstream), LOG_INT("status", sample.status),
		LOG_INT("duration_ms", sample.total_ms), LOG_COUNT("ttft_ms", sample.ttft_ms),
		LOG_INT("attempts", 1), LOG_COUNT("tokens_in", sample.tokens.in),
		LOG_COUNT("tokens_out", sample.tokens.out), LOG_STR("error", NULL),
	};

	log_request(LOG_INFO, "request", fields, ARRAY_LEN(fields));
}

static void count_request(struct stats_shard *shard)
{
	stats_begin(shard);
	stats_upstream_begin(shard, "upstream_0123456789ab");
	stats_upstream_end(shard, "upstream_0123456789ab");
	stats_finish(shard, &sample);
}

static void drop_line(void *ctx, enum log_level level, bool is_request, const char *json_line,
		      size_t len)
{
	(void)ctx;
	(void)level;
	(void)is_request;
	(void)json_line;
	(void)len;
}

/* What the collector does a few times a second, not the worker. */
static void collect(struct stats *s)
{
	struct vec records = { .len = 0 };
	struct usage_table usage = { .rows.len = 0 };

	stats_collect(s, &records, &usage);
	for (size_t i = 0; i < records.len; i++) {
		free(records.items[i]);
	}
	vec_release(&records);
	usage_release(&usage);
}

static void measure_request(void)
{
	struct stats *s = stats_create(1);
	uint64_t best = UINT64_MAX;

	for (int batch = 0; batch < BATCHES; batch++) {
		uint64_t began = clock_mono_ns();
		uint64_t ns;

		for (int i = 0; i < BATCH; i++) {
			count_request(stats_shard(s, 0));
			log_sample();
		}
		ns = clock_mono_ns() - began;
		best = ns < best ? ns : best;
		collect(s);
		log_flush();
	}
	printf("request %llu\n", (unsigned long long)(best / BATCH));
	stats_destroy(s);
}

static void measure_chunk(const char *name, enum format_id format, const char *chunk)
{
	struct slice bytes = slice_of(chunk);
	uint64_t best = UINT64_MAX;

	for (int batch = 0; batch < BATCHES; batch++) {
		struct usage_scan scan;
		uint64_t began = clock_mono_ns();
		uint64_t ns;

		usage_scan_init(&scan, format, true);
		for (int i = 0; i < BATCH; i++) {
			usage_scan_feed(&scan, bytes);
		}
		ns = clock_mono_ns() - began;
		best = ns < best ? ns : best;
		usage_scan_release(&scan);
	}
	printf("%s %llu\n", name, (unsigned long long)(best / BATCH));
}

int main(void)
{
	log_configure(&(struct log_options){ .level = LOG_INFO, .console_level = LOG_OFF,
					     .buffered = true, .mask = true });
	log_set_sink(drop_line, NULL);
	measure_request();
	measure_chunk("chunk-anthropic", FORMAT_ANTHROPIC,
		      "event: content_block_delta\n"
		      "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
		      "{\"type\":\"text_delta\",\"text\":\" a few words of text\"}}\n\n");
	measure_chunk("chunk-chat", FORMAT_CHAT,
		      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
		      "\"created\":1795244400,\"model\":\"gpt-5.2\",\"service_tier\":\"default\","
		      "\"system_fingerprint\":\"fp_1\",\"choices\":[{\"index\":0,\"delta\":"
		      "{\"content\":\" a few words of text\"},\"logprobs\":null,"
		      "\"finish_reason\":null}],\"usage\":null,\"obfuscation\":\"abcdefgh\"}\n\n");
	measure_chunk("chunk-responses", FORMAT_RESPONSES,
		      "event: response.output_text.delta\n"
		      "data: {\"type\":\"response.output_text.delta\",\"sequence_number\":7,"
		      "\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,"
		      "\"delta\":\" a few words of text\",\"logprobs\":[]}\n\n");
	measure_chunk("chunk-gemini", FORMAT_GEMINI,
		      "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": "
		      "\" a few words of text\"}],\"role\": \"model\"},\"index\": 0}],"
		      "\"usageMetadata\": {\"promptTokenCount\": 12,\"candidatesTokenCount\": 34,"
		      "\"totalTokenCount\": 46,\"promptTokensDetails\": [{\"modality\": \"TEXT\","
		      "\"tokenCount\": 12}]},\"modelVersion\": \"gemini-2.5-pro\"}\r\n\r\n");
	return 0;
}
