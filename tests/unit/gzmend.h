/* gzmend: index and end frames with the CRC-32 of what they hold, for fuzz
   targets. */
#ifndef GZMEND_H
#define GZMEND_H

#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "gzframe.h"

/* The CRC-32 of every payload that begins as one of ours. */
static inline void
gzmend(uint8_t *data, size_t size)
{
	for (size_t at = 0; at + GZFRAME_PROBE_SIZE <= size; at++) {
		enum gzframe_kind kind = gzframe_probe(data + at, size - at);
		size_t payload = (size_t)data[at + 14] |
		    (size_t)data[at + 15] << 8;

		if ((kind != GZFRAME_INDEX && kind != GZFRAME_END) ||
		    payload < 8 || payload > size - at - 16)
			continue;
		uint8_t *crc = data + at + 16 + payload - 4;
		uint32_t value = codec_crc32(data + at + 16, payload - 4);

		for (int i = 0; i < 4; i++)
			crc[i] = (uint8_t)(value >> (8 * i));
	}
}

#endif
