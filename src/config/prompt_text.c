#include "config/prompt_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/utf8.h"

/* No byte of UTF-8: what follows says which time stands here. */
#define TIME_MARK '\xff'

enum machine_fact { FACT_OS, FACT_ARCH, FACT_HOSTNAME };

static const struct {
	const char *name;
	char mark;
} times[] = {
	{ "_DATE", 'd' }, { "_TIME", 't' }, { "_DATETIME", 'b' },
};

static const struct {
	const char *name;
	enum machine_fact fact;
} facts[] = {
	{ "_OS", FACT_OS }, { "_ARCH", FACT_ARCH }, { "_HOSTNAME", FACT_HOSTNAME },
};

static const struct {
	const char *name;
	const char *variable;
} variables[] = {
	{ "_USER", "USER" }, { "_HOME", "HOME" }, { "_SHELL", "SHELL" }, { "_LANG", "LANG" },
};

/* What is no text would make the whole request none. */
static void add_value(const char *value, struct buf *out)
{
	if (value && utf8_is_valid(value, strlen(value))) {
		buf_adds(out, value);
	}
}

static void add_fact(enum machine_fact fact, struct buf *out)
{
	struct utsname machine;

	if (uname(&machine) != 0) {
		return;
	}
	switch (fact) {
	case FACT_OS:
		for (const char *c = machine.sysname; *c; c++) {
			buf_addc(out, (char)tolower((unsigned char)*c));
		}
		break;
	case FACT_ARCH:
		buf_adds(out, machine.machine);
		break;
	case FACT_HOSTNAME:
		add_value(machine.nodename, out);
		break;
	}
}

/* False: no name of ours. */
static bool add_name(struct slice name, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		if (slice_eq(name, times[i].name)) {
			buf_addc(out, TIME_MARK);
			buf_addc(out, times[i].mark);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		if (slice_eq(name, facts[i].name)) {
			add_fact(facts[i].fact, out);
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(variables); i++) {
		if (slice_eq(name, variables[i].name)) {
			add_value(getenv(variables[i].variable), out);
			return true;
		}
	}
	return false;
}

/* As in sh: an empty variable counts as missing where there is a default. */
static bool add_variable(struct slice name, struct slice rest, struct buf *out)
{
	bool has_default = slice_starts(rest, ":-");
	char text[128];
	const char *value;

	if (!name.len || name.len >= sizeof text || (rest.len && !has_default)) {
		return false;
	}
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	value = getenv(text);
	if (has_default && str_empty(value)) {
		buf_add(out, rest.ptr + 2, rest.len - 2);
		return true;
	}
	add_value(value, out);
	return value;
}

static bool add_reference(struct slice inside, bool takes_variables, struct buf *out)
{
	size_t len = 0;

	while (len < inside.len &&
	       (isalnum((unsigned char)inside.ptr[len]) || inside.ptr[len] == '_')) {
		len++;
	}
	if (len == inside.len && add_name(inside, out)) {
		return true;
	}
	return takes_variables &&
	       add_variable((struct slice){ inside.ptr, len },
			    (struct slice){ inside.ptr + len, inside.len - len }, out);
}

/* How many bytes at the front are done with. */
static size_t read_some(struct slice text, bool takes_variables, struct buf *out)
{
	const char *end;

	if (takes_variables && slice_starts(text, "$${")) {
		buf_adds(out, "${");
		return 3;
	}
	end = slice_starts(text, "${") ? memchr(text.ptr, '}', text.len) : NULL;
	if (end && add_reference((struct slice){ text.ptr + 2, (size_t)(end - text.ptr) - 2 },
				 takes_variables, out)) {
		return (size_t)(end + 1 - text.ptr);
	}
	buf_addc(out, text.ptr[0]);
	return 1;
}

void prompt_text_read(struct slice text, bool takes_variables, struct buf *out)
{
	while (text.len) {
		size_t done = read_some(text, takes_variables, out);

		text.ptr += done;
		text.len -= done;
	}
}

static void add_time(char mark, int64_t wall_ms, struct buf *out)
{
	char text[CLOCK_TEXT_BYTES];

	if (mark != 't') {
		clock_local_date(wall_ms, text);
		buf_adds(out, text);
	}
	if (mark == 'b') {
		buf_addc(out, ' ');
	}
	if (mark != 'd') {
		clock_local_time(wall_ms, text);
		buf_adds(out, text);
	}
}

void prompt_text_write(struct slice text, int64_t wall_ms, struct buf *out)
{
	const char *mark;

	while (text.len && (mark = memchr(text.ptr, TIME_MARK, text.len))) {
		size_t before = (size_t)(mark - text.ptr);

		buf_add(out, text.ptr, before);
		add_time(mark[1], wall_ms, out);
		text.ptr += before + 2;
		text.len -= before + 2;
	}
	buf_add(out, text.ptr, text.len);
}
