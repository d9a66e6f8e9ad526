/*
 * Every maximum of the program, with its reason. A buffer or queue without an
 * entry here is a bug.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define KIB (1024UL)
#define MIB (1024UL * KIB)

/* One error message: a line a person reads in a terminal. */
#define MAX_ERR_MSG 512

/* config.yaml and everything it names: a hand-written file. */
#define MAX_CONFIG_BYTES (4 * MIB)

/* Values in the configuration, aliases counted with all they stand for: a few
 * thousand accounts fit, a file made of aliases of aliases does not. */
#define MAX_CONFIG_NODES 200000

/* Nesting in the configuration; the schema needs eight. */
#define MAX_CONFIG_DEPTH 32

/* A file of system_prompts: the longest that people write are some ten pages. */
#define MAX_PROMPT_BYTES (256 * KIB)

/* All of them together, which every snapshot of the configuration holds, and
 * how many are looked at. */
#define MAX_PROMPTS_BYTES (4 * MIB)
#define MAX_PROMPT_FILES 256

/* Request line and headers of a client; also the memory pool of one client
 * connection, which is the largest part of an idle stream's memory. */
#define MAX_CLIENT_HEAD_BYTES (16 * KIB)

/* Of that, what a request may use; the rest is for the head of its answer. */
#define MAX_CLIENT_HEADER_BYTES (10 * KIB)

/* Response head of an upstream, all header lines together. */
#define MAX_UPSTREAM_HEAD_BYTES (64 * KIB)

/* An upstream's URL: a client's whole head, every byte percent-encoded. */
#define MAX_URL_BYTES (64 * KIB)
/* URLs kept taken apart: those of a few dozen accounts and models. */
#define MAX_PARSED_URLS 256

/* Connections to one upstream that a worker keeps open for the next request. */
#define MAX_IDLE_UPSTREAM_CONNECTIONS 1024

/* Header lines of an upstream that are kept; vendors send 20 to 40. */
#define MAX_UPSTREAM_HEADERS 64

/* A string that is taken out of a JSON document by itself: names, messages. */
#define MAX_JSON_TEXT_BYTES (64 * KIB)

/* Nesting that json_scan follows; vendors refuse far less. */
#define MAX_JSON_DEPTH 512

/* Bytes held for a client that reads slower than the upstream sends, before
 * the upstream is paused; it goes on below half. */
#define MAX_CLIENT_BACKLOG_BYTES (64 * KIB)

/* Head and first frames kept back until the answer is known to be good. */
#define MAX_HELD_BYTES (256 * KIB)

/* An answer without streaming that must be changed, and so is collected. */
#define MAX_WHOLE_ANSWER_BYTES (32 * MIB)

/* A failed upstream answer's body that is read for its message. */
#define MAX_ERROR_BODY_BYTES (64 * KIB)

/* A refused request's body that is read and thrown away, so that the answer
 * is not lost in a connection reset. */
#define MAX_DRAIN_BYTES (64 * MIB)

/* A control API request or answer. */
#define MAX_CONTROL_BYTES (16 * MIB)

/* One SSE event: a base64 image fits. */
#define MAX_SSE_EVENT_BYTES (64 * MIB)

/* Tokens of one text with their alternatives (C58): some thousands with 20
 * each. Tokens behind it are left out, the text is not; a stream of Responses
 * repeats them in one event, which has to stay below the limit above. */
#define MAX_LOGPROBS_BYTES (8 * MIB)

/* A credential: OAuth token sets are the largest. */
#define MAX_SECRET_BYTES (64 * KIB)

/* A token endpoint's or profile's answer: some kilobytes of JSON. */
#define MAX_OAUTH_ANSWER_BYTES (256 * KIB)

/* The request of a browser that comes back from a sign-in: a line with code
 * and state, and its usual headers. */
#define MAX_OAUTH_CALLBACK_BYTES (16 * KIB)

/* The name of a stored secret: an account's id with a suffix. */
#define MAX_STORE_NAME_BYTES 200

/* A value that goes into a keyring item as it is: some services refuse or cut
 * more than about 2.5 KB. Larger ones are sealed in a file of the home. */
#define MAX_KEYRING_VALUE_BYTES (2 * KIB)

/* credentials.enc: some sixty secrets of the largest size. */
#define MAX_SEALED_FILE_BYTES (4 * MIB)

/* One log line before it is cut. */
#define MAX_LOG_LINE_BYTES (8 * KIB)

/* Of a captured body: the beginning tells what it is about. */
#define MAX_CAPTURE_BYTES (64 * KIB)

/* An answer of the demo upstream; embeddings of many texts are the largest. */
#define MAX_DEMO_BYTES (16 * MIB)

/* Cooldowns of one upstream: one for the whole and one for each model in
 * trouble; more models than that fail together only as a whole. */
#define MAX_COOLDOWNS_PER_UPSTREAM 32

/* Models of one upstream whose speed and failures are remembered. */
#define MAX_MODELS_PER_UPSTREAM 32

/* Tool calls whose signatures are remembered for clients that cannot carry
 * them: an hour of several busy agents. */
#define MAX_REMEMBERED_CALLS 4096
#define MAX_REMEMBERED_BYTES (16 * MIB)

/* Thinking and signatures before one call. */
#define MAX_REMEMBERED_CALL_BYTES (64 * KIB)

/* Media that are fetched for one request (C76), and how many: as much as
 * Gemini takes inside one. */
#define MAX_FETCHED_BYTES (20 * MIB)
#define MAX_FETCHED_MEDIA 16

/* Sealed requests remembered so that none comes twice: some 3,000 a second
 * over the five minutes in which one could; 32 bytes each. */
#define MAX_SEALED_REQUESTS (1024 * 1024)

/* Memory that one exchange's arena may take beside its body. */
#define MAX_ARENA_BYTES (256 * MIB)

/* The system's trusted roots (some 220 KB) and the user's. */
#define MAX_CA_BYTES (8 * MIB)

#endif
