/*
 * The words of the configuration file for the enums of config.h, each table
 * in the order of its enum.
 */
#include "base/buf.h"
#include "config/config.h"
#include "config/words.h"

const char *const provider_words[] = {
	"anthropic", "openai", "google", "azure", "openai-compatible",
	"llm-gateway", "demo", NULL,
};
const char *const format_words[] = {
	"", "anthropic", "openai-chat", "openai-responses", "gemini", NULL,
};
const char *const account_type_words[] = {
	"api-key", "oauth", "passthrough", "none", NULL,
};
const char *const strategy_words[] = {
	"health-first", "priority", "round-robin", "weighted", "least-connections",
	"least-latency", "random", NULL,
};

int word_index(const char *const *words, const char *text)
{
	for (int i = 0; words[i]; i++) {
		if (str_eq(words[i], text)) {
			return i;
		}
	}
	return -1;
}

const char *provider_name(enum provider_id id)
{
	return provider_words[id];
}

bool provider_by_name(const char *name, enum provider_id *id)
{
	int index = word_index(provider_words, name);

	if (index >= 0) {
		*id = (enum provider_id)index;
	}
	return index >= 0;
}

const char *format_name(enum format_id id)
{
	return format_words[id];
}

bool format_by_name(const char *name, enum format_id *id)
{
	int index = word_index(format_words, name);

	if (index >= 0) {
		*id = (enum format_id)index;
	}
	return index >= 0;
}

const char *account_type_name(enum account_type type)
{
	return account_type_words[type];
}

bool account_type_by_name(const char *name, enum account_type *type)
{
	int index = word_index(account_type_words, name);

	if (index >= 0) {
		*type = (enum account_type)index;
	}
	return index >= 0;
}

const char *strategy_name(enum strategy s)
{
	return strategy_words[s];
}

bool strategy_by_name(const char *name, enum strategy *s)
{
	int index = word_index(strategy_words, name);

	if (index >= 0) {
		*s = (enum strategy)index;
	}
	return index >= 0;
}

static const struct {
	unsigned bit;
	const char *name;
} permission_names[] = {
	{ PERMISSION_READ, "read" },
	{ PERMISSION_WRITE, "write" },
	{ PERMISSION_ADMIN, "admin" },
};

bool permission_by_name(const char *name, unsigned *bit)
{
	for (size_t i = 0; i < ARRAY_LEN(permission_names); i++) {
		if (str_eq(permission_names[i].name, name)) {
			*bit = permission_names[i].bit;
			return true;
		}
	}
	return false;
}

void permissions_text(unsigned permissions, struct buf *out)
{
	const char *separator = "";

	for (size_t i = 0; i < ARRAY_LEN(permission_names); i++) {
		if (permissions & permission_names[i].bit) {
			buf_addf(out, "%s%s", separator, permission_names[i].name);
			separator = ",";
		}
	}
}
