#include "config/lines.h"

size_t line_start(struct slice text, size_t at)
{
	while (at > 0 && text.ptr[at - 1] != '\n') {
		at--;
	}
	return at;
}

size_t next_line(struct slice text, size_t at)
{
	while (at < text.len && text.ptr[at] != '\n') {
		at++;
	}
	return at < text.len ? at + 1 : at;
}

size_t skip_blanks(struct slice text, size_t at)
{
	while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t')) {
		at++;
	}
	return at;
}

size_t skip_space(struct slice text, size_t at)
{
	while (at < text.len && text.ptr[at] && strchr(" \t\r\n", text.ptr[at])) {
		at++;
	}
	return at;
}

bool is_first_on_line(struct slice text, size_t at)
{
	return skip_blanks(text, line_start(text, at)) == at;
}

bool has_any(struct slice text, size_t start, size_t end, const char *chars)
{
	while (start < end && !strchr(chars, text.ptr[start])) {
		start++;
	}
	return start < end;
}

size_t line_behind(struct slice text, const struct node *n)
{
	if (n->end > n->start && text.ptr[n->end - 1] == '\n') {
		return n->end;
	}
	return next_line(text, n->end);
}

size_t end_without_breaks(struct slice text, const struct node *n)
{
	size_t end = n->end;

	while (end > n->start && strchr("\r\n", text.ptr[end - 1])) {
		end--;
	}
	return end;
}
