#include "formats/models_list.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/uri.h"

#define MAX_PAGE 1000

static const char *decoded(const char *query, const char *name, struct arena *a)
{
	struct slice value;
	const char *text = NULL;

	if (uri_parameter(query, name, &value)) {
		text = uri_decode(value, a);
	}
	return text ? text : "";
}

static size_t limit_of(const char *query, const char *name)
{
	struct slice value;
	uint64_t limit = 0;

	if (uri_parameter(query, name, &value) && str_to_u64(value, &limit)) {
		return limit < MAX_PAGE ? (size_t)limit : MAX_PAGE;
	}
	return 0;
}

struct models_page models_list_page(enum format_id family, const char *query,
				    struct arena *a)
{
	struct models_page page = { .after = "", .before = "" };

	if (family == FORMAT_ANTHROPIC) {
		page.limit = limit_of(query, "limit");
		page.after = decoded(query, "after_id", a);
		page.before = decoded(query, "before_id", a);
	} else if (family == FORMAT_GEMINI) {
		page.limit = limit_of(query, "pageSize");
		page.after = decoded(query, "pageToken", a);
	}
	return page;
}

struct range {
	size_t from;
	size_t to;
};

/* `count` when it is not there: a page behind it is empty, and a client that
 * pages on comes to an end. */
static size_t index_of(const struct model_entry *entries, size_t count, const char *id)
{
	size_t i = 0;

	while (i < count && !str_eq(entries[i].id, id)) {
		i++;
	}
	return i;
}

static struct range range_of(const struct model_entry *entries, size_t count,
			     const struct models_page *page)
{
	struct range r = { 0, count };

	if (!page) {
		return r;
	}
	if (*page->before) {
		r.to = index_of(entries, count, page->before);
	} else if (*page->after) {
		r.from = index_of(entries, count, page->after);
		r.from += r.from < count;
	}
	if (page->limit && r.to - r.from > page->limit) {
		if (*page->before) {
			r.from = r.to - page->limit;
		} else {
			r.to = r.from + page->limit;
		}
	}
	return r;
}

static const char *shown_name(const struct model_entry *e)
{
	return str_empty(e->display_name) ? e->id : e->display_name;
}

static void write_openai(struct json_writer *w, const struct model_entry *e)
{
	json_object(w);
	json_kstr(w, "id", e->id);
	json_kstr(w, "object", "model");
	json_kint(w, "created", e->created_s);
	json_kstr(w, "owned_by", str_empty(e->owner) ? "llm-gateway" : e->owner);
	json_end(w);
}

/* The four members that all clients know; an unknown date is the epoch, as at
 * the vendor. What the gateway cannot know is left out. */
static void write_anthropic(struct json_writer *w, const struct model_entry *e)
{
	char created[CLOCK_TEXT_BYTES];

	clock_format(e->created_s * 1000, created);
	json_object(w);
	json_kstr(w, "type", "model");
	json_kstr(w, "id", e->id);
	json_kstr(w, "display_name", shown_name(e));
	json_kstr(w, "created_at", created);
	json_end(w);
}

static void write_gemini(struct json_writer *w, const struct model_entry *e)
{
	struct buf name = BUF_INIT(MAX_CLIENT_HEAD_BYTES);

	buf_addf(&name, "models/%s", e->id);
	json_object(w);
	json_key(w, "name");
	json_strn(w, buf_slice(&name));
	json_kstr(w, "displayName", shown_name(e));
	json_key(w, "supportedGenerationMethods");
	json_array(w);
	json_str(w, "generateContent");
	json_str(w, "countTokens");
	json_end(w);
	json_end(w);
	buf_release(&name);
}

static void write_entry(struct json_writer *w, enum format_id family,
			const struct model_entry *e)
{
	switch (family) {
	case FORMAT_ANTHROPIC:
		write_anthropic(w, e);
		break;
	case FORMAT_GEMINI:
		write_gemini(w, e);
		break;
	default:
		write_openai(w, e);
		break;
	}
}

/* Whether more follows, and where. */
static void write_paging(struct json_writer *w, enum format_id family,
			 const struct model_entry *entries, size_t count, struct range r,
			 bool is_backward)
{
	const char *first = r.to > r.from ? entries[r.from].id : NULL;
	const char *last = r.to > r.from ? entries[r.to - 1].id : NULL;

	if (family == FORMAT_ANTHROPIC) {
		json_kbool(w, "has_more", is_backward ? r.from > 0 : r.to < count);
		json_kstr(w, "first_id", first);
		json_kstr(w, "last_id", last);
	} else if (family == FORMAT_GEMINI && r.to < count && last) {
		json_kstr(w, "nextPageToken", last);
	}
}

void models_list_write(enum format_id family, const struct model_entry *entries,
		       size_t count, const struct models_page *page, struct buf *out)
{
	struct range r = range_of(entries, count, page);
	struct json_writer w;

	json_open(&w, out);
	json_object(&w);
	if (family != FORMAT_ANTHROPIC && family != FORMAT_GEMINI) {
		json_kstr(&w, "object", "list");
	}
	json_key(&w, family == FORMAT_GEMINI ? "models" : "data");
	json_array(&w);
	for (size_t i = r.from; i < r.to; i++) {
		write_entry(&w, family, &entries[i]);
	}
	json_end(&w);
	write_paging(&w, family, entries, count, r, page && *page->before);
	json_end(&w);
}

void models_list_write_one(enum format_id family, const struct model_entry *entry,
			   struct buf *out)
{
	struct json_writer w;

	json_open(&w, out);
	write_entry(&w, family, entry);
}
