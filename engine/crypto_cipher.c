
#include <limits.h>
#include <string.h>

#include <openssl/err.h>

#include "engine/crypto.h"


#define DW_AES_BLOCK    16
#define DW_AES_TAG_MAX  16


/* As runtime/crypto/native.js numbers them. */
typedef enum {
    DW_AES_CBC = 1,
    DW_AES_CTR,
    DW_AES_GCM,
    DW_AES_KW,
    DW_AES_LAST
} dw_aes_mode_t;


typedef struct {
    dw_aes_mode_t   mode;
    bool            encrypt;
    v8shim_span_t   key;
    v8shim_span_t   iv;
    uint32_t        bits;           /* of CTR's counter, of GCM's tag */
    v8shim_span_t   aad;
    v8shim_span_t   in;
    uint8_t        *out;
    size_t          room;
} dw_aes_t;


static const char  *dw_aes_names[DW_AES_LAST][3] = {
    { NULL, NULL, NULL },
    { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" },
    { "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" },
    { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
    { "AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP" }
};


/* Written before any other thread exists. */
static EVP_CIPHER  *dw_aes_ciphers[DW_AES_LAST][3];


bool
dw_crypto_init_ciphers(void)
{
    size_t  mode, i;

    for (mode = 1; mode < DW_AES_LAST; mode++) {

        for (i = 0; i < 3; i++) {
            dw_aes_ciphers[mode][i] =
                EVP_CIPHER_fetch(NULL, dw_aes_names[mode][i], NULL);

            if (dw_aes_ciphers[mode][i] == NULL) {
                return false;
            }
        }
    }

    return true;
}


static const EVP_CIPHER *
dw_aes_cipher(const dw_aes_t *aes)
{
    size_t  n;

    n = aes->key.size;

    if (n != 16 && n != 24 && n != 32) {
        return NULL;
    }

    return dw_aes_ciphers[aes->mode][n / 8 - 2];
}


/* "*out" moves on by what was written, or is NULL for additional data. */
static bool
dw_aes_update(void *user, EVP_CIPHER_CTX *ctx, v8shim_span_t in, uint8_t **out)
{
    int   n, size;
    bool  ok;

    ok = true;

    while (ok && in.size != 0) {
        size = in.size < DW_CRYPTO_SLICE ? (int) in.size : DW_CRYPTO_SLICE;

        ok = EVP_CipherUpdate(ctx, out ? *out : NULL, &n, in.data, size)
             && !(in.size > (size_t) size && dw_crypto_stops(user));

        if (ok && out != NULL) {
            *out += n;
        }

        in.data += size;
        in.size -= (size_t) size;
    }

    return ok;
}


static bool
dw_aes_cbc(void *user, const dw_aes_t *aes, EVP_CIPHER_CTX *ctx, uint8_t **out)
{
    int  n;

    /* Padding makes it longer by 1 to 16 bytes. */

    if (aes->iv.size != DW_AES_BLOCK || aes->room < aes->in.size
        || (aes->encrypt && aes->room - aes->in.size
                            < DW_AES_BLOCK - aes->in.size % DW_AES_BLOCK)
        || !EVP_CipherInit_ex(ctx, NULL, NULL, aes->key.data, aes->iv.data,
                              aes->encrypt)
        || !dw_aes_update(user, ctx, aes->in, out)
        || !EVP_CipherFinal_ex(ctx, *out, &n))
    {
        return false;
    }

    *out += n;

    return true;
}


/* The low "bits" of a counter block all zero, the others as they were. */
static void
dw_aes_wrap_counter(uint8_t *counter, uint32_t bits)
{
    uint32_t  whole;

    whole = bits / 8;
    memset(&counter[DW_AES_BLOCK - whole], 0, whole);

    if (bits % 8) {
        counter[DW_AES_BLOCK - whole - 1] &= (uint8_t) (0xff << bits % 8);
    }
}


/*
 * Blocks until the low "bits" of the counter wrap, but no more than "most":
 * libcrypto counts with all 128 bits.
 */
static size_t
dw_aes_until_wrap(const uint8_t *counter, uint32_t bits, size_t most)
{
    uint32_t  i;
    uint64_t  left;

    /* 2^bits - counter, as long as that is small: ~counter + 1. */

    left = 0;

    for (i = 0; i < bits; i++) {

        if (counter[DW_AES_BLOCK - 1 - i / 8] & (1 << i % 8)) {
            continue;
        }

        if (i >= 48) {
            return most;
        }

        left |= (uint64_t) 1 << i;
    }

    return left < most ? (size_t) left + 1 : most;
}


static bool
dw_aes_ctr(void *user, const dw_aes_t *aes, EVP_CIPHER_CTX *ctx, uint8_t **out)
{
    size_t         blocks, before;
    uint8_t        counter[DW_AES_BLOCK];
    v8shim_span_t  first, second;

    blocks = aes->in.size / DW_AES_BLOCK + (aes->in.size % DW_AES_BLOCK != 0);

    if (aes->iv.size != DW_AES_BLOCK || aes->room < aes->in.size
        || aes->bits == 0 || aes->bits > 128
        || (aes->bits < 48 && blocks > (uint64_t) 1 << aes->bits))
    {
        return false;
    }

    memcpy(counter, aes->iv.data, DW_AES_BLOCK);

    before = dw_aes_until_wrap(counter, aes->bits, blocks);

    first = aes->in;
    second.data = NULL;
    second.size = 0;

    if (before < blocks) {
        first.size = before * DW_AES_BLOCK;
        second.data = aes->in.data + first.size;
        second.size = aes->in.size - first.size;
    }

    if (!EVP_CipherInit_ex(ctx, NULL, NULL, aes->key.data, counter, 1)
        || !dw_aes_update(user, ctx, first, out))
    {
        return false;
    }

    if (second.size == 0) {
        return true;
    }

    dw_aes_wrap_counter(counter, aes->bits);

    return EVP_CipherInit_ex(ctx, NULL, NULL, aes->key.data, counter, 1)
           && dw_aes_update(user, ctx, second, out);
}


static bool
dw_aes_gcm(void *user, const dw_aes_t *aes, EVP_CIPHER_CTX *ctx, uint8_t **out)
{
    int            n, tag_size;
    uint8_t        tag[DW_AES_TAG_MAX];
    v8shim_span_t  in;

    in = aes->in;
    tag_size = (int) (aes->bits / 8);

    if (tag_size < 4 || tag_size > DW_AES_TAG_MAX || aes->iv.size == 0
        || aes->iv.size > INT_MAX)
    {
        return false;
    }

    if (aes->encrypt) {

        if (aes->room < in.size || aes->room - in.size < (size_t) tag_size) {
            return false;
        }

    } else {

        if (in.size < (size_t) tag_size
            || aes->room < in.size - (size_t) tag_size)
        {
            return false;
        }

        in.size -= (size_t) tag_size;
        memcpy(tag, in.data + in.size, (size_t) tag_size);
    }

    if (!EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
                             (int) aes->iv.size, NULL)
        || !EVP_CipherInit_ex(ctx, NULL, NULL, aes->key.data, aes->iv.data,
                              aes->encrypt)
        || (!aes->encrypt
            && !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, tag_size,
                                    tag))
        || !dw_aes_update(user, ctx, aes->aad, NULL)
        || !dw_aes_update(user, ctx, in, out)
        || !EVP_CipherFinal_ex(ctx, *out, &n))
    {
        return false;
    }

    *out += n;

    if (aes->encrypt) {

        if (!EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, tag_size, *out)) {
            return false;
        }

        *out += tag_size;
    }

    return true;
}


/* RFC 3394 */
static bool
dw_aes_kw(const dw_aes_t *aes, EVP_CIPHER_CTX *ctx, uint8_t **out)
{
    int  n;

    if (aes->in.size % 8 || aes->in.size < (aes->encrypt ? 16 : 24)
        || aes->in.size > DW_CRYPTO_WRAP_MAX
        || aes->room < aes->in.size + 8)
    {
        return false;
    }

    if (!EVP_CipherInit_ex(ctx, NULL, NULL, aes->key.data, NULL, aes->encrypt)
        || !EVP_CipherUpdate(ctx, *out, &n, aes->in.data, (int) aes->in.size)
        || n <= 0)
    {
        return false;
    }

    *out += n;

    return true;
}


static bool
dw_aes_run(void *user, const dw_aes_t *aes, EVP_CIPHER_CTX *ctx, uint8_t **out)
{
    switch (aes->mode) {

    case DW_AES_CBC:
        return dw_aes_cbc(user, aes, ctx, out);

    case DW_AES_CTR:
        return dw_aes_ctr(user, aes, ctx, out);

    case DW_AES_GCM:
        return dw_aes_gcm(user, aes, ctx, out);

    default:
        return dw_aes_kw(aes, ctx, out);
    }
}


/*
 * mode, 1 to encrypt, key, iv, bits, additional data or undefined, input,
 * output: how much of the output was written, or -1
 */
void
dw_op_aes(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    uint8_t           *end;
    uint32_t           mode;
    dw_aes_t           aes;
    EVP_CIPHER_CTX    *ctx;
    const EVP_CIPHER  *cipher;

    dw_crypto_answer(result, -1);

    mode = dw_op_u32(&args[0]);

    if (mode == 0 || mode >= DW_AES_LAST) {
        return;
    }

    aes.mode = (dw_aes_mode_t) mode;
    aes.encrypt = args[1].number == 1;
    aes.key = args[2].bytes;
    aes.iv = args[3].bytes;
    aes.bits = dw_op_u32(&args[4]);
    aes.aad = args[5].bytes;
    aes.in = args[6].bytes;
    aes.out = dw_crypto_writable(&args[7]);
    aes.room = args[7].bytes.size;

    cipher = dw_aes_cipher(&aes);
    ctx = EVP_CIPHER_CTX_new();
    end = aes.out;

    if (cipher != NULL && ctx != NULL) {

        EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);

        if (EVP_CipherInit_ex(ctx, cipher, NULL, NULL, NULL, aes.encrypt)
            && dw_aes_run(user, &aes, ctx, &end))
        {
            result->number = (double) (end - aes.out);
        }
    }

    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
}
