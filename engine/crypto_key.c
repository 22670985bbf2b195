
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "engine/crypto_key.h"


/* Keys that a thread remembers, each with what libcrypto computed for it. */
#define DW_KEY_CACHE    16


typedef struct {
    EVP_PKEY  *pkey;                /* NULL: a free place */
    uint64_t   owner;               /* the isolate, which alone finds it */
    uint64_t   used;
    size_t     size;
    uint8_t   *packed;
} dw_key_entry_t;


static bool
dw_key_parse(dw_key_t *key, v8shim_span_t packed)
{
    bool            ec, okp;
    size_t          i, size;
    const uint8_t  *p, *end;

    if (packed.size < 2) {
        return false;
    }

    p = packed.data;
    end = p + packed.size;

    if (p[0] == 0 || p[0] >= DW_KEY_LAST || p[1] >= DW_CURVE_LAST) {
        return false;
    }

    memset(key, 0, sizeof(dw_key_t));

    key->kind = (dw_key_kind_t) *p++;
    key->curve = (dw_key_curve_t) *p++;

    ec = key->kind == DW_KEY_EC_PUBLIC || key->kind == DW_KEY_EC_PRIVATE;
    okp = key->kind == DW_KEY_OKP_PUBLIC || key->kind == DW_KEY_OKP_PRIVATE;

    if (ec != (key->curve >= DW_CURVE_P256 && key->curve <= DW_CURVE_P521)
        || okp != (key->curve >= DW_CURVE_ED25519))
    {
        return false;
    }

    for (i = 0; i < dw_key_field_count[key->kind]; i++) {

        if (end - p < 2) {
            return false;
        }

        size = (size_t) p[0] | (size_t) p[1] << 8;
        p += 2;

        if ((size_t) (end - p) < size) {
            return false;
        }

        key->fields[i].data = p;
        key->fields[i].size = size;
        p += size;
    }

    return p == end;
}


static uint8_t *
dw_key_put(uint8_t *p, const uint8_t *data, size_t size)
{
    p[0] = (uint8_t) size;
    p[1] = (uint8_t) (size >> 8);

    if (size != 0) {
        memcpy(p + 2, data, size);
    }

    return p + 2 + size;
}


/* -- what a thread remembers ---------------------------------------------- */


static void
dw_key_forget(dw_key_entry_t *entry)
{
    EVP_PKEY_free(entry->pkey);
    OPENSSL_clear_free(entry->packed, entry->size);
    memset(entry, 0, sizeof(dw_key_entry_t));
}


EVP_PKEY *
dw_crypto_key(void *user, v8shim_span_t packed, bool private)
{
    size_t           i;
    uint64_t         owner;
    dw_key_t         key;
    EVP_PKEY        *pkey;
    dw_cell_t       *cell = user;
    dw_key_entry_t  *entry, *oldest;

    static _Thread_local uint64_t        clock;
    static _Thread_local dw_key_entry_t  cache[DW_KEY_CACHE];

    if (!dw_key_parse(&key, packed) || (private && !dw_key_private(&key))) {
        return NULL;
    }

    owner = cell != NULL && cell->isolate != NULL ? cell->isolate->id : 0;
    oldest = &cache[0];

    for (i = 0; i < DW_KEY_CACHE; i++) {

        entry = &cache[i];

        if (entry->pkey != NULL && entry->owner == owner
            && entry->size == packed.size
            && memcmp(entry->packed, packed.data, packed.size) == 0)
        {
            entry->used = ++clock;
            return entry->pkey;
        }

        if (entry->used < oldest->used) {
            oldest = entry;
        }
    }

    pkey = dw_key_make(&key);
    if (pkey == NULL) {
        return NULL;
    }

    dw_key_forget(oldest);

    oldest->pkey = pkey;
    oldest->owner = owner;
    oldest->used = ++clock;
    oldest->size = packed.size;
    oldest->packed = dw_alloc(packed.size);
    memcpy(oldest->packed, packed.data, packed.size);

    return pkey;
}


/* -- ops ------------------------------------------------------------------ */


/*
 * packed key: the same key with its public part complete and in its usual
 * form, or undefined
 */
void
dw_op_key_check(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    int        size;
    uint8_t   *out, *p, public[DW_KEY_POINT];
    dw_key_t   key;

    (void) user;

    if (!dw_key_parse(&key, args[0].bytes)) {
        return;
    }

    size = dw_key_check(&key, public);

    if (size > 0) {
        out = dw_crypto_out();
        out[0] = (uint8_t) key.kind;
        out[1] = (uint8_t) key.curve;
        p = dw_key_put(out + 2, public, (size_t) size);

        if (dw_key_private(&key)) {
            p = dw_key_put(p, key.fields[1].data, key.fields[1].size);
        }

        dw_crypto_result(result, out, (size_t) (p - out));

    } else if (size == 0) {
        dw_crypto_result(result, args[0].bytes.data, args[0].bytes.size);
    }

    ERR_clear_error();
}


/* libcrypto asks after each candidate for a prime; 0 makes it give up. */
static int
dw_key_goes_on(EVP_PKEY_CTX *ctx)
{
    return !dw_crypto_stops(EVP_PKEY_CTX_get_app_data(ctx));
}


static EVP_PKEY *
dw_rsa_generate(void *user, uint32_t bits, uint32_t exponent)
{
    BIGNUM        *e;
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    if (bits < DW_CRYPTO_RSA_MIN || bits > DW_CRYPTO_RSA_NEW
        || (exponent != 3 && exponent != 65537))
    {
        return NULL;
    }

    pkey = NULL;
    e = BN_new();
    ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);

    if (ctx != NULL && e != NULL && BN_set_word(e, exponent)
        && EVP_PKEY_keygen_init(ctx) == 1
        && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int) bits) == 1
        && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1)
    {
        EVP_PKEY_CTX_set_app_data(ctx, user);
        EVP_PKEY_CTX_set_cb(ctx, dw_key_goes_on);

        if (EVP_PKEY_generate(ctx, &pkey) != 1) {
            pkey = NULL;
        }
    }

    EVP_PKEY_CTX_free(ctx);
    BN_free(e);

    return pkey;
}


/* The end of what was written, or NULL. */
static uint8_t *
dw_key_put_number(uint8_t *p, const EVP_PKEY *pkey, const char *name,
    size_t size)
{
    BIGNUM   *number;
    uint8_t   bytes[DW_CRYPTO_RSA_MAX / 8];

    number = NULL;

    if (!EVP_PKEY_get_bn_param(pkey, name, &number)) {
        return NULL;
    }

    if (size == 0) {
        size = (size_t) BN_num_bytes(number);
    }

    if (size > sizeof(bytes) || BN_bn2binpad(number, bytes, (int) size) < 0) {
        p = NULL;

    } else {
        p = dw_key_put(p, bytes, size);
    }

    OPENSSL_cleanse(bytes, sizeof(bytes));
    BN_clear_free(number);

    return p;
}


static uint8_t *
dw_rsa_put(uint8_t *p, const EVP_PKEY *pkey)
{
    size_t  i;

    for (i = 0; p != NULL && i < DW_KEY_FIELDS; i++) {
        p = dw_key_put_number(p, pkey, dw_rsa_names[i], 0);
    }

    return p;
}


static uint8_t *
dw_ec_put(uint8_t *p, EVP_PKEY *pkey, dw_key_curve_t curve)
{
    size_t   size;
    uint8_t  *point;

    size = EVP_PKEY_get1_encoded_public_key(pkey, &point);

    if (size == 0 || size > DW_KEY_POINT) {
        return NULL;
    }

    p = dw_key_put(p, point, size);
    OPENSSL_free(point);

    return dw_key_put_number(p, pkey, OSSL_PKEY_PARAM_PRIV_KEY,
                             dw_key_curves[curve].size);
}


static uint8_t *
dw_okp_put(uint8_t *p, EVP_PKEY *pkey)
{
    size_t   x_size, d_size;
    uint8_t  x[DW_KEY_POINT], d[DW_KEY_POINT];

    x_size = sizeof(x);
    d_size = sizeof(d);

    if (!EVP_PKEY_get_raw_public_key(pkey, x, &x_size)
        || !EVP_PKEY_get_raw_private_key(pkey, d, &d_size))
    {
        return NULL;
    }

    p = dw_key_put(p, x, x_size);
    p = dw_key_put(p, d, d_size);
    OPENSSL_cleanse(d, sizeof(d));

    return p;
}


/*
 * kind of a private key, curve or bits of an RSA key, exponent of an RSA key:
 * a packed key, or undefined
 */
void
dw_op_key_generate(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    uint8_t   *out, *end;
    uint32_t   kind, what;
    EVP_PKEY  *pkey;

    out = dw_crypto_out();
    end = NULL;
    pkey = NULL;
    kind = dw_op_u32(&args[0]);
    what = dw_op_u32(&args[1]);

    if (kind == DW_KEY_RSA_PRIVATE) {
        pkey = dw_rsa_generate(user, what, dw_op_u32(&args[2]));
        what = 0;

    } else if (kind == DW_KEY_EC_PRIVATE && what >= DW_CURVE_P256
               && what <= DW_CURVE_P521)
    {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", dw_key_curves[what].name);

    } else if (kind == DW_KEY_OKP_PRIVATE && what >= DW_CURVE_ED25519
               && what < DW_CURVE_LAST)
    {
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, dw_key_curves[what].name);
    }

    if (pkey != NULL) {
        out[0] = (uint8_t) kind;
        out[1] = (uint8_t) what;

        end = kind == DW_KEY_RSA_PRIVATE ? dw_rsa_put(out + 2, pkey)
              : kind == DW_KEY_EC_PRIVATE
                ? dw_ec_put(out + 2, pkey, (dw_key_curve_t) what)
                : dw_okp_put(out + 2, pkey);
    }

    if (end != NULL) {
        dw_crypto_result(result, out, (size_t) (end - out));
    }

    EVP_PKEY_free(pkey);
    ERR_clear_error();
}
