/*
 * Tools that the target does not know by nature: custom tools and Anthropic's
 * predefined client tools become functions (C48, C49), web search is
 * translated where a route asks for it, other server tools are dropped with a
 * warning or refused (C50).
 */
#ifndef FORMATS_TOOL_MAP_H
#define FORMATS_TOOL_MAP_H

#include "formats/format.h"

/* *out is the function that stands for a custom or predefined tool, or for a
 * function itself. False: there is none (server tools, shells, computers). */
bool tool_as_function(struct arena *a, const struct hub_tool *tool, struct hub_tool *out);

/* Web search in any format's spelling. Raw JSON or text, absent when not given. */
struct web_search {
	struct slice allowed_domains;     /* JSON array */
	struct slice blocked_domains;     /* JSON array */
	struct slice location;            /* JSON object: city, region, country, timezone */
	int64_t max_uses;                 /* 0: not given */
};

/* False: the tool is no web search. */
bool web_search_read(struct arena *a, const struct hub_tool *tool, struct web_search *out);

/* For a tool that cannot be sent: warns, or refuses when the client forces it
 * (C49, C50). True: leave it out. */
bool tool_drop(struct conversion *c, const struct hub_tool *tool);

/* Is the tool sent when the choice is `allowed` (C51)? True for other modes. */
bool tool_is_allowed(const struct hub_request *req, const struct hub_tool *tool);

#endif
