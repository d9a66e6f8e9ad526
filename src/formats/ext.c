#include "formats/ext.h"

enum loss { LOSS_REFUSED, LOSS_WARNED, LOSS_SILENT };

/* What is not listed is warned about. */
static const struct {
	enum format_id format;
	const char *path;
	enum loss loss;
} losses[] = {
	{ FORMAT_ANTHROPIC, "cache_control", LOSS_SILENT },
	{ FORMAT_ANTHROPIC, "thinking", LOSS_SILENT },
	{ FORMAT_ANTHROPIC, "diagnostics", LOSS_SILENT },
	{ FORMAT_ANTHROPIC, "container", LOSS_REFUSED },
	{ FORMAT_ANTHROPIC, "mcp_servers", LOSS_REFUSED },
	{ FORMAT_ANTHROPIC, "thread", LOSS_REFUSED },
	{ FORMAT_ANTHROPIC, "compaction", LOSS_REFUSED },
	{ FORMAT_CHAT, "store", LOSS_SILENT },
	{ FORMAT_CHAT, "metadata", LOSS_SILENT },
	{ FORMAT_CHAT, "prompt_cache_options", LOSS_SILENT },
	{ FORMAT_CHAT, "prompt_cache_retention", LOSS_SILENT },
	{ FORMAT_CHAT, "audio", LOSS_REFUSED },
	{ FORMAT_RESPONSES, "metadata", LOSS_SILENT },
	{ FORMAT_RESPONSES, "include", LOSS_SILENT },
	{ FORMAT_RESPONSES, "prompt_cache_options", LOSS_SILENT },
	{ FORMAT_RESPONSES, "prompt_cache_retention", LOSS_SILENT },
	{ FORMAT_RESPONSES, "previous_response_id", LOSS_REFUSED },
	{ FORMAT_RESPONSES, "conversation", LOSS_REFUSED },
	{ FORMAT_RESPONSES, "item_reference", LOSS_REFUSED },
	{ FORMAT_RESPONSES, "prompt", LOSS_REFUSED },
	{ FORMAT_RESPONSES, "background", LOSS_REFUSED },
	{ FORMAT_GEMINI, "cachedContent", LOSS_REFUSED },
	{ FORMAT_GEMINI, "labels", LOSS_SILENT },
};

static enum loss loss_of(const struct hub_ext *ext)
{
	for (size_t i = 0; i < ARRAY_LEN(losses); i++) {
		if (losses[i].format == ext->format && str_eq(losses[i].path, ext->path)) {
			return losses[i].loss;
		}
	}
	return LOSS_WARNED;
}

bool ext_check(struct conversion *c, enum format_id target)
{
	for (const struct hub_ext *ext = c->req->ext; ext; ext = ext->next) {
		enum loss loss = loss_of(ext);

		if (ext->format == target || loss == LOSS_SILENT) {
			continue;
		}
		if (loss == LOSS_REFUSED) {
			return encode_refuse(c, ext->path, "%s is not supported by this upstream",
					     ext->path);
		}
		warn(c->warnings, WARN_DROPPED, "%s", ext->path);
	}
	return true;
}
