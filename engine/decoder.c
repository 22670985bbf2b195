
/*
 * Each decoder is the standard's algorithm, word for word where that helps to
 * compare the two.
 */

#include <string.h>

#include "engine/decoder.h"
#include "gen/encoding-index.h"


#define DW_DECODER_END        (-1)    /* as a byte: end-of-queue */

/* What a decoder answers, if not a code point. */
#define DW_DECODER_CONTINUE   (-1)
#define DW_DECODER_FINISHED   (-2)
#define DW_DECODER_ERROR      (-3)

/* Two code points at once, the second one being less than U+0400. */
#define DW_DECODER_TWO(a, b)  ((a) | (b) << 21)
#define DW_DECODER_FIRST(c)   ((c) & 0x1fffff)
#define DW_DECODER_SECOND(c)  ((c) >> 21)


#define DW_IN(byte, low, high)  ((byte) >= (low) && (byte) <= (high))
#define DW_IS_ASCII(byte)       DW_IN(byte, 0, 0x7f)


/* "byte" is one, or DW_DECODER_END. */
typedef int (*dw_decoder_handler_t)(dw_decoder_t *decoder, int byte);


typedef struct {
    uint32_t   pointer;
    uint32_t   code_point;
} dw_index_range_t;


/* https://encoding.spec.whatwg.org/index-gb18030-ranges.txt */
static const dw_index_range_t  dw_index_gb18030_ranges[] = {
    { 0, 0x0080 }, { 36, 0x00a5 }, { 38, 0x00a9 }, { 45, 0x00b2 },
    { 50, 0x00b8 }, { 81, 0x00d8 }, { 89, 0x00e2 }, { 95, 0x00eb },
    { 96, 0x00ee }, { 100, 0x00f4 }, { 103, 0x00f8 }, { 104, 0x00fb },
    { 105, 0x00fd }, { 109, 0x0102 }, { 126, 0x0114 }, { 133, 0x011c },
    { 148, 0x012c }, { 172, 0x0145 }, { 175, 0x0149 }, { 179, 0x014e },
    { 208, 0x016c }, { 306, 0x01cf }, { 307, 0x01d1 }, { 308, 0x01d3 },
    { 309, 0x01d5 }, { 310, 0x01d7 }, { 311, 0x01d9 }, { 312, 0x01db },
    { 313, 0x01dd }, { 341, 0x01fa }, { 428, 0x0252 }, { 443, 0x0262 },
    { 544, 0x02c8 }, { 545, 0x02cc }, { 558, 0x02da }, { 741, 0x03a2 },
    { 742, 0x03aa }, { 749, 0x03c2 }, { 750, 0x03ca }, { 805, 0x0402 },
    { 819, 0x0450 }, { 820, 0x0452 }, { 7922, 0x2011 }, { 7924, 0x2017 },
    { 7925, 0x201a }, { 7927, 0x201e }, { 7934, 0x2027 }, { 7943, 0x2031 },
    { 7944, 0x2034 }, { 7945, 0x2036 }, { 7950, 0x203c }, { 8062, 0x20ad },
    { 8148, 0x2104 }, { 8149, 0x2106 }, { 8152, 0x210a }, { 8164, 0x2117 },
    { 8174, 0x2122 }, { 8236, 0x216c }, { 8240, 0x217a }, { 8262, 0x2194 },
    { 8264, 0x219a }, { 8374, 0x2209 }, { 8380, 0x2210 }, { 8381, 0x2212 },
    { 8384, 0x2216 }, { 8388, 0x221b }, { 8390, 0x2221 }, { 8392, 0x2224 },
    { 8393, 0x2226 }, { 8394, 0x222c }, { 8396, 0x222f }, { 8401, 0x2238 },
    { 8406, 0x223e }, { 8416, 0x2249 }, { 8419, 0x224d }, { 8424, 0x2253 },
    { 8437, 0x2262 }, { 8439, 0x2268 }, { 8445, 0x2270 }, { 8482, 0x2296 },
    { 8485, 0x229a }, { 8496, 0x22a6 }, { 8521, 0x22c0 }, { 8603, 0x2313 },
    { 8936, 0x246a }, { 8946, 0x249c }, { 9046, 0x254c }, { 9050, 0x2574 },
    { 9063, 0x2590 }, { 9066, 0x2596 }, { 9076, 0x25a2 }, { 9092, 0x25b4 },
    { 9100, 0x25be }, { 9108, 0x25c8 }, { 9111, 0x25cc }, { 9113, 0x25d0 },
    { 9131, 0x25e6 }, { 9162, 0x2607 }, { 9164, 0x260a }, { 9218, 0x2641 },
    { 9219, 0x2643 }, { 11329, 0x2e82 }, { 11331, 0x2e85 }, { 11334, 0x2e89 },
    { 11336, 0x2e8d }, { 11346, 0x2e98 }, { 11361, 0x2ea8 }, { 11363, 0x2eab },
    { 11366, 0x2eaf }, { 11370, 0x2eb4 }, { 11372, 0x2eb8 }, { 11375, 0x2ebc },
    { 11389, 0x2ecb }, { 11682, 0x2ffc }, { 11686, 0x3004 }, { 11687, 0x3018 },
    { 11692, 0x301f }, { 11694, 0x302a }, { 11714, 0x303f }, { 11716, 0x3094 },
    { 11723, 0x309f }, { 11725, 0x30f7 }, { 11730, 0x30ff }, { 11736, 0x312a },
    { 11982, 0x322a }, { 11989, 0x3232 }, { 12102, 0x32a4 }, { 12336, 0x3390 },
    { 12348, 0x339f }, { 12350, 0x33a2 }, { 12384, 0x33c5 }, { 12393, 0x33cf },
    { 12395, 0x33d3 }, { 12397, 0x33d6 }, { 12510, 0x3448 }, { 12553, 0x3474 },
    { 12851, 0x359f }, { 12962, 0x360f }, { 12973, 0x361b }, { 13738, 0x3919 },
    { 13823, 0x396f }, { 13919, 0x39d1 }, { 13933, 0x39e0 }, { 14080, 0x3a74 },
    { 14298, 0x3b4f }, { 14585, 0x3c6f }, { 14698, 0x3ce1 }, { 15583, 0x4057 },
    { 15847, 0x4160 }, { 16318, 0x4338 }, { 16434, 0x43ad }, { 16438, 0x43b2 },
    { 16481, 0x43de }, { 16729, 0x44d7 }, { 17102, 0x464d }, { 17122, 0x4662 },
    { 17315, 0x4724 }, { 17320, 0x472a }, { 17402, 0x477d }, { 17418, 0x478e },
    { 17859, 0x4948 }, { 17909, 0x497b }, { 17911, 0x497e }, { 17915, 0x4984 },
    { 17916, 0x4987 }, { 17936, 0x499c }, { 17939, 0x49a0 }, { 17961, 0x49b8 },
    { 18664, 0x4c78 }, { 18703, 0x4ca4 }, { 18814, 0x4d1a }, { 18962, 0x4daf },
    { 19043, 0x9fa6 }, { 33469, 0xe76c }, { 33470, 0xe7c8 }, { 33471, 0xe7e7 },
    { 33484, 0xe815 }, { 33485, 0xe819 }, { 33490, 0xe81f }, { 33497, 0xe827 },
    { 33501, 0xe82d }, { 33505, 0xe833 }, { 33513, 0xe83c }, { 33520, 0xe844 },
    { 33536, 0xe856 }, { 33550, 0xe865 }, { 37845, 0xf92d }, { 37921, 0xf97a },
    { 37948, 0xf996 }, { 38029, 0xf9e8 }, { 38038, 0xf9f2 }, { 38064, 0xfa10 },
    { 38065, 0xfa12 }, { 38066, 0xfa15 }, { 38069, 0xfa19 }, { 38075, 0xfa22 },
    { 38076, 0xfa25 }, { 38078, 0xfa2a }, { 39108, 0xfe32 }, { 39109, 0xfe45 },
    { 39113, 0xfe53 }, { 39114, 0xfe58 }, { 39115, 0xfe67 }, { 39116, 0xfe6c },
    { 39265, 0xff5f }, { 39394, 0xffe6 }, { 189000, 0x10000 }
};


/* In the order of the names in runtime/web/encodings.js. */
static const uint16_t  *dw_index_single[] = {
    dw_index_ibm866,
    dw_index_iso_8859_2,
    dw_index_iso_8859_3,
    dw_index_iso_8859_4,
    dw_index_iso_8859_5,
    dw_index_iso_8859_6,
    dw_index_iso_8859_7,
    dw_index_iso_8859_8,
    dw_index_iso_8859_8,        /* ISO-8859-8-I */
    dw_index_iso_8859_10,
    dw_index_iso_8859_13,
    dw_index_iso_8859_14,
    dw_index_iso_8859_15,
    dw_index_iso_8859_16,
    dw_index_koi8_r,
    dw_index_koi8_u,
    dw_index_macintosh,
    dw_index_windows_874,
    dw_index_windows_1250,
    dw_index_windows_1251,
    dw_index_windows_1252,
    dw_index_windows_1253,
    dw_index_windows_1254,
    dw_index_windows_1255,
    dw_index_windows_1256,
    dw_index_windows_1257,
    dw_index_windows_1258,
    dw_index_x_mac_cyrillic
};


#define DW_COUNT(a)  (sizeof(a) / sizeof((a)[0]))

_Static_assert(DW_COUNT(dw_index_single) == DW_ENCODING_LAST - DW_SINGLE_BYTE,
               "each encoding has a table");

/* A code point of an index, or 0 where it has none. */
#define dw_index_get(index, pointer)                                          \
    ((size_t) (pointer) < DW_COUNT(index) ? (index)[pointer] : 0)


static void
dw_decoder_restore(dw_decoder_t *decoder, int byte)
{
    decoder->restored[decoder->restored_size++] = (uint8_t) byte;
}


/* What a lead byte and "byte" are for, or an error that spares ASCII. */
static int
dw_decoder_pair(dw_decoder_t *decoder, int byte, int code_point)
{
    if (code_point != 0) {
        return code_point;
    }

    if (DW_IS_ASCII(byte)) {
        dw_decoder_restore(decoder, byte);
    }

    return DW_DECODER_ERROR;
}


/* The first byte of a character: all of it, its lead, or an error. */
static int
dw_decoder_first(dw_decoder_t *decoder, int byte, bool is_lead)
{
    if (DW_IS_ASCII(byte)) {
        return byte;
    }

    if (is_lead) {
        decoder->lead = (uint8_t) byte;

        return DW_DECODER_CONTINUE;
    }

    return DW_DECODER_ERROR;
}


/* The end of input, for those whose state is "lead". */
static int
dw_decoder_lead_end(dw_decoder_t *decoder)
{
    if (decoder->lead == 0) {
        return DW_DECODER_FINISHED;
    }

    decoder->lead = 0;

    return DW_DECODER_ERROR;
}


/*
 * https://encoding.spec.whatwg.org/#utf-8-decoder
 * lead: bytes needed; third: bytes seen; state, second: lower, upper boundary
 */
static int
dw_decode_utf_8(dw_decoder_t *decoder, int byte)
{
    int  code_point;

    if (byte == DW_DECODER_END) {
        decoder->third = 0;

        return dw_decoder_lead_end(decoder);
    }

    if (decoder->lead == 0) {

        decoder->state = 0x80;
        decoder->second = 0xbf;

        if (DW_IS_ASCII(byte)) {
            return byte;

        } else if (DW_IN(byte, 0xc2, 0xdf)) {
            decoder->lead = 1;
            decoder->bits = byte & 0x1f;

        } else if (DW_IN(byte, 0xe0, 0xef)) {

            if (byte == 0xe0) {
                decoder->state = 0xa0;

            } else if (byte == 0xed) {
                decoder->second = 0x9f;
            }

            decoder->lead = 2;
            decoder->bits = byte & 0xf;

        } else if (DW_IN(byte, 0xf0, 0xf4)) {

            if (byte == 0xf0) {
                decoder->state = 0x90;

            } else if (byte == 0xf4) {
                decoder->second = 0x8f;
            }

            decoder->lead = 3;
            decoder->bits = byte & 0x7;

        } else {
            return DW_DECODER_ERROR;
        }

        return DW_DECODER_CONTINUE;
    }

    if (!DW_IN(byte, decoder->state, decoder->second)) {
        decoder->lead = 0;
        decoder->third = 0;
        dw_decoder_restore(decoder, byte);

        return DW_DECODER_ERROR;
    }

    decoder->state = 0x80;
    decoder->second = 0xbf;
    decoder->bits = decoder->bits << 6 | (byte & 0x3f);

    if (++decoder->third != decoder->lead) {
        return DW_DECODER_CONTINUE;
    }

    code_point = (int) decoder->bits;
    decoder->lead = 0;
    decoder->third = 0;

    return code_point;
}


/*
 * https://encoding.spec.whatwg.org/#shared-utf-16-decoder
 * flag: there is a lead byte
 */
static int
dw_decode_utf_16(dw_decoder_t *decoder, int byte)
{
    int  unit, lead;

    if (byte == DW_DECODER_END) {

        if (!decoder->flag && decoder->lead_surrogate == 0) {
            return DW_DECODER_FINISHED;
        }

        decoder->flag = false;
        decoder->lead_surrogate = 0;

        return DW_DECODER_ERROR;
    }

    if (!decoder->flag) {
        decoder->flag = true;
        decoder->lead = (uint8_t) byte;

        return DW_DECODER_CONTINUE;
    }

    unit = decoder->encoding == DW_UTF_16BE ? decoder->lead << 8 | byte
                                            : byte << 8 | decoder->lead;
    decoder->flag = false;

    if (decoder->lead_surrogate != 0) {

        lead = decoder->lead_surrogate;
        decoder->lead_surrogate = 0;

        if (DW_IN(unit, 0xdc00, 0xdfff)) {
            return 0x10000 + ((lead - 0xd800) << 10) + (unit - 0xdc00);
        }

        dw_decoder_restore(decoder, byte);
        dw_decoder_restore(decoder, decoder->lead);

        return DW_DECODER_ERROR;
    }

    if (DW_IN(unit, 0xd800, 0xdbff)) {
        decoder->lead_surrogate = (uint16_t) unit;

        return DW_DECODER_CONTINUE;
    }

    return DW_IN(unit, 0xdc00, 0xdfff) ? DW_DECODER_ERROR : unit;
}


/* https://encoding.spec.whatwg.org/#index-gb18030-ranges-code-point */
static int
dw_index_gb18030_range(uint32_t pointer)
{
    size_t  low, high, middle;

    if ((pointer > 39419 && pointer < 189000) || pointer > 1237575) {
        return DW_DECODER_ERROR;
    }

    if (pointer == 7457) {
        return 0xe7c7;
    }

    low = 0;
    high = DW_COUNT(dw_index_gb18030_ranges);

    while (high - low > 1) {
        middle = (low + high) / 2;

        if (dw_index_gb18030_ranges[middle].pointer <= pointer) {
            low = middle;

        } else {
            high = middle;
        }
    }

    return (int) (dw_index_gb18030_ranges[low].code_point + pointer
                  - dw_index_gb18030_ranges[low].pointer);
}


/*
 * https://encoding.spec.whatwg.org/#gb18030-decoder
 * lead: gb18030 first
 */
static int
dw_decode_gb18030(dw_decoder_t *decoder, int byte)
{
    int  first, second, third, pointer;

    first = decoder->lead;
    second = decoder->second;
    third = decoder->third;

    if (byte == DW_DECODER_END) {
        decoder->second = 0;
        decoder->third = 0;

        return dw_decoder_lead_end(decoder);
    }

    if (third != 0) {
        decoder->lead = 0;
        decoder->second = 0;
        decoder->third = 0;

        if (!DW_IN(byte, 0x30, 0x39)) {
            dw_decoder_restore(decoder, byte);
            dw_decoder_restore(decoder, third);
            dw_decoder_restore(decoder, second);

            return DW_DECODER_ERROR;
        }

        pointer = (((first - 0x81) * 10 + second - 0x30) * 126 + third - 0x81)
                  * 10 + byte - 0x30;

        return dw_index_gb18030_range((uint32_t) pointer);
    }

    if (second != 0) {

        if (DW_IN(byte, 0x81, 0xfe)) {
            decoder->third = (uint8_t) byte;

            return DW_DECODER_CONTINUE;
        }

        decoder->lead = 0;
        decoder->second = 0;
        dw_decoder_restore(decoder, byte);
        dw_decoder_restore(decoder, second);

        return DW_DECODER_ERROR;
    }

    if (first != 0) {

        if (DW_IN(byte, 0x30, 0x39)) {
            decoder->second = (uint8_t) byte;

            return DW_DECODER_CONTINUE;
        }

        decoder->lead = 0;

        if (!DW_IN(byte, 0x40, 0x7e) && !DW_IN(byte, 0x80, 0xfe)) {
            return dw_decoder_pair(decoder, byte, 0);
        }

        pointer = (first - 0x81) * 190 + byte - (byte < 0x7f ? 0x40 : 0x41);

        return dw_decoder_pair(decoder, byte,
                               dw_index_get(dw_index_gb18030, pointer));
    }

    if (byte == 0x80) {
        return 0x20ac;
    }

    return dw_decoder_first(decoder, byte, byte != 0xff);
}


static int
dw_index_big5_code_point(int pointer)
{
    int  code_point;

    switch (pointer) {
    case 1133:
        return DW_DECODER_TWO(0xca, 0x304);
    case 1135:
        return DW_DECODER_TWO(0xca, 0x30c);
    case 1164:
        return DW_DECODER_TWO(0xea, 0x304);
    case 1166:
        return DW_DECODER_TWO(0xea, 0x30c);
    }

    code_point = dw_index_get(dw_index_big5, pointer);

    if (code_point != 0 && (dw_index_big5_high[pointer / 8]
                            & 1 << pointer % 8))
    {
        code_point += 0x20000;
    }

    return code_point;
}


/* https://encoding.spec.whatwg.org/#big5-decoder */
static int
dw_decode_big5(dw_decoder_t *decoder, int byte)
{
    int  lead, pointer;

    if (byte == DW_DECODER_END) {
        return dw_decoder_lead_end(decoder);
    }

    if (decoder->lead != 0) {
        lead = decoder->lead;
        decoder->lead = 0;

        if (!DW_IN(byte, 0x40, 0x7e) && !DW_IN(byte, 0xa1, 0xfe)) {
            return dw_decoder_pair(decoder, byte, 0);
        }

        pointer = (lead - 0x81) * 157 + byte - (byte < 0x7f ? 0x40 : 0x62);

        return dw_decoder_pair(decoder, byte,
                               dw_index_big5_code_point(pointer));
    }

    return dw_decoder_first(decoder, byte, DW_IN(byte, 0x81, 0xfe));
}


/*
 * https://encoding.spec.whatwg.org/#euc-jp-decoder
 * flag: jis0212
 */
static int
dw_decode_euc_jp(dw_decoder_t *decoder, int byte)
{
    int  lead, pointer, code_point;

    if (byte == DW_DECODER_END) {
        return dw_decoder_lead_end(decoder);
    }

    lead = decoder->lead;

    if (lead == 0x8e && DW_IN(byte, 0xa1, 0xdf)) {
        decoder->lead = 0;

        return 0xff61 - 0xa1 + byte;
    }

    if (lead == 0x8f && DW_IN(byte, 0xa1, 0xfe)) {
        decoder->flag = true;
        decoder->lead = (uint8_t) byte;

        return DW_DECODER_CONTINUE;
    }

    if (lead != 0) {
        decoder->lead = 0;
        code_point = 0;

        if (DW_IN(lead, 0xa1, 0xfe) && DW_IN(byte, 0xa1, 0xfe)) {
            pointer = (lead - 0xa1) * 94 + byte - 0xa1;
            code_point = decoder->flag
                         ? dw_index_get(dw_index_jis0212, pointer)
                         : dw_index_get(dw_index_jis0208, pointer);
        }

        decoder->flag = false;

        return dw_decoder_pair(decoder, byte, code_point);
    }

    return dw_decoder_first(decoder, byte, byte == 0x8e || byte == 0x8f
                                           || DW_IN(byte, 0xa1, 0xfe));
}


enum {
    DW_ISO_ASCII = 0,
    DW_ISO_ROMAN,
    DW_ISO_KATAKANA,
    DW_ISO_LEAD,
    DW_ISO_TRAIL,
    DW_ISO_ESCAPE_START,
    DW_ISO_ESCAPE
};


static int
dw_decode_iso_2022_jp_escape(dw_decoder_t *decoder, int byte)
{
    int   lead;
    bool  output;

    if (decoder->state == DW_ISO_ESCAPE_START) {

        if (byte == 0x24 || byte == 0x28) {
            decoder->lead = (uint8_t) byte;
            decoder->state = DW_ISO_ESCAPE;

            return DW_DECODER_CONTINUE;
        }

        if (byte != DW_DECODER_END) {
            dw_decoder_restore(decoder, byte);
        }

        decoder->flag = false;
        decoder->state = decoder->output_state;

        return DW_DECODER_ERROR;
    }

    lead = decoder->lead;
    decoder->lead = 0;

    if (lead == 0x28 && byte == 0x42) {
        decoder->state = DW_ISO_ASCII;

    } else if (lead == 0x28 && byte == 0x4a) {
        decoder->state = DW_ISO_ROMAN;

    } else if (lead == 0x28 && byte == 0x49) {
        decoder->state = DW_ISO_KATAKANA;

    } else if (lead == 0x24 && (byte == 0x40 || byte == 0x42)) {
        decoder->state = DW_ISO_LEAD;

    } else {

        if (byte != DW_DECODER_END) {
            dw_decoder_restore(decoder, byte);
        }

        dw_decoder_restore(decoder, lead);
        decoder->flag = false;
        decoder->state = decoder->output_state;

        return DW_DECODER_ERROR;
    }

    decoder->output_state = decoder->state;
    output = decoder->flag;
    decoder->flag = true;

    return output ? DW_DECODER_ERROR : DW_DECODER_CONTINUE;
}


/*
 * https://encoding.spec.whatwg.org/#iso-2022-jp-decoder
 * flag: ISO-2022-JP output
 */
static int
dw_decode_iso_2022_jp(dw_decoder_t *decoder, int byte)
{
    int  pointer, code_point;

    if (decoder->state >= DW_ISO_ESCAPE_START) {
        return dw_decode_iso_2022_jp_escape(decoder, byte);
    }

    if (byte == 0x1b) {
        pointer = decoder->state;
        decoder->state = DW_ISO_ESCAPE_START;

        return pointer == DW_ISO_TRAIL ? DW_DECODER_ERROR
                                       : DW_DECODER_CONTINUE;
    }

    if (decoder->state == DW_ISO_TRAIL) {
        decoder->state = DW_ISO_LEAD;

        if (!DW_IN(byte, 0x21, 0x7e)) {
            return DW_DECODER_ERROR;
        }

        pointer = (decoder->lead - 0x21) * 94 + byte - 0x21;
        code_point = dw_index_get(dw_index_jis0208, pointer);

        return code_point ? code_point : DW_DECODER_ERROR;
    }

    if (byte == DW_DECODER_END) {
        return DW_DECODER_FINISHED;
    }

    decoder->flag = false;

    switch (decoder->state) {

    case DW_ISO_LEAD:

        if (DW_IN(byte, 0x21, 0x7e)) {
            decoder->lead = (uint8_t) byte;
            decoder->state = DW_ISO_TRAIL;

            return DW_DECODER_CONTINUE;
        }

        return DW_DECODER_ERROR;

    case DW_ISO_KATAKANA:
        return DW_IN(byte, 0x21, 0x5f) ? 0xff61 - 0x21 + byte
                                       : DW_DECODER_ERROR;

    case DW_ISO_ROMAN:

        if (byte == 0x5c) {
            return 0xa5;
        }

        if (byte == 0x7e) {
            return 0x203e;
        }
    }

    return DW_IS_ASCII(byte) && byte != 0x0e && byte != 0x0f
           ? byte : DW_DECODER_ERROR;
}


/* https://encoding.spec.whatwg.org/#shift_jis-decoder */
static int
dw_decode_shift_jis(dw_decoder_t *decoder, int byte)
{
    int  lead, pointer;

    if (byte == DW_DECODER_END) {
        return dw_decoder_lead_end(decoder);
    }

    if (decoder->lead != 0) {
        lead = decoder->lead;
        decoder->lead = 0;

        if (!DW_IN(byte, 0x40, 0x7e) && !DW_IN(byte, 0x80, 0xfc)) {
            return dw_decoder_pair(decoder, byte, 0);
        }

        pointer = (lead - (lead < 0xa0 ? 0x81 : 0xc1)) * 188
                  + byte - (byte < 0x7f ? 0x40 : 0x41);

        if (DW_IN(pointer, 8836, 10715)) {
            return 0xe000 - 8836 + pointer;
        }

        return dw_decoder_pair(decoder, byte,
                               dw_index_get(dw_index_jis0208, pointer));
    }

    if (byte == 0x80) {
        return byte;
    }

    if (DW_IN(byte, 0xa1, 0xdf)) {
        return 0xff61 - 0xa1 + byte;
    }

    return dw_decoder_first(decoder, byte, DW_IN(byte, 0x81, 0x9f)
                                           || DW_IN(byte, 0xe0, 0xfc));
}


/* https://encoding.spec.whatwg.org/#euc-kr-decoder */
static int
dw_decode_euc_kr(dw_decoder_t *decoder, int byte)
{
    int  lead, pointer;

    if (byte == DW_DECODER_END) {
        return dw_decoder_lead_end(decoder);
    }

    if (decoder->lead != 0) {
        lead = decoder->lead;
        decoder->lead = 0;

        if (!DW_IN(byte, 0x41, 0xfe)) {
            return dw_decoder_pair(decoder, byte, 0);
        }

        pointer = (lead - 0x81) * 190 + byte - 0x41;

        return dw_decoder_pair(decoder, byte,
                               dw_index_get(dw_index_euc_kr, pointer));
    }

    return dw_decoder_first(decoder, byte, DW_IN(byte, 0x81, 0xfe));
}


/* https://encoding.spec.whatwg.org/#x-user-defined-decoder */
static int
dw_decode_x_user_defined(dw_decoder_t *decoder, int byte)
{
    (void) decoder;

    if (byte == DW_DECODER_END) {
        return DW_DECODER_FINISHED;
    }

    return DW_IS_ASCII(byte) ? byte : 0xf780 + byte - 0x80;
}


/* https://encoding.spec.whatwg.org/#single-byte-decoder */
static int
dw_decode_single_byte(dw_decoder_t *decoder, int byte)
{
    int  code_point;

    if (byte == DW_DECODER_END) {
        return DW_DECODER_FINISHED;
    }

    if (byte < 0x80) {
        return byte;
    }

    code_point = dw_index_single[decoder->encoding - DW_SINGLE_BYTE]
                                [byte - 0x80];

    return code_point ? code_point : DW_DECODER_ERROR;
}


static const dw_decoder_handler_t  dw_decoder_handlers[DW_SINGLE_BYTE + 1] = {
    [DW_UTF_8] = dw_decode_utf_8,
    [DW_UTF_16LE] = dw_decode_utf_16,
    [DW_UTF_16BE] = dw_decode_utf_16,
    [DW_GB18030] = dw_decode_gb18030,
    [DW_BIG5] = dw_decode_big5,
    [DW_EUC_JP] = dw_decode_euc_jp,
    [DW_ISO_2022_JP] = dw_decode_iso_2022_jp,
    [DW_SHIFT_JIS] = dw_decode_shift_jis,
    [DW_EUC_KR] = dw_decode_euc_kr,
    [DW_X_USER_DEFINED] = dw_decode_x_user_defined,
    [DW_SINGLE_BYTE] = dw_decode_single_byte
};


void
dw_decoder_init(dw_decoder_t *decoder, dw_encoding_t encoding, bool fatal)
{
    memset(decoder, 0, sizeof(dw_decoder_t));

    decoder->encoding = encoding;
    decoder->fatal = fatal;
}


static uint16_t *
dw_decoder_put(uint16_t *out, int code_point)
{
    if (code_point < 0x10000) {
        *out++ = (uint16_t) code_point;

    } else {
        *out++ = (uint16_t) (0xd800 + ((code_point - 0x10000) >> 10));
        *out++ = (uint16_t) (0xdc00 + ((code_point - 0x10000) & 0x3ff));
    }

    return out;
}


/* Where each byte below 0x80 is itself unless something is pending. */
static bool
dw_decoder_skips_ascii(const dw_decoder_t *decoder)
{
    return decoder->encoding != DW_UTF_16LE
           && decoder->encoding != DW_UTF_16BE
           && decoder->encoding != DW_ISO_2022_JP;
}


size_t
dw_decoder_run(dw_decoder_t *decoder, const uint8_t *bytes, size_t size,
    bool flush, uint16_t *out, size_t *units, bool *failed)
{
    int                    byte, code_point;
    bool                   skips_ascii;
    size_t                 at;
    uint16_t              *last;
    dw_decoder_handler_t   handler;

    handler = dw_decoder_handlers[decoder->encoding < DW_SINGLE_BYTE
                                  ? decoder->encoding : DW_SINGLE_BYTE];
    skips_ascii = dw_decoder_skips_ascii(decoder);

    last = out;
    at = 0;
    *failed = false;

    for ( ;; ) {

        if (decoder->restored_size != 0) {
            byte = decoder->restored[--decoder->restored_size];

        } else if (at < size) {

            if (skips_ascii && decoder->lead == 0) {

                while (at < size && bytes[at] < 0x80) {
                    *last++ = bytes[at++];
                }

                if (at == size) {
                    continue;
                }
            }

            byte = bytes[at++];

        } else if (flush) {
            byte = DW_DECODER_END;

        } else {
            break;
        }

        code_point = handler(decoder, byte);

        if (code_point >= 0) {
            last = dw_decoder_put(last, DW_DECODER_FIRST(code_point));

            if (DW_DECODER_SECOND(code_point) != 0) {
                last = dw_decoder_put(last, DW_DECODER_SECOND(code_point));
            }

        } else if (code_point == DW_DECODER_FINISHED) {
            break;

        } else if (code_point == DW_DECODER_ERROR) {

            if (decoder->fatal) {
                *failed = true;
                break;
            }

            *last++ = 0xfffd;
        }
    }

    *units = (size_t) (last - out);

    return at;
}
