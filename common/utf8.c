#include "utf8.h"

/* For a byte that begins a character: how many follow, and which. */
bool
utf8_take(struct utf8 *u, unsigned char byte)
{
	if (u->left > 0) {
		if (byte < u->min || byte > u->max)
			return false;
		u->left--;
		u->min = 0x80;
		u->max = 0xbf;
		return true;
	}
	if (byte < 0x80)
		return true;
	if (byte < 0xc2 || byte > 0xf4)
		return false;
	u->left = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
	u->min = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
	u->max = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
	return true;
}
