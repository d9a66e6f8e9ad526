#include "config/text_check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>

#include "base/id.h"
#include "base/str.h"

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			return true;
		}
	}
	return false;
}

const char *check_not_empty(const char *text)
{
	return *text ? NULL : "something that is not empty";
}

const char *check_name(const char *text)
{
	bool ok = *text && strlen(text) <= 200 && !has_control(text);

	return ok ? NULL : "a name of one line, at most 200 bytes";
}

const char *check_account_name(const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++) {
		if (!isgraph((unsigned char)text[i]) || strchr("/:,\"'[]", text[i])) {
			len = 0;
		}
	}
	return len && len <= 64 ? NULL
		: "a name of 1-64 letters, digits and signs, without / : , quotes, "
		  "brackets and blanks";
}

const char *check_id(const char *text)
{
	return !*text || id_is_safe(text) ? NULL : "1-64 of A-Z a-z 0-9 _ . : -";
}

static bool is_url(const char *text, const char *const *schemes)
{
	for (; *schemes; schemes++) {
		if (str_starts(text, *schemes)) {
			const char *host = text + strlen(*schemes);

			return *host && !strchr("/?#@:", *host) &&
			       !text[strcspn(text, " \t\r\n\"<>")] && !has_control(text);
		}
	}
	return false;
}

const char *check_http_url(const char *text)
{
	static const char *const schemes[] = { "http://", "https://", NULL };

	return !*text || is_url(text, schemes) ? NULL : "a URL with http:// or https://";
}

const char *check_proxy_url(const char *text)
{
	static const char *const schemes[] = {
		"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://", NULL,
	};

	return !*text || is_url(text, schemes) ? NULL
		: "a proxy URL with http://, https:// or socks5://";
}

const char *check_address_range(const char *text)
{
	struct slice rest = slice_of(text);
	char address[INET6_ADDRSTRLEN] = "";
	unsigned char bytes[sizeof(struct in6_addr)];
	struct slice part;
	uint64_t bits = 0;
	uint64_t most;
	bool ok;

	ok = slice_next(&rest, '/', &part) && part.len < sizeof address;
	if (ok) {
		memcpy(address, part.ptr, part.len);
	}
	most = strchr(address, ':') ? 128 : 32;
	ok = ok && inet_pton(most == 128 ? AF_INET6 : AF_INET, address, bytes) == 1;
	ok = ok && (!rest.ptr || (str_to_u64(rest, &bits) && bits <= most));
	return ok ? NULL : "an address or range like 10.0.0.1, 10.0.0.0/8 or fd00::/8";
}

const char *check_variable(const char *text)
{
	bool ok = !isdigit((unsigned char)*text);

	for (; *text; text++) {
		ok = ok && (isalnum((unsigned char)*text) || *text == '_');
	}
	return ok ? NULL : "the name of an environment variable";
}

const char *check_header_name(const char *text)
{
	bool ok = *text;

	for (; *text; text++) {
		ok = ok && (isalnum((unsigned char)*text) || strchr("!#$%&'*+-.^_`|~", *text));
	}
	return ok ? NULL : "the name of a header";
}

const char *check_status_pattern(const char *text)
{
	bool ok = strlen(text) == 3 && text[0] >= '1' && text[0] <= '5';

	ok = ok && (str_ieq(text + 1, "xx") || (isdigit((unsigned char)text[1]) &&
						 isdigit((unsigned char)text[2])));
	return ok ? NULL : "a status like 404 or 5xx";
}

const char *check_directory(const char *text)
{
	return *text && !has_control(text) ? NULL : "the name of a directory";
}
