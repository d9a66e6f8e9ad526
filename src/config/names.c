/*
 * The words of the configuration file for the enums of config.h, each table
 * in the order of its enum.
 */
#include "base/buf.h"
#include "config/config.h"

static const char *const provider_names[] = {
	"anthropic", "openai", "google", "azure", "openai-compatible", "demo",
};
static const char *const format_names[] = {
	"", "anthropic", "openai-chat", "openai-responses", "gemini",
};
static const char *const account_type_names[] = {
	"api-key", "oauth", "passthrough", "none",
};
static const char *const strategy_names[] = {
	"health-first", "priority", "round-robin", "weighted", "least-connections",
	"least-latency", "random",
};

static bool name_index(const char *const *names, size_t count, const char *name, size_t *index)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(names[i], name)) {
			*index = i;
			return true;
		}
	}
	return false;
}

const char *provider_name(enum provider_id id)
{
	return provider_names[id];
}

bool provider_by_name(const char *name, enum provider_id *id)
{
	size_t index;
	bool found = name_index(provider_names, ARRAY_LEN(provider_names), name, &index);

	if (found) {
		*id = (enum provider_id)index;
	}
	return found;
}

const char *format_name(enum format_id id)
{
	return format_names[id];
}

bool format_by_name(const char *name, enum format_id *id)
{
	size_t index;
	bool found = name_index(format_names, ARRAY_LEN(format_names), name, &index);

	if (found) {
		*id = (enum format_id)index;
	}
	return found;
}

const char *account_type_name(enum account_type type)
{
	return account_type_names[type];
}

bool account_type_by_name(const char *name, enum account_type *type)
{
	size_t index;
	bool found = name_index(account_type_names, ARRAY_LEN(account_type_names), name, &index);

	if (found) {
		*type = (enum account_type)index;
	}
	return found;
}

const char *strategy_name(enum strategy s)
{
	return strategy_names[s];
}

bool strategy_by_name(const char *name, enum strategy *s)
{
	size_t index;
	bool found = name_index(strategy_names, ARRAY_LEN(strategy_names), name, &index);

	if (found) {
		*s = (enum strategy)index;
	}
	return found;
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
