/* sources: engine/crypto.c engine/crypto_cipher.c engine/crypto_digest.c engine/crypto_kdf.c engine/crypto_key.c engine/crypto_make.c engine/crypto_sign.c engine/op.c engine/resource.c engine/base.c */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/crypto.h"
#include "engine/executor.h"


#define RSA_PRIVATE  2
#define EC_PUBLIC    3
#define EC_PRIVATE   4
#define OKP_PUBLIC   5
#define OKP_PRIVATE  6

#define SHA256  DW_HASH_SHA256


typedef void (*op_t)(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);


static dw_cell_t      cell;
static dw_isolate_t   isolate;
static dw_executor_t  executor;

/* What libcrypto asked for at once. */
static size_t  most_allocated;


/* An isolate that runs on an executor. */
static int
setup(void **state)
{
    (void) state;

    memset(&executor, 0, sizeof(dw_executor_t));
    pthread_mutex_init(&executor.lock, NULL);

    memset(&isolate, 0, sizeof(dw_isolate_t));
    isolate.id = 1;
    isolate.event.executor = &executor;
    dw_resources_init(&isolate.resources, 1024 * 1024);

    cell.isolate = &isolate;

    return 0;
}


static int
teardown(void **state)
{
    (void) state;

    dw_resources_done(&isolate.resources);

    return 0;
}


static void *
allocate(size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    if (size > most_allocated) {
        most_allocated = size;
    }

    return malloc(size);
}


static void *
reallocate(void *old, size_t size, const char *file, int line)
{
    (void) file;
    (void) line;

    return realloc(old, size);
}


static void
release(void *old, const char *file, int line)
{
    (void) file;
    (void) line;

    free(old);
}


static v8shim_value_t
number(double n)
{
    v8shim_value_t  value = { .type = V8SHIM_NUMBER, .number = n };

    return value;
}


static v8shim_value_t
bytes(const void *data, size_t size)
{
    v8shim_value_t  value = { .type = V8SHIM_BYTES };

    value.bytes.data = data;
    value.bytes.size = size;

    return value;
}


static v8shim_value_t
undefined(void)
{
    v8shim_value_t  value = { .type = V8SHIM_UNDEFINED };

    return value;
}


static v8shim_value_t
run(op_t op, const v8shim_value_t *args)
{
    v8shim_value_t  result = { .type = V8SHIM_UNDEFINED };

    op(&cell, args, &result);

    return result;
}


#define RUN(op, ...)  run(op, (const v8shim_value_t[]) { __VA_ARGS__ })


/* A copy: the next op overwrites what a result points to. */
static v8shim_value_t
keep(v8shim_value_t value, uint8_t *to)
{
    assert_int_equal(value.type, V8SHIM_BYTES);
    memcpy(to, value.bytes.data, value.bytes.size);

    return bytes(to, value.bytes.size);
}


static void
digest_of_abc(void **state)
{
    v8shim_value_t  result;

    static const uint8_t  expected[] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
        0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
        0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
        0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad
    };

    (void) state;

    result = RUN(dw_op_digest, number(SHA256), bytes("abc", 3));

    assert_int_equal(result.bytes.size, sizeof(expected));
    assert_memory_equal(result.bytes.data, expected, sizeof(expected));

    assert_int_equal(RUN(dw_op_digest, number(0), bytes("", 0)).type,
                     V8SHIM_UNDEFINED);
    assert_int_equal(RUN(dw_op_digest, number(99), bytes("", 0)).type,
                     V8SHIM_UNDEFINED);
}


static void
hash_states_are_copied_and_used_up(void **state)
{
    double          a, b;
    uint8_t         one[EVP_MAX_MD_SIZE], two[EVP_MAX_MD_SIZE];
    v8shim_value_t  first, second;

    (void) state;

    a = RUN(dw_op_hash_create, number(SHA256), undefined()).number;
    assert_true(a > 0);

    RUN(dw_op_hash_update, number(a), bytes("ab", 2));
    b = RUN(dw_op_hash_copy, number(a)).number;
    RUN(dw_op_hash_update, number(a), bytes("c", 1));
    RUN(dw_op_hash_update, number(b), bytes("c", 1));

    first = keep(RUN(dw_op_hash_final, number(a)), one);
    second = keep(RUN(dw_op_hash_final, number(b)), two);

    assert_int_equal(first.bytes.size, 32);
    assert_memory_equal(one, two, 32);
    assert_int_equal(second.bytes.size, 32);

    /* both are gone */

    assert_int_equal(RUN(dw_op_hash_final, number(a)).type,
                     V8SHIM_TYPE_ERROR);
    assert_int_equal(RUN(dw_op_hash_update, number(b), bytes("c", 1)).type,
                     V8SHIM_TYPE_ERROR);
    assert_int_equal(isolate.resources.count, 0);
    assert_int_equal(isolate.resources.bytes, 0);

    assert_int_equal(RUN(dw_op_hash_create, number(0), undefined()).type,
                     V8SHIM_UNDEFINED);
}


static void
an_hmac_state_is_the_hmac(void **state)
{
    double          id;
    uint8_t         one[EVP_MAX_MD_SIZE], two[EVP_MAX_MD_SIZE];
    v8shim_value_t  first, second;

    (void) state;

    first = keep(RUN(dw_op_hmac, number(SHA256), bytes("key", 3),
                     bytes("data", 4)), one);

    id = RUN(dw_op_hash_create, number(SHA256), bytes("key", 3)).number;
    RUN(dw_op_hash_update, number(id), bytes("da", 2));
    id = RUN(dw_op_hash_copy, number(id)).number;
    RUN(dw_op_hash_update, number(id), bytes("ta", 2));
    second = keep(RUN(dw_op_hash_final, number(id)), two);

    assert_int_equal(first.bytes.size, second.bytes.size);
    assert_memory_equal(one, two, 32);

    /* It is used up, and V8 told so. */

    first = RUN(dw_op_hash_create, number(SHA256), undefined());
    assert_true(first.external > 0);

    second = RUN(dw_op_hash_final, first);
    assert_int_equal(second.type, V8SHIM_BYTES);
    assert_int_equal(second.external, -first.external);
    assert_int_equal(RUN(dw_op_hash_final, first).type, V8SHIM_TYPE_ERROR);
}


/* RFC 4231, 4.7; and a state costs the same, whatever its key. */
static void
a_long_key_of_an_hmac_is_hashed(void **state)
{
    uint8_t         key[131], *large;
    v8shim_value_t  result;

    static const uint8_t  expected[] = {
        0x60, 0xe4, 0x31, 0x59, 0x1e, 0xe0, 0xb6, 0x7f,
        0x0d, 0x8a, 0x26, 0xaa, 0xcb, 0xf5, 0xb7, 0x7f,
        0x8e, 0x0b, 0xc6, 0x21, 0x37, 0x28, 0xc5, 0x14,
        0x05, 0x46, 0x04, 0x0f, 0x0e, 0xe3, 0x7f, 0x54
    };

    const size_t  size = 1024 * 1024;
    const char    text[] = "Test Using Larger Than Block-Size Key - Hash Key "
                           "First";

    (void) state;

    memset(key, 0xaa, sizeof(key));
    result = RUN(dw_op_hmac, number(SHA256), bytes(key, sizeof(key)),
                 bytes(text, sizeof(text) - 1));
    assert_int_equal(result.bytes.size, sizeof(expected));
    assert_memory_equal(result.bytes.data, expected, sizeof(expected));

    large = calloc(1, size);
    most_allocated = 0;

    assert_int_equal(RUN(dw_op_hash_create, number(SHA256),
                         bytes(large, size)).type, V8SHIM_NUMBER);
    assert_in_range(most_allocated, 1, isolate.resources.bytes);

    free(large);
}


static void
ctr_wraps_within_its_bits(void **state)
{
    uint8_t   counter[16], in[64], out[64], block[16], key[16];
    unsigned  i;

    (void) state;

    memset(key, 1, sizeof(key));
    memset(in, 0, sizeof(in));
    memset(counter, 0xff, sizeof(counter));

    /* 4 blocks from ...ff on: 2 bits count 3, 0, 1, 2 */

    assert_true(RUN(dw_op_aes, number(2), number(1), bytes(key, 16),
                    bytes(counter, 16), number(2), undefined(),
                    bytes(in, 64), bytes(out, 64)).number == 64);

    for (i = 0; i < 4; i++) {
        counter[15] = (uint8_t) (0xfc | (3 + i) % 4);

        assert_true(RUN(dw_op_aes, number(2), number(1), bytes(key, 16),
                        bytes(counter, 16), number(128), undefined(),
                        bytes(in, 16), bytes(block, 16)).number == 16);
        assert_memory_equal(out + i * 16, block, 16);
    }

    /* a fifth block would use a counter twice */

    assert_true(RUN(dw_op_aes, number(2), number(1), bytes(key, 16),
                    bytes(counter, 16), number(1), undefined(),
                    bytes(in, 33), bytes(out, 64)).number == -1);
}


static void
aes_writes_no_more_than_there_is_room(void **state)
{
    uint8_t  key[16] = { 0 }, iv[16] = { 0 }, in[32] = { 0 }, out[64];

    static const struct {
        int     mode;
        size_t  needs;
    } cases[] = {
        { 1, 48 }, { 2, 32 }, { 3, 48 }, { 4, 40 }
    };

    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        memset(out, 0x55, sizeof(out));

        assert_true(RUN(dw_op_aes, number(cases[i].mode), number(1),
                        bytes(key, 16), bytes(iv, 16), number(128),
                        undefined(), bytes(in, 32),
                        bytes(out, cases[i].needs - 1)).number == -1);

        assert_true(RUN(dw_op_aes, number(cases[i].mode), number(1),
                        bytes(key, 16), bytes(iv, 16), number(128),
                        undefined(), bytes(in, 32),
                        bytes(out, cases[i].needs)).number
                    == (double) cases[i].needs);

        assert_int_equal(out[cases[i].needs], 0x55);
    }

    /* modes and keys that are none */

    assert_true(RUN(dw_op_aes, number(5), number(1), bytes(key, 16),
                    bytes(iv, 16), number(128), undefined(), bytes(in, 32),
                    bytes(out, 64)).number == -1);
    assert_true(RUN(dw_op_aes, number(1), number(1), bytes(key, 15),
                    bytes(iv, 16), number(128), undefined(), bytes(in, 32),
                    bytes(out, 64)).number == -1);
}


static void
generated_keys_sign_and_are_valid(void **state)
{
    size_t          i;
    uint8_t         key_bytes[DW_CRYPTO_OUT], sig_bytes[DW_CRYPTO_OUT];
    v8shim_value_t  key, signature;

    static const struct {
        int  kind, what, scheme, hash;
    } cases[] = {
        { RSA_PRIVATE, 1024, 1, SHA256 },
        { RSA_PRIVATE, 1024, 2, SHA256 },
        { EC_PRIVATE,  1,    3, SHA256 },
        { EC_PRIVATE,  2,    3, SHA256 },
        { EC_PRIVATE,  3,    3, DW_HASH_SHA512 },
        { OKP_PRIVATE, 4,    4, 0 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {

        key = keep(RUN(dw_op_key_generate, number(cases[i].kind),
                       number(cases[i].what), number(65537)), key_bytes);

        assert_int_equal(RUN(dw_op_key_check, key).type, V8SHIM_BYTES);

        signature = keep(RUN(dw_op_sign, key, number(cases[i].scheme),
                             number(cases[i].hash), number(8),
                             bytes("data", 4)), sig_bytes);

        assert_true(RUN(dw_op_verify, key, number(cases[i].scheme),
                        number(cases[i].hash), number(8), signature,
                        bytes("data", 4)).number == 1);
        assert_true(RUN(dw_op_verify, key, number(cases[i].scheme),
                        number(cases[i].hash), number(8), signature,
                        bytes("date", 4)).number == 0);

        /* a scheme of another kind of key */

        assert_int_equal(RUN(dw_op_sign, key,
                             number(cases[i].scheme == 3 ? 4 : 3),
                             number(SHA256), number(0),
                             bytes("", 0)).type, V8SHIM_UNDEFINED);
    }

    assert_int_equal(RUN(dw_op_key_generate, number(RSA_PRIVATE),
                         number(4097), number(65537)).type,
                     V8SHIM_UNDEFINED);
    assert_int_equal(RUN(dw_op_key_generate, number(EC_PRIVATE), number(4),
                         number(0)).type, V8SHIM_UNDEFINED);
    assert_int_equal(RUN(dw_op_key_generate, number(EC_PUBLIC), number(1),
                         number(0)).type, V8SHIM_UNDEFINED);
}


static void
packed_keys_that_are_none(void **state)
{
    size_t  i;

    static const struct {
        const char  *bytes;
        size_t       size;
    } cases[] = {
        { "", 0 }, { "\1", 1 }, { "\0\0", 2 }, { "\7\0", 2 }, { "\1\0", 2 },
        { "\1\0\1", 3 }, { "\1\0\1\0", 4 }, { "\1\0\0\0\0\0", 6 },
        { "\1\0\0\0\0\0\0", 7 }, { "\1\1\1\0\1\1\0\1", 8 },
        { "\3\0\1\0\4", 5 }, { "\3\1\1\0\0", 5 }, { "\3\4\1\0\4", 5 },
        { "\5\1\0\0", 4 }, { "\5\4\1\0\0", 5 }, { "\3\1\377\377", 4 },
        { "\4\1\0\0\1\0\0", 7 }, { "\6\4\0\0\0\0", 6 }
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(RUN(dw_op_key_check,
                             bytes(cases[i].bytes, cases[i].size)).type,
                         V8SHIM_UNDEFINED);
        assert_int_equal(RUN(dw_op_agree,
                             bytes(cases[i].bytes, cases[i].size),
                             bytes(cases[i].bytes, cases[i].size)).type,
                         V8SHIM_UNDEFINED);
    }
}


static void
a_private_key_alone_has_its_public_one(void **state)
{
    uint8_t         d[2 + 2 + 2 + 32], out[DW_CRYPTO_OUT];
    v8shim_value_t  key;

    (void) state;

    memset(d, 0, sizeof(d));
    d[0] = EC_PRIVATE;
    d[1] = 1;
    d[4] = 32;
    d[sizeof(d) - 1] = 1;

    /* 1 * G: SEC 2, 2.4.2 */

    key = keep(RUN(dw_op_key_check, bytes(d, sizeof(d))), out);

    assert_int_equal(key.bytes.size, 2 + 2 + 65 + 2 + 32);
    assert_int_equal(out[4], 4);
    assert_int_equal(out[5], 0x6b);
    assert_int_equal(out[6], 0x17);
}


static void
more_keys_than_are_remembered(void **state)
{
    size_t          i, k;
    uint8_t         keys[40][256];
    v8shim_value_t  key[40], signature;
    uint8_t         sig[40][64];

    (void) state;

    for (i = 0; i < 40; i++) {
        key[i] = keep(RUN(dw_op_key_generate, number(OKP_PRIVATE), number(4),
                          number(0)), keys[i]);
        signature = keep(RUN(dw_op_sign, key[i], number(4), number(0),
                             number(0), bytes("x", 1)), sig[i]);
        assert_int_equal(signature.bytes.size, 64);
    }

    for (i = 0; i < 40; i++) {
        for (k = 0; k < 40; k += 7) {
            assert_true(RUN(dw_op_verify, key[i], number(4), number(0),
                            number(0), bytes(sig[k], 64),
                            bytes("x", 1)).number == (i == k));
        }
    }
}


static void
an_op_stops_with_its_isolate(void **state)
{
    uint8_t  *data, out[64];

    (void) state;

    data = calloc(1, 3 * DW_CRYPTO_SLICE);

    assert_int_equal(RUN(dw_op_digest, number(SHA256),
                         bytes(data, 3 * DW_CRYPTO_SLICE)).type,
                     V8SHIM_BYTES);

    executor.killed_ns = 1;

    assert_int_equal(RUN(dw_op_digest, number(SHA256),
                         bytes(data, 3 * DW_CRYPTO_SLICE)).type,
                     V8SHIM_UNDEFINED);
    assert_int_equal(RUN(dw_op_hmac, number(SHA256), bytes("k", 1),
                         bytes(data, 3 * DW_CRYPTO_SLICE)).type,
                     V8SHIM_UNDEFINED);

    /* Not only after an hour. */

    assert_true(RUN(dw_op_pbkdf2, number(SHA256), bytes("p", 1),
                    bytes("s", 1), number(UINT32_MAX), bytes(out, 64)).number
                == -1);
    assert_true(RUN(dw_op_hkdf, number(SHA256), bytes("p", 1), bytes("s", 1),
                    bytes("i", 1), bytes(out, 64)).number == -1);
    assert_int_equal(RUN(dw_op_key_generate, number(RSA_PRIVATE),
                         number(4096), number(65537)).type,
                     V8SHIM_UNDEFINED);
    assert_true(RUN(dw_op_aes, number(1), number(1), bytes(data, 16),
                    bytes(data, 16), number(0), undefined(),
                    bytes(data, 2 * DW_CRYPTO_SLICE),
                    bytes(data, 3 * DW_CRYPTO_SLICE)).number == -1);

    free(data);
}


static void
equal_is_equal(void **state)
{
    (void) state;

    assert_true(RUN(dw_op_equal, bytes("ab", 2), bytes("ab", 2)).number == 1);
    assert_true(RUN(dw_op_equal, bytes("ab", 2), bytes("ac", 2)).number == 0);
    assert_true(RUN(dw_op_equal, bytes("ab", 2), bytes("ab", 1)).number == 0);
    assert_true(RUN(dw_op_equal, bytes(NULL, 0), bytes(NULL, 0)).number == 1);
}


/* RFC 8018, 5.2; RFC 5869, 2.2 and 2.3 */
static void
what_keys_are_derived_from_may_be_long(void **state)
{
    uint8_t         *text, key[32], out[32], prk[32];
    v8shim_value_t   salt;

    const size_t  size = 3 * DW_CRYPTO_SLICE / 2;

    (void) state;

    text = malloc(size + 4);
    memset(text, 7, size);
    memset(key, 8, sizeof(key));
    salt = bytes(text, size);

    assert_true(RUN(dw_op_pbkdf2, number(SHA256), bytes(key, 32), salt,
                    number(1), bytes(out, 32)).number == 0);
    memcpy(text + size, "\0\0\0\1", 4);
    assert_memory_equal(RUN(dw_op_hmac, number(SHA256), bytes(key, 32),
                            bytes(text, size + 4)).bytes.data, out, 32);

    assert_true(RUN(dw_op_hkdf, number(SHA256), salt, bytes(key, 32), salt,
                    bytes(out, 32)).number == 0);
    keep(RUN(dw_op_hmac, number(SHA256), bytes(key, 32), salt), prk);
    text[size] = 1;
    assert_memory_equal(RUN(dw_op_hmac, number(SHA256), bytes(prk, 32),
                            bytes(text, size + 1)).bytes.data, out, 32);

    free(text);
}


/* RFC 7914, 12 */
static void
scrypt_within_its_limits(void **state)
{
    uint8_t  out[64], *salt;

    (void) state;

    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes("", 0), number(16),
                    number(1), number(1), number(1e6), bytes(out, 64)).number
                == 0);
    assert_int_equal(out[0], 0x77);
    assert_int_equal(out[1], 0xd6);

    /* N is no power of two; too much memory; too long */

    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes("", 0), number(17),
                    number(1), number(1), number(1e6), bytes(out, 64)).number
                == -1);
    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes("", 0),
                    number(1 << 20), number(8), number(1), number(1e12),
                    bytes(out, 64)).number == -1);
    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes("", 0), number(16),
                    number(1), number(9), number(1e6), bytes(out, 64)).number
                == -1);

    /* A lot to hash: of the salt, and of the blocks. */

    salt = calloc(1, 64 * 1024 * 1024);

    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes(salt, 1024 * 1024),
                    number(2), number(8), number(1), number(1e6),
                    bytes(out, 64)).number == 0);
    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes(salt, 64 * 1024 * 1024),
                    number(2), number(8), number(1), number(1e6),
                    bytes(out, 64)).number == -1);
    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes("", 0), number(2),
                    number(8), number(1), number(1e6),
                    bytes(salt, 1024 * 1024)).number == 0);
    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes("", 0), number(2),
                    number(21000), number(1), number(1e9),
                    bytes(salt, 1024 * 1024)).number == -1);
    assert_true(RUN(dw_op_scrypt, bytes("", 0), bytes("", 0), number(2),
                    number(1e300), number(8), number(1e9),
                    bytes(out, 64)).number == -1);

    free(salt);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(digest_of_abc, setup, teardown),
        cmocka_unit_test_setup_teardown(hash_states_are_copied_and_used_up,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(an_hmac_state_is_the_hmac, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_long_key_of_an_hmac_is_hashed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(ctr_wraps_within_its_bits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(aes_writes_no_more_than_there_is_room,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(generated_keys_sign_and_are_valid,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(packed_keys_that_are_none, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_private_key_alone_has_its_public_one,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(more_keys_than_are_remembered, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_op_stops_with_its_isolate, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(equal_is_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(what_keys_are_derived_from_may_be_long,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(scrypt_within_its_limits, setup,
                                        teardown),
    };

    if (!CRYPTO_set_mem_functions(allocate, reallocate, release)) {
        return 1;
    }

    dw_crypto_init();

    return cmocka_run_group_tests(tests, NULL, NULL);
}
