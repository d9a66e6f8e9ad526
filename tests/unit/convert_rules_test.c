/*
 * Rules of conversion that belong to no single format. JSON stands with ' for
 * " here.
 */
#include "tests/unit/exchange_world.h"

#define A FORMAT_ANTHROPIC
#define C FORMAT_CHAT
#define R FORMAT_RESPONSES
#define G FORMAT_GEMINI

static const struct way a_to[] = {
	{ A, C, NULL, NULL, { NULL, NULL } },
	{ A, R, NULL, NULL, { NULL, NULL } },
	{ A, G, NULL, NULL, { NULL, NULL } },
};
static const struct way g_to[] = {
	{ G, A, NULL, NULL, { NULL, NULL } },
	{ G, C, NULL, NULL, { NULL, NULL } },
	{ G, R, NULL, NULL, { NULL, NULL } },
};

static void sends(const struct way *way, const char *body, const char *part)
{
	request(way, json(body), json(part));
}

#define has(text, part) assert_has((text), json(part))
#define lacks(text, part) assert_lacks((text), json(part))

#define A_RESULT(content) \
	"{'model':'m','max_tokens':100,'tools':[{'name':'f','input_schema':{}}]," \
	"'messages':[{'role':'user','content':'hi'},{'role':'assistant','content':[" \
	"{'type':'tool_use','id':'t1','name':'f','input':{}}]},{'role':'user','content':[" \
	"{'type':'tool_result','tool_use_id':'t1','content':[" content "]}]}]}"

/* Claude Code's search for tools answers with pointers to them. */
static void c71_a_pointer_to_a_tool_is_told_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(a_to); i++) {
		sends(&a_to[i], A_RESULT("{'type':'tool_reference','tool_name':'Notebook'}"),
		      "Tool available: Notebook");
		has(got.warnings, "rewritten:messages.tool_reference");
	}
}

static void c71_a_search_result_is_told_in_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(a_to); i++) {
		sends(&a_to[i], A_RESULT("{'type':'search_result','source':'http://x','title':'T',"
			"'content':[{'type':'text','text':'found'}]}"), "T (http://x)\\nfound");
	}
}

static void c71_content_that_nobody_else_reads_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(a_to); i++) {
		refused(&a_to[i], json(A_RESULT("{'type':'browser_state','x':1}")),
			"browser_state");
	}
}

static void c161_how_to_look_at_a_medium(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(g_to); i++) {
		sends(&g_to[i], "{'contents':[{'role':'user','parts':[{'inlineData':{'mimeType':"
		      "'image/png','data':'iVBORw0KGgo='},'mediaResolution':{'level':"
		      "'MEDIA_RESOLUTION_LOW'},'videoMetadata':{'fps':1}}]}]}", "iVBORw0KGgo=");
		has(got.warnings, "dropped:contents.mediaResolution");
		has(got.warnings, "dropped:contents.videoMetadata");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c71_a_pointer_to_a_tool_is_told_in_words),
		cmocka_unit_test(c71_a_search_result_is_told_in_words),
		cmocka_unit_test(c71_content_that_nobody_else_reads_is_refused),
		cmocka_unit_test(c161_how_to_look_at_a_medium),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
