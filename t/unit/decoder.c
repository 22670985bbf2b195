/* sources: engine/decoder.c */

/*
 * The decoders, against hashes of what an implementation of the standard that
 * passes its tests answers (@exodus/bytes 1.16.0, in JavaScript alone).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/decoder.h"


static uint32_t  hash;


/* FNV-1a */
static void
hash_unit(uint16_t unit)
{
    hash = (hash ^ (unit & 0xff)) * 0x01000193;
    hash = (hash ^ (unit >> 8)) * 0x01000193;
}


static void
hash_text(dw_encoding_t encoding, const uint8_t *bytes, size_t size)
{
    bool           failed;
    size_t         i, units;
    uint16_t       out[DW_DECODER_ROOM(8)];
    dw_decoder_t   decoder;

    dw_decoder_init(&decoder, encoding, false);

    assert_int_equal(dw_decoder_run(&decoder, bytes, size, true, out, &units,
                                    &failed), size);
    assert_false(failed);
    assert_in_range(units, 0, DW_DECODER_ROOM(size));

    for (i = 0; i < units; i++) {
        hash_unit(out[i]);
    }

    hash_unit(0xffff);
}


/* All sequences of one and of two bytes, after a prefix. */
static void
one_and_two_bytes_are_as_in_the_standard(void **state)
{
    size_t    i, size;
    uint8_t   bytes[8];
    unsigned  a, b;

    static const struct {
        unsigned     encoding;
        const char  *prefix;
        uint32_t     hash;
    } tests[] = {
        { DW_UTF_8, "", 0xeee77245 },
        { DW_UTF_16LE, "", 0xc56e1dc5 },
        { DW_UTF_16BE, "", 0xe5ddd5c5 },
        { DW_GB18030, "", 0x919b0806 },
        { DW_BIG5, "", 0x9904e57f },
        { DW_EUC_JP, "", 0x81ce2f2d },
        { DW_ISO_2022_JP, "", 0x235a4c53 },
        { DW_SHIFT_JIS, "", 0x4cfa8a45 },
        { DW_EUC_KR, "", 0x5fa8d239 },
        { DW_X_USER_DEFINED, "", 0x3d7df4c5 },
        { DW_SINGLE_BYTE + 0, "", 0x05b144f9 },   /* ibm866 */
        { DW_SINGLE_BYTE + 1, "", 0x489cf9e6 },   /* iso-8859-2 */
        { DW_SINGLE_BYTE + 2, "", 0xac4e9b03 },   /* iso-8859-3 */
        { DW_SINGLE_BYTE + 3, "", 0xd3c861b8 },   /* iso-8859-4 */
        { DW_SINGLE_BYTE + 4, "", 0x446eb346 },   /* iso-8859-5 */
        { DW_SINGLE_BYTE + 5, "", 0x04f924f0 },   /* iso-8859-6 */
        { DW_SINGLE_BYTE + 6, "", 0x0b50aaa0 },   /* iso-8859-7 */
        { DW_SINGLE_BYTE + 7, "", 0x450c2cf5 },   /* iso-8859-8 */
        { DW_SINGLE_BYTE + 8, "", 0x450c2cf5 },   /* iso-8859-8-i */
        { DW_SINGLE_BYTE + 9, "", 0x3a1a90a3 },   /* iso-8859-10 */
        { DW_SINGLE_BYTE + 10, "", 0x6792b46a },   /* iso-8859-13 */
        { DW_SINGLE_BYTE + 11, "", 0xd732c37b },   /* iso-8859-14 */
        { DW_SINGLE_BYTE + 12, "", 0x1513b724 },   /* iso-8859-15 */
        { DW_SINGLE_BYTE + 13, "", 0x5284c790 },   /* iso-8859-16 */
        { DW_SINGLE_BYTE + 14, "", 0xa416d972 },   /* koi8-r */
        { DW_SINGLE_BYTE + 15, "", 0xf389c85a },   /* koi8-u */
        { DW_SINGLE_BYTE + 16, "", 0xef1de351 },   /* macintosh */
        { DW_SINGLE_BYTE + 17, "", 0xe07b03bd },   /* windows-874 */
        { DW_SINGLE_BYTE + 18, "", 0x2af9bc14 },   /* windows-1250 */
        { DW_SINGLE_BYTE + 19, "", 0x0510e5d3 },   /* windows-1251 */
        { DW_SINGLE_BYTE + 20, "", 0x7d14b3e8 },   /* windows-1252 */
        { DW_SINGLE_BYTE + 21, "", 0x789d7a15 },   /* windows-1253 */
        { DW_SINGLE_BYTE + 22, "", 0x8d27dc2e },   /* windows-1254 */
        { DW_SINGLE_BYTE + 23, "", 0x8abbd63b },   /* windows-1255 */
        { DW_SINGLE_BYTE + 24, "", 0x4f5afe90 },   /* windows-1256 */
        { DW_SINGLE_BYTE + 25, "", 0x01449c4d },   /* windows-1257 */
        { DW_SINGLE_BYTE + 26, "", 0x58b01356 },   /* windows-1258 */
        { DW_SINGLE_BYTE + 27, "", 0x885b748b },   /* x-mac-cyrillic */
        { DW_UTF_8, "\xe2", 0xfda1c345 },
        { DW_UTF_8, "\xf0\x9f", 0x7fae33c5 },
        { DW_UTF_16LE, "\x3d\xd8", 0xb0734fc5 },
        { DW_UTF_16BE, "\xd8\x3d", 0x4f5260c5 },
        { DW_EUC_JP, "\x8f", 0xa7be092a },
        { DW_ISO_2022_JP, "\x1b\x24\x42", 0xe8c9ccdc },
        { DW_ISO_2022_JP, "\x1b\x28\x4a", 0x10d164ca },
        { DW_ISO_2022_JP, "\x1b\x28\x49", 0x7443d138 },
        { DW_ISO_2022_JP, "\x1b", 0xb0dc69e0 },
        { DW_GB18030, "\x81\x30", 0xba1f0eb9 }
    };

    (void) state;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {

        hash = 0x811c9dc5;
        size = strlen(tests[i].prefix);
        memcpy(bytes, tests[i].prefix, size);

        for (a = 0; a < 256; a++) {
            bytes[size] = (uint8_t) a;
            hash_text(tests[i].encoding, bytes, size + 1);

            for (b = 0; b < 256; b++) {
                bytes[size + 1] = (uint8_t) b;
                hash_text(tests[i].encoding, bytes, size + 2);
            }
        }

        assert_int_equal(hash, tests[i].hash);
    }
}


static void
four_bytes_of_gb18030_are_as_in_the_standard(void **state)
{
    uint8_t   bytes[4];
    unsigned  a, b, c, d;

    (void) state;

    hash = 0x811c9dc5;

    for (a = 0x81; a <= 0xfe; a++) {
        for (b = 0x30; b <= 0x39; b++) {
            for (c = 0x81; c <= 0xfe; c++) {
                for (d = 0x30; d <= 0x39; d++) {
                    bytes[0] = (uint8_t) a;
                    bytes[1] = (uint8_t) b;
                    bytes[2] = (uint8_t) c;
                    bytes[3] = (uint8_t) d;
                    hash_text(DW_GB18030, bytes, 4);
                }
            }
        }
    }

    assert_int_equal(hash, 0x9cd62064);
}


/* What stands in the standard, and what changed there. */
static void
single_characters_are_right(void **state)
{
    bool           failed;
    size_t         i, units;
    uint16_t       out[DW_DECODER_ROOM(8)];
    dw_decoder_t   decoder;

    static const struct {
        unsigned     encoding;
        const char  *bytes;
        uint16_t     units[4];
    } tests[] = {
        { DW_BIG5, "\x88\x62", { 0xca, 0x304 } },
        { DW_BIG5, "\x88\xa5", { 0xea, 0x30c } },
        { DW_BIG5, "\xfe\xfd", { 0xd864, 0xdd0d } },
        { DW_BIG5, "\x81\x41", { 0xfffd, 'A' } },
        { DW_GB18030, "\xa6\xd9", { 0xfe10 } },
        { DW_GB18030, "\xfe\x59", { 0x9fb4 } },
        { DW_GB18030, "\xa8\xbc", { 0x1e3f } },
        { DW_GB18030, "\x81\x35\xf4\x37", { 0xe7c7 } },
        { DW_GB18030, "\x90\x30\x81\x30", { 0xd800, 0xdc00 } },
        { DW_GB18030, "\x80", { 0x20ac } },
        { DW_GB18030, "\x81\x30\x81!", { 0xfffd, '0', 0xfffd, '!' } },
        { DW_EUC_JP, "\x8f\xa2\xaf", { 0x2d8 } },
        { DW_EUC_JP, "\x8e\xb1", { 0xff71 } },
        { DW_SHIFT_JIS, "\xf0\x40", { 0xe000 } },
        { DW_SHIFT_JIS, "\x80\x5c\x7e", { 0x80, 0x5c, 0x7e } },
        { DW_ISO_2022_JP, "\x1b(J\\~", { 0xa5, 0x203e } },
        { DW_ISO_2022_JP, "\x1b(B\x1b(J", { 0xfffd } },
        { DW_ISO_2022_JP, "\x1b$", { 0xfffd, '$' } },
        { DW_EUC_KR, "\xc9\xa1", { 0xfffd } },
        { DW_UTF_16LE, "\x3d\xd8\x41", { 0xfffd } },
        { DW_X_USER_DEFINED, "\x80\xff", { 0xf780, 0xf7ff } }
    };

    (void) state;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {

        memset(out, 0, sizeof(out));
        dw_decoder_init(&decoder, tests[i].encoding, false);
        dw_decoder_run(&decoder, (const uint8_t *) tests[i].bytes,
                       strlen(tests[i].bytes), true, out, &units, &failed);

        assert_memory_equal(out, tests[i].units, sizeof(tests[i].units));
    }
}


static void
fatal_decoder_stops_behind_the_error_and_can_go_on(void **state)
{
    bool           failed;
    size_t         units;
    uint16_t       out[DW_DECODER_ROOM(8)];
    dw_decoder_t   decoder;

    (void) state;

    dw_decoder_init(&decoder, DW_SHIFT_JIS, true);

    assert_int_equal(dw_decoder_run(&decoder, (const uint8_t *) "ab\x81 cd", 6,
                                    false, out, &units, &failed), 4);
    assert_true(failed);

    /* The space is yet to come. */

    assert_int_equal(dw_decoder_run(&decoder, (const uint8_t *) "cd", 2, true,
                                    out, &units, &failed), 2);
    assert_false(failed);
    assert_int_equal(units, 3);
    assert_int_equal(out[0], ' ');

    assert_int_equal(dw_decoder_run(&decoder, (const uint8_t *) "\x81", 1,
                                    true, out, &units, &failed), 1);
    assert_true(failed);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(one_and_two_bytes_are_as_in_the_standard),
        cmocka_unit_test(four_bytes_of_gb18030_are_as_in_the_standard),
        cmocka_unit_test(single_characters_are_right),
        cmocka_unit_test(fatal_decoder_stops_behind_the_error_and_can_go_on)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
