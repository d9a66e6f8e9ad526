/*
 * What every vendor refuses, checked once before anything is sent: tool calls
 * without results, results without calls, one name for two tools (C15, C44,
 * C89).
 */
#ifndef FORMATS_HUB_CHECK_H
#define FORMATS_HUB_CHECK_H

#include "formats/hub.h"
#include "formats/warnings.h"

/* False and *why (class invalid) when the history is broken. With
 * `repair_tools` a missing result is added as an error result with a warning
 * instead; the request is changed. */
bool hub_check(struct hub_request *req, bool repair_tools, struct warnings *warnings,
	       struct api_error *why);

/* False and *why (class invalid) when a tool call is not the assistant's, a tool
 * result not the user's, or one of them stands inside another block: no vendor
 * takes that, and no encoder expects it. */
bool hub_check_places(const struct hub_request *req, struct api_error *why);

/* Asserts in debug builds (DEBUG defined) what encoders rely on whatever a
 * stranger sent: lists that agree with their counts, a maker for what only its
 * maker reads, results in nobody's mouth but the user's (C12, C13). */
void hub_assert(const struct hub_request *req);

#endif
