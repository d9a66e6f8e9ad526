/*
 * Images, documents and files on their way between formats (C23, C72-C77):
 * base64, data URLs, types told by content.
 */
#ifndef FORMATS_MEDIA_H
#define FORMATS_MEDIA_H

#include "formats/format.h"

/* The image type told by the first bytes of base64 data, or SLICE_NULL (C72). */
struct slice sniff_image(struct slice base64);

/* Checks alphabet and padding and removes white space (C72). False: no base64. */
bool clean_base64(struct arena *a, struct slice *data);
bool base64_to_text(struct arena *a, struct slice base64, struct slice *text);

/* Parts of a base64 data URL, borrowed; the type may be empty. False for
 * anything else, data URLs without base64 included (C23). */
bool data_url_read(struct slice url, struct slice *mime, struct slice *base64);
struct slice data_url_make(struct arena *a, struct slice mime, struct slice base64);
bool url_is_http(struct slice url);           /* http or https */
bool url_is_https(struct slice url);
bool mime_is_text(struct slice mime);

/* Checks a base64 image and corrects its type by content, with a warning
 * (C72). `media` is the encoder's own copy. False: refused. */
bool image_prepare(struct conversion *c, struct hub_media *media, bool four_types_only);

/* The blocks of a request that name their media by URL, those inside tool
 * results and documents too; how many, of which at most `max` are in `out`. */
size_t media_urls(struct hub_request *req, struct hub_block **out, size_t max);

/* C77: a file id goes to the provider that issued it; else refused. */
bool file_is_ours(struct conversion *c, const struct hub_media *media, enum hub_origin own);

#endif
