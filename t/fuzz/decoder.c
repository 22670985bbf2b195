/* sources: engine/decoder.c */

/*
 * What ops decode and decodeOnce hand on: any bytes, in any encoding, in any
 * slices.  The slices must not matter, and no text may be longer than
 * promised or ill-formed.
 */

#include <stdlib.h>
#include <string.h>

#include "engine/decoder.h"


static size_t
decode(dw_decoder_t *decoder, const uint8_t *bytes, size_t size, bool flush,
    uint16_t *out, bool *failed)
{
    size_t     read, units;
    uint16_t  *exact;

    /* Exactly as much as is promised to be enough. */

    exact = malloc(DW_DECODER_ROOM(size) * sizeof(uint16_t));
    read = dw_decoder_run(decoder, bytes, size, flush, exact, &units, failed);

    if (read > size || units > DW_DECODER_ROOM(size)
        || (!*failed && read != size) || (*failed && !decoder->fatal))
    {
        abort();
    }

    memcpy(out, exact, units * sizeof(uint16_t));
    free(exact);

    return units;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool           failed[2], fatal;
    size_t         i, n, units[2], step;
    uint16_t      *out[2];
    dw_decoder_t   decoder;

    if (size < 2) {
        return 0;
    }

    fatal = data[0] & 0x80;
    n = (data[0] & 0x7f) % DW_ENCODING_LAST;
    step = data[1] % 16 + 1;
    data += 2;
    size -= 2;

    for (i = 0; i < 2; i++) {
        out[i] = malloc((size * 9 + 16) * sizeof(uint16_t));
    }

    dw_decoder_init(&decoder, (dw_encoding_t) n, fatal);
    units[0] = decode(&decoder, data, size, true, out[0], &failed[0]);

    dw_decoder_init(&decoder, (dw_encoding_t) n, fatal);
    units[1] = 0;
    failed[1] = false;

    for (i = 0; i < size && !failed[1]; i += step) {
        units[1] += decode(&decoder, data + i, size - i < step ? size - i : step,
                           false, out[1] + units[1], &failed[1]);
    }

    if (!failed[1]) {
        units[1] += decode(&decoder, NULL, 0, true, out[1] + units[1],
                           &failed[1]);
    }

    if (units[0] != units[1] || failed[0] != failed[1]
        || memcmp(out[0], out[1], units[0] * sizeof(uint16_t)) != 0)
    {
        abort();
    }

    for (i = 0; i < units[0]; i++) {

        if (out[0][i] >= 0xd800 && out[0][i] <= 0xdbff) {

            if (++i == units[0] || out[0][i] < 0xdc00 || out[0][i] > 0xdfff) {
                abort();
            }

        } else if (out[0][i] >= 0xdc00 && out[0][i] <= 0xdfff) {
            abort();
        }
    }

    free(out[0]);
    free(out[1]);

    return 0;
}
