/* sources: engine/codec.c engine/base.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/codec.h"


static uint8_t           out[65536];
static dw_codec_step_t   step;


static const uint8_t  hello_gzip[] = {
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0,
    0x86, 0xa6, 0x10, 0x36, 5, 0, 0, 0
};

static const uint8_t  hello_zlib[] = {
    0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 7, 0, 6, 0x2c, 2, 0x15
};

/* asks for a preset dictionary */
static const uint8_t  dictionary[] = { 0x78, 0xbb, 1, 2, 3, 4, 0, 0 };


static void
what_is_decompressed(void **state)
{
    size_t       i;
    dw_codec_t  *codec;

    static const struct {
        dw_codec_format_t   format;
        const uint8_t      *in;
        size_t              size;
        size_t              whole;
    } tests[] = {
        { DW_CODEC_GZIP, hello_gzip, sizeof(hello_gzip), 25 },
        { DW_CODEC_DEFLATE, hello_zlib, sizeof(hello_zlib), 13 },
        { DW_CODEC_DEFLATE_RAW, hello_gzip + 10, 15, 7 },
        { DW_CODEC_DEFLATE_RAW, hello_zlib + 2, 11, 7 }
    };

    (void) state;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {

        codec = dw_codec_create(true, tests[i].format);

        /* What follows the end is not read. */

        assert_int_equal(dw_codec_run(codec, tests[i].in, tests[i].size, false,
                                      out, sizeof(out), &step), DW_OK);
        assert_int_equal(step.read, tests[i].whole);
        assert_int_equal(step.written, 5);
        assert_memory_equal(out, "hello", 5);
        assert_true(step.ended);
        assert_false(step.more);

        assert_int_equal(dw_codec_run(codec, (const uint8_t *) "x", 1, true,
                                      out, sizeof(out), &step), DW_OK);
        assert_int_equal(step.read, 0);
        assert_int_equal(step.written, 0);
        assert_true(step.ended);

        dw_codec_destroy(codec);
    }
}


static void
one_byte_at_a_time_is_enough(void **state)
{
    size_t       i, written;
    dw_codec_t  *codec;

    (void) state;

    codec = dw_codec_create(true, DW_CODEC_GZIP);
    written = 0;

    for (i = 0; i < sizeof(hello_gzip); i++) {
        assert_false(step.ended && i > 0);

        do {
            assert_int_equal(dw_codec_run(codec, hello_gzip + i, !step.more,
                                          false, out + written, 1, &step),
                             DW_OK);
            written += step.written;
        } while (step.more);
    }

    assert_true(step.ended);
    assert_int_equal(written, 5);
    assert_memory_equal(out, "hello", 5);

    dw_codec_destroy(codec);
}


static void
bad_data_is_refused_for_good(void **state)
{
    size_t       i;
    uint8_t      bytes[sizeof(hello_gzip)];
    dw_err_t     err;
    dw_codec_t  *codec;

    (void) state;

    /* Any byte of the header that matters, of the data, CRC and size. */

    for (i = 0; i < sizeof(hello_gzip); i++) {

        if (i >= 4 && i < 10) {
            /* time, flags of the compressor, system */
            continue;
        }

        memcpy(bytes, hello_gzip, sizeof(bytes));
        bytes[i] ^= 0xff;

        codec = dw_codec_create(true, DW_CODEC_GZIP);
        err = dw_codec_run(codec, bytes, sizeof(bytes), true, out, sizeof(out),
                           &step);
        assert_true(err == DW_FAILED || !step.ended);

        if (err == DW_FAILED) {
            assert_int_equal(dw_codec_run(codec, hello_gzip,
                                          sizeof(hello_gzip), true, out,
                                          sizeof(out), &step), DW_FAILED);
        }

        dw_codec_destroy(codec);
    }

    codec = dw_codec_create(true, DW_CODEC_DEFLATE);
    assert_int_equal(dw_codec_run(codec, dictionary, sizeof(dictionary), true,
                                  out, sizeof(out), &step), DW_FAILED);
    dw_codec_destroy(codec);
}


static void
megabytes_go_there_and_back_in_bounded_steps(void **state)
{
    size_t       i, format, packed, total;
    uint8_t     *large, *small;
    dw_codec_t  *codec;

    const size_t  size = 8 * 1024 * 1024;

    (void) state;

    large = calloc(1, size);
    small = malloc(size);

    for (i = 0; i < size / 2; i++) {
        large[i] = (uint8_t) (i * i >> 7);
    }

    for (format = 0; format < DW_CODEC_LAST; format++) {

        codec = dw_codec_create(false, (dw_codec_format_t) format);
        packed = total = 0;

        do {
            assert_int_equal(dw_codec_run(codec, large + total, size - total,
                                          true, small + packed, 1000, &step),
                             DW_OK);
            assert_in_range(step.written, 0, 1000);
            total += step.read;
            packed += step.written;
        } while (!step.ended);

        assert_int_equal(total, size);
        dw_codec_destroy(codec);

        codec = dw_codec_create(true, (dw_codec_format_t) format);
        i = total = 0;

        do {
            assert_int_equal(dw_codec_run(codec, small + i, packed - i, false,
                                          out, sizeof(out), &step), DW_OK);
            assert_memory_equal(out, large + total, step.written);
            i += step.read;
            total += step.written;
        } while (!step.ended);

        assert_int_equal(total, size);
        assert_int_equal(i, packed);
        dw_codec_destroy(codec);
    }

    free(large);
    free(small);
}


static void
nothing_is_something_when_compressed(void **state)
{
    dw_codec_t  *codec;

    (void) state;

    codec = dw_codec_create(false, DW_CODEC_DEFLATE_RAW);
    assert_int_equal(dw_codec_run(codec, NULL, 0, false, out, sizeof(out),
                                  &step), DW_OK);
    assert_int_equal(step.written, 0);
    assert_int_equal(dw_codec_run(codec, NULL, 0, true, out, sizeof(out),
                                  &step), DW_OK);
    assert_int_equal(step.written, 2);
    assert_memory_equal(out, "\x03\0", 2);
    assert_true(step.ended);
    dw_codec_destroy(codec);

    assert_in_range(dw_codec_bytes(false), 256 * 1024, 300 * 1024);
    assert_in_range(dw_codec_bytes(true), 40 * 1024, 50 * 1024);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_is_decompressed),
        cmocka_unit_test(one_byte_at_a_time_is_enough),
        cmocka_unit_test(bad_data_is_refused_for_good),
        cmocka_unit_test(megabytes_go_there_and_back_in_bounded_steps),
        cmocka_unit_test(nothing_is_something_when_compressed)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
