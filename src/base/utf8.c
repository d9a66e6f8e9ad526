#include "base/utf8.h"

static size_t expected_length(unsigned char lead)
{
	if (lead < 0x80) {
		return 1;
	}
	if (lead >= 0xc2 && lead <= 0xdf) {
		return 2;
	}
	if ((lead & 0xf0) == 0xe0) {
		return 3;
	}
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

size_t utf8_decode(const char *ptr, size_t len, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead;
	size_t width;
	uint32_t value;

	if (!len) {
		return 0;
	}
	lead = (unsigned char)*ptr;
	width = expected_length(lead);
	if (!width || width > len) {
		return 0;
	}
	value = width == 1 ? lead : (uint32_t)lead & (0x7fu >> width);
	for (size_t i = 1; i < width; i++) {
		unsigned char c = (unsigned char)ptr[i];

		if ((c & 0xc0) != 0x80) {
			return 0;
		}
		value = value << 6 | (c & 0x3fu);
	}
	if (value < least[width] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
		return 0;
	}
	*code = value;
	return width;
}

size_t utf8_valid_length(const char *ptr, size_t len)
{
	uint32_t code;

	return utf8_decode(ptr, len, &code);
}

void utf8_encode(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_addc(out, (char)code);
	} else if (code < 0x800) {
		buf_addc(out, (char)(0xc0 | code >> 6));
		buf_addc(out, (char)(0x80 | (code & 0x3f)));
	} else if (code < 0x10000) {
		buf_addc(out, (char)(0xe0 | code >> 12));
		buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (code & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | code >> 18));
		buf_addc(out, (char)(0x80 | (code >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (code & 0x3f)));
	}
}

bool utf8_is_valid(const char *ptr, size_t len)
{
	while (len) {
		size_t width = utf8_valid_length(ptr, len);

		if (!width) {
			return false;
		}
		ptr += width;
		len -= width;
	}
	return true;
}

int64_t utf8_count(struct slice text)
{
	int64_t count = 0;

	for (size_t i = 0; i < text.len; i++) {
		count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	}
	return count;
}
