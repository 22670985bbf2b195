
/*
 * The decoders of https://encoding.spec.whatwg.org/: bytes to UTF-16.  Pure
 * functions over a small state.
 */

#ifndef DW_DECODER_H
#define DW_DECODER_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>


/* runtime/web/encodings.js has the same order. */
typedef enum {
    DW_UTF_8 = 0,
    DW_UTF_16LE,
    DW_UTF_16BE,
    DW_GB18030,                 /* and GBK */
    DW_BIG5,
    DW_EUC_JP,
    DW_ISO_2022_JP,
    DW_SHIFT_JIS,
    DW_EUC_KR,
    DW_X_USER_DEFINED,
    DW_SINGLE_BYTE,             /* the first of those with a table */
    DW_ENCODING_LAST = DW_SINGLE_BYTE + 28
} dw_encoding_t;


/* The fields are the standard's; what they mean is up to the encoding. */
typedef struct {
    dw_encoding_t   encoding;
    bool            fatal;
    bool            flag;
    uint8_t         state;
    uint8_t         output_state;
    uint8_t         lead;
    uint8_t         second;
    uint8_t         third;
    uint32_t        bits;
    uint16_t        lead_surrogate;
    /* read again before anything else, the last one first */
    uint8_t         restored[3];
    uint8_t         restored_size;
} dw_decoder_t;


/* How many units at most come of "size" bytes. */
#define DW_DECODER_ROOM(size)  ((size) + 8)


/* A new decoder; the encoding must be less than DW_ENCODING_LAST. */
void dw_decoder_init(dw_decoder_t *decoder, dw_encoding_t encoding,
    bool fatal);

/*
 * Decodes to "out", which has DW_DECODER_ROOM(size), and sets *units.  "flush"
 * says that nothing follows.  Returns how many bytes were read, all of them
 * unless the decoder is fatal: then *failed says whether there was an error.
 */
size_t dw_decoder_run(dw_decoder_t *decoder, const uint8_t *bytes, size_t size,
    bool flush, uint16_t *out, size_t *units, bool *failed);


#endif /* DW_DECODER_H */
