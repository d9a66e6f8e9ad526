#define _GNU_SOURCE   /* memfd_create */
#include "transfer/ca_bundle.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/limits.h"

bool ca_bundle_create(struct ca_bundle *b, const char *system_file, const char *extra_file,
		      struct err *err)
{
	struct buf text = BUF_INIT(MAX_CA_BYTES);
	bool ok;

	b->fd = -1;
	if (system_file) {
		file_read(system_file, &text, NULL);
	}
	buf_addc(&text, '\n');
	ok = file_read(extra_file, &text, err);
	if (ok) {
		b->fd = memfd_create("ca-bundle", MFD_CLOEXEC);
		ok = b->fd >= 0 && write(b->fd, text.ptr, text.len) == (ssize_t)text.len;
		ok = ok || err_errno(err, "trusted roots");
		snprintf(b->path, sizeof b->path, "/proc/self/fd/%d", b->fd);
	}
	buf_release(&text);
	return ok;
}

void ca_bundle_release(struct ca_bundle *b)
{
	if (b->fd >= 0) {
		close(b->fd);
	}
	b->fd = -1;
}
