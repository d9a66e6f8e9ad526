/* Whose server a URL is, and how other gateways spell keys. */
#include "config/import_work.h"

#include <ctype.h>

#include "base/limits.h"

struct vendor_host {
	const char *host;
	const char *provider;
	bool wants_root;                /* base_url without a version */
};

static const struct vendor_host hosts[] = {
	{ "api.anthropic.com", "anthropic", true },
	{ "api.openai.com", "openai", false },
	{ "generativelanguage.googleapis.com", "google", true },
	{ ".openai.azure.com", "azure", true },
};

/* What stands behind the base in the address of a single call. */
static const char *const calls[] = {
	"/chat/completions", "/completions", "/messages", "/responses", "/models",
	"/embeddings", "/chat",
};
static const char *const versions[] = { "/v1", "/v1beta" };

static void cut_end(struct slice *url, const char *const *ends, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_ends(*url, ends[i])) {
			url->len -= strlen(ends[i]);
			return;
		}
	}
}

static void cut_slashes(struct slice *url)
{
	while (url->len && url->ptr[url->len - 1] == '/') {
		url->len--;
	}
}

static const struct vendor_host *host_of(struct slice url)
{
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		if (str_ifind(url.ptr, url.len, hosts[i].host)) {
			return &hosts[i];
		}
	}
	return NULL;
}

static bool has_path(struct slice url)
{
	const char *host = str_ifind(url.ptr, url.len, "://");
	size_t at = host ? (size_t)(host - url.ptr) + 3 : 0;

	return memchr(url.ptr + at, '/', url.len - at);
}

/* https://x.openai.azure.com/openai/deployments/NAME/… */
static void cut_deployment(struct import_work *w, struct import_account *a, struct slice *url)
{
	static const char marker[] = "/openai/deployments/";
	const char *at = str_ifind(url->ptr, url->len, marker);
	struct slice rest;
	struct slice name;

	if (at) {
		rest.ptr = at + strlen(marker);
		rest.len = (size_t)(url->ptr + url->len - rest.ptr);
		if (slice_next(&rest, '/', &name)) {
			a->deployment = arena_strndup(w->arena, name.ptr, name.len);
		}
		url->len = (size_t)(at - url->ptr);
	}
	if (slice_ends(*url, "/openai")) {
		url->len -= strlen("/openai");
	}
}

static bool is_vendors_own(struct slice url, const char *host)
{
	return slice_starts(url, "https://") && slice_eq((struct slice){ url.ptr + 8, url.len - 8 },
							 host);
}

void import_endpoint(struct import_work *w, struct import_account *a, const char *url,
		     bool is_root)
{
	struct slice rest = slice_trim(slice_of(url));
	const struct vendor_host *vendor = host_of(rest);
	bool is_messages;

	cut_slashes(&rest);
	is_messages = slice_ends(rest, "/messages");
	cut_end(&rest, calls, ARRAY_LEN(calls));
	cut_slashes(&rest);
	if (vendor || is_messages) {
		a->provider = vendor ? vendor->provider : "anthropic";
	}
	if (str_eq(a->provider, "azure")) {
		cut_deployment(w, a, &rest);
	}
	if ((vendor && vendor->wants_root) || str_eq(a->provider, "anthropic") ||
	    str_eq(a->provider, "google")) {
		cut_end(&rest, versions, ARRAY_LEN(versions));
	}
	a->base_url = arena_strndup(w->arena, rest.ptr, rest.len);
	if (is_root && !has_path(rest) && str_eq(a->provider, "openai-compatible")) {
		a->base_url = arena_printf(w->arena, "%s/v1", a->base_url);
	}
	if (vendor && (is_vendors_own(rest, vendor->host) ||
		       is_vendors_own(rest, "api.openai.com/v1"))) {
		a->base_url = "";
	}
}

static bool is_name(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!isalnum((unsigned char)text.ptr[i]) && text.ptr[i] != '_') {
			return false;
		}
	}
	return text.len && !isdigit((unsigned char)text.ptr[0]);
}

const char *import_variable(struct import_work *w, const char *text)
{
	static const char litellm[] = "os.environ/";
	struct slice name = slice_of(text);

	if (str_starts(text, litellm)) {
		name = slice_of(text + strlen(litellm));
	} else if (str_starts(text, "${") && str_ends(text, "}")) {
		name = (struct slice){ text + 2, strlen(text) - 3 };
		name.len = strcspn(name.ptr, ":}");
	} else if (text[0] == '$') {
		name = slice_of(text + 1);
	} else {
		return NULL;
	}
	return is_name(name) ? arena_strndup(w->arena, name.ptr, name.len) : NULL;
}

void import_credential(struct import_work *w, struct import_account *a,
		       const struct node *key)
{
	const char *text = key && key->kind == NODE_SCALAR ? key->text : "";

	a->key_env = import_variable(w, text);
	if (!a->key_env && *text) {
		a->key = text;
	}
	if (a->key_env && strstr(text, ":-") && !strstr(text, ":-}")) {
		import_leave(w, key, "the value for when the variable is not set; the variable "
			     "itself came over");
	}
}
