
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "engine/crypto.h"


/* PBKDF2 looks so often whether it must stop: every half millisecond. */
#define DW_PBKDF2_LOOK  1024


static bool
dw_kdf_mac(EVP_MAC_CTX *mac, uint8_t *out, size_t *size)
{
    return EVP_MAC_final(mac, out, size, EVP_MAX_MD_SIZE);
}


/* Again with the same key. */
static bool
dw_kdf_again(EVP_MAC_CTX *mac)
{
    return EVP_MAC_init(mac, NULL, 0, NULL);
}


/* RFC 5869, 2.3; "out.size" is at most 255 blocks. */
static bool
dw_hkdf_expand(void *user, EVP_MAC_CTX *mac, v8shim_span_t info, uint8_t *out,
    size_t left)
{
    size_t   size, n;
    uint8_t  counter, block[EVP_MAX_MD_SIZE];
    bool     ok;

    ok = true;
    size = 0;
    counter = 0;

    while (ok && left != 0) {

        counter++;

        ok = (counter == 1
              || (dw_kdf_again(mac) && EVP_MAC_update(mac, block, size)))
             && dw_crypto_hmac_update(user, mac, info)
             && EVP_MAC_update(mac, &counter, 1)
             && dw_kdf_mac(mac, block, &size)
             && !dw_crypto_stops(user);

        if (ok) {
            n = left < size ? left : size;
            memcpy(out, block, n);
            out += n;
            left -= n;
        }
    }

    OPENSSL_cleanse(block, sizeof(block));

    return ok;
}


/* hash, key, salt, info, output: 0, or -1 */
void
dw_op_hkdf(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool           ok;
    size_t         size;
    uint8_t        prk[EVP_MAX_MD_SIZE];
    EVP_MAC_CTX   *mac;
    v8shim_span_t  salt, key;
    const EVP_MD  *md;

    md = dw_crypto_md(dw_op_u32(&args[0]));
    ok = false;

    if (md != NULL
        && args[4].bytes.size <= 255 * (size_t) EVP_MD_get_size(md))
    {
        /* 2.2; a salt that is not there is as many zeros as no bytes are */

        salt = args[2].bytes;
        mac = dw_crypto_hmac(user, dw_op_u32(&args[0]), salt);

        ok = mac != NULL
             && dw_crypto_hmac_update(user, mac, args[1].bytes)
             && dw_kdf_mac(mac, prk, &size);

        EVP_MAC_CTX_free(mac);
    }

    if (ok) {
        key.data = prk;
        key.size = size;
        mac = dw_crypto_hmac(user, dw_op_u32(&args[0]), key);

        ok = mac != NULL
             && dw_hkdf_expand(user, mac, args[3].bytes,
                               dw_crypto_writable(&args[4]),
                               args[4].bytes.size);

        EVP_MAC_CTX_free(mac);
        OPENSSL_cleanse(prk, sizeof(prk));
    }

    dw_crypto_answer(result, ok ? 0 : -1);
    ERR_clear_error();
}


/* RFC 8018, 5.2: block number "number" of the output. */
static bool
dw_pbkdf2_block(void *user, EVP_MAC_CTX *mac, v8shim_span_t salt,
    uint32_t number, uint32_t iterations, uint8_t *block, size_t *size)
{
    size_t    i;
    uint8_t   u[EVP_MAX_MD_SIZE], index[4];
    uint32_t  n;

    index[0] = (uint8_t) (number >> 24);
    index[1] = (uint8_t) (number >> 16);
    index[2] = (uint8_t) (number >> 8);
    index[3] = (uint8_t) number;

    if (!dw_kdf_again(mac)
        || !dw_crypto_hmac_update(user, mac, salt)
        || !EVP_MAC_update(mac, index, sizeof(index))
        || !dw_kdf_mac(mac, u, size))
    {
        return false;
    }

    memcpy(block, u, *size);

    for (n = 1; n < iterations; n++) {

        if (!dw_kdf_again(mac)
            || !EVP_MAC_update(mac, u, *size)
            || !dw_kdf_mac(mac, u, size))
        {
            return false;
        }

        for (i = 0; i < *size; i++) {
            block[i] ^= u[i];
        }

        if (n % DW_PBKDF2_LOOK == 0 && dw_crypto_stops(user)) {
            return false;
        }
    }

    OPENSSL_cleanse(u, sizeof(u));

    return !dw_crypto_stops(user);
}


/* hash, password, salt, iterations, output: 0, or -1 */
void
dw_op_pbkdf2(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool          ok;
    size_t        left, size;
    uint8_t      *out, block[EVP_MAX_MD_SIZE];
    uint32_t      number, iterations;
    EVP_MAC_CTX  *mac;

    iterations = dw_op_u32(&args[3]);
    mac = dw_crypto_hmac(user, dw_op_u32(&args[0]), args[1].bytes);
    ok = mac != NULL && iterations != 0;

    out = dw_crypto_writable(&args[4]);
    left = args[4].bytes.size;

    for (number = 1; ok && left != 0; number++) {

        /* RFC 8018 has no more than 2^32 - 1 blocks. */

        ok = number != 0
             && dw_pbkdf2_block(user, mac, args[2].bytes, number, iterations,
                                block, &size);
        if (ok) {
            size = left < size ? left : size;
            memcpy(out, block, size);
            out += size;
            left -= size;
        }
    }

    EVP_MAC_CTX_free(mac);
    OPENSSL_cleanse(block, sizeof(block));

    dw_crypto_answer(result, ok ? 0 : -1);
    ERR_clear_error();
}


/*
 * RFC 7914, 6: PBKDF2 makes blocks of the salt, and the output of those: it
 * hashes all its input again for each 32 bytes.  Neither sum overflows: what
 * they are made of is less than 2^32.
 */
static bool
dw_scrypt_fits(v8shim_span_t password, v8shim_span_t salt, uint64_t r,
    uint64_t p, size_t size)
{
    uint64_t  blocks;

    if (r > DW_CRYPTO_SCRYPT_MEM / 128 || p > DW_CRYPTO_SCRYPT_P
        || password.size > DW_CRYPTO_SCRYPT_SHA
        || salt.size > DW_CRYPTO_SCRYPT_SHA || size > DW_CRYPTO_SLICE)
    {
        return false;
    }

    blocks = 128 * r * p;

    return password.size + blocks / 32 * salt.size
           + (size + 31) / 32 * blocks
           <= DW_CRYPTO_SCRYPT_SHA;
}


/* password, salt, N, r, p, most memory, output: 0, or -1 */
void
dw_op_scrypt(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool      ok;
    uint64_t  n, r, p, memory;

    (void) user;

    n = dw_op_u64(&args[2]);
    r = dw_op_u64(&args[3]);
    p = dw_op_u64(&args[4]);
    memory = dw_op_u64(&args[5]);

    if (memory > DW_CRYPTO_SCRYPT_MEM) {
        memory = DW_CRYPTO_SCRYPT_MEM;
    }

    ok = dw_scrypt_fits(args[0].bytes, args[1].bytes, r, p,
                        args[6].bytes.size)
         && EVP_PBE_scrypt((const char *) args[0].bytes.data,
                           args[0].bytes.size, args[1].bytes.data,
                           args[1].bytes.size, n, r, p, memory,
                           dw_crypto_writable(&args[6]), args[6].bytes.size);

    dw_crypto_answer(result, ok ? 0 : -1);
    ERR_clear_error();
}
