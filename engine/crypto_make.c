
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "engine/crypto_key.h"


const size_t  dw_key_field_count[DW_KEY_LAST] = { 0, 2, 8, 1, 2, 1, 2 };

const struct dw_key_curve_s  dw_key_curves[DW_CURVE_LAST] = {
    { NULL,      0,                    0 },
    { "P-256",   NID_X9_62_prime256v1, 32 },
    { "P-384",   NID_secp384r1,        48 },
    { "P-521",   NID_secp521r1,        66 },
    { "ED25519", EVP_PKEY_ED25519,     32 },
    { "X25519",  EVP_PKEY_X25519,      32 }
};

const char  *const dw_rsa_names[DW_KEY_FIELDS] = {
    OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E, OSSL_PKEY_PARAM_RSA_D,
    OSSL_PKEY_PARAM_RSA_FACTOR1, OSSL_PKEY_PARAM_RSA_FACTOR2,
    OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2,
    OSSL_PKEY_PARAM_RSA_COEFFICIENT1
};


bool
dw_key_private(const dw_key_t *key)
{
    return key->kind == DW_KEY_RSA_PRIVATE || key->kind == DW_KEY_EC_PRIVATE
           || key->kind == DW_KEY_OKP_PRIVATE;
}


/* -- RSA ----------------------------------------------------------------- */


/* False when one is longer than any key that we accept. */
static bool
dw_rsa_numbers(const dw_key_t *key, BIGNUM **numbers)
{
    size_t  i;

    for (i = 0; i < dw_key_field_count[key->kind]; i++) {

        /* JavaScript counts a modulus's bits from its first byte on. */

        if (key->fields[i].size == 0 || key->fields[i].data[0] == 0
            || key->fields[i].size > DW_CRYPTO_RSA_MAX / 8)
        {
            return false;
        }

        numbers[i] = BN_bin2bn(key->fields[i].data, (int) key->fields[i].size,
                               NULL);
        if (numbers[i] == NULL) {
            return false;
        }
    }

    return true;
}


static void
dw_rsa_free(BIGNUM **numbers)
{
    size_t  i;

    for (i = 0; i < DW_KEY_FIELDS; i++) {
        BN_clear_free(numbers[i]);
    }
}


/* An exponent of any length would make one operation take a second. */
static bool
dw_rsa_public_fits(BIGNUM *const *numbers)
{
    const BIGNUM  *n = numbers[0], *e = numbers[1];

    return BN_num_bits(n) >= DW_CRYPTO_RSA_MIN
           && BN_num_bits(n) <= DW_CRYPTO_RSA_MAX
           && BN_is_odd(n) && BN_is_odd(e) && !BN_is_one(e)
           && BN_num_bits(e) <= 64;
}


/* r = e * d mod (p - 1) is 1, and dp is d mod (p - 1). */
static bool
dw_rsa_prime_fits(const BIGNUM *e, const BIGNUM *d, const BIGNUM *p,
    const BIGNUM *dp, BIGNUM *less, BIGNUM *r, BN_CTX *ctx)
{
    return BN_copy(less, p)
           && BN_sub_word(less, 1)
           && BN_mod(r, d, less, ctx)
           && BN_cmp(r, dp) == 0
           && BN_mod_mul(r, e, dp, less, ctx)
           && BN_is_one(r);
}


/* RFC 8017, 3.2; whether p and q are prime takes too long to find out. */
static bool
dw_rsa_private_fits(BIGNUM *const *m)
{
    bool     ok;
    BIGNUM  *less, *r;
    BN_CTX  *ctx;

    if (!BN_is_odd(m[3]) || BN_is_one(m[3]) || !BN_is_odd(m[4])
        || BN_is_one(m[4]) || BN_is_zero(m[2]) || BN_cmp(m[2], m[0]) >= 0)
    {
        return false;
    }

    ctx = BN_CTX_secure_new();
    if (ctx == NULL) {
        return false;
    }

    BN_CTX_start(ctx);

    less = BN_CTX_get(ctx);
    r = BN_CTX_get(ctx);

    ok = r != NULL
         && BN_mul(r, m[3], m[4], ctx)
         && BN_cmp(r, m[0]) == 0
         && dw_rsa_prime_fits(m[1], m[2], m[3], m[5], less, r, ctx)
         && dw_rsa_prime_fits(m[1], m[2], m[4], m[6], less, r, ctx)
         && BN_cmp(m[7], m[3]) < 0
         && BN_mod_mul(r, m[7], m[4], m[3], ctx)
         && BN_is_one(r);

    BN_CTX_end(ctx);
    BN_CTX_free(ctx);

    return ok;
}


/* The numbers are to be freed, whatever the answer. */
static bool
dw_rsa_read(const dw_key_t *key, BIGNUM **numbers)
{
    return dw_rsa_numbers(key, numbers)
           && dw_rsa_public_fits(numbers)
           && (key->kind == DW_KEY_RSA_PUBLIC || dw_rsa_private_fits(numbers));
}


static bool
dw_rsa_check(const dw_key_t *key)
{
    bool     ok;
    BIGNUM  *numbers[DW_KEY_FIELDS] = { NULL };

    ok = dw_rsa_read(key, numbers);
    dw_rsa_free(numbers);

    return ok;
}


static EVP_PKEY *
dw_key_from(const char *type, OSSL_PARAM_BLD *build, int selection)
{
    EVP_PKEY      *pkey;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    params = OSSL_PARAM_BLD_to_param(build);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (params == NULL || ctx == NULL
        || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, selection, params) != 1)
    {
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);

    return pkey;
}


static EVP_PKEY *
dw_rsa_make(const dw_key_t *key)
{
    bool             ok;
    size_t           i;
    BIGNUM          *numbers[DW_KEY_FIELDS] = { NULL };
    EVP_PKEY        *pkey;
    OSSL_PARAM_BLD  *build;

    pkey = NULL;
    build = OSSL_PARAM_BLD_new();

    /* Checked here, too: not all that comes to an op has been imported. */

    ok = build != NULL && dw_rsa_read(key, numbers);

    for (i = 0; ok && i < dw_key_field_count[key->kind]; i++) {
        ok = OSSL_PARAM_BLD_push_BN(build, dw_rsa_names[i], numbers[i]);
    }

    if (ok) {
        pkey = dw_key_from("RSA", build, dw_key_private(key)
                                         ? EVP_PKEY_KEYPAIR
                                         : EVP_PKEY_PUBLIC_KEY);
    }

    OSSL_PARAM_BLD_free(build);
    dw_rsa_free(numbers);

    return pkey;
}


/* -- elliptic curves ------------------------------------------------------ */


/*
 * The point that a key has or, for a private one, must have: on the curve, not
 * infinity.  NULL when the key's own parts contradict each other.
 */
static EC_POINT *
dw_ec_point(const dw_key_t *key, const EC_GROUP *group, BN_CTX *ctx)
{
    bool            ok;
    BIGNUM         *d;
    EC_POINT       *given, *point;
    v8shim_span_t   in;

    in = key->fields[0];
    given = EC_POINT_new(group);
    point = EC_POINT_new(group);
    ok = given != NULL && point != NULL;

    /* Compressed or not, which cannot be infinity; nobody writes hybrids. */

    if (ok && in.size != 0) {
        ok = in.data[0] >= 2 && in.data[0] <= 4
             && EC_POINT_oct2point(group, given, in.data, in.size, ctx);
    }

    if (ok && key->kind == DW_KEY_EC_PUBLIC) {
        ok = in.size != 0 && EC_POINT_copy(point, given);
    }

    if (ok && key->kind == DW_KEY_EC_PRIVATE) {

        d = BN_secure_new();

        ok = d != NULL
             && key->fields[1].size <= DW_KEY_POINT
             && BN_bin2bn(key->fields[1].data, (int) key->fields[1].size, d)
             && !BN_is_zero(d)
             && BN_cmp(d, EC_GROUP_get0_order(group)) < 0
             && EC_POINT_mul(group, point, d, NULL, NULL, ctx)
             && (in.size == 0 || EC_POINT_cmp(group, point, given, ctx) == 0);

        BN_clear_free(d);
    }

    EC_POINT_free(given);

    if (!ok) {
        EC_POINT_free(point);
        return NULL;
    }

    return point;
}


/* Writes the point, uncompressed; its size or 0. */
static size_t
dw_ec_check(const dw_key_t *key, uint8_t *out)
{
    size_t     size;
    BN_CTX    *ctx;
    EC_GROUP  *group;
    EC_POINT  *point;

    size = 0;
    group = EC_GROUP_new_by_curve_name(dw_key_curves[key->curve].nid);
    ctx = BN_CTX_secure_new();

    if (group != NULL && ctx != NULL) {

        point = dw_ec_point(key, group, ctx);

        if (point != NULL) {
            size = EC_POINT_point2oct(group, point,
                                      POINT_CONVERSION_UNCOMPRESSED, out,
                                      DW_KEY_POINT, ctx);
        }

        EC_POINT_free(point);
    }

    BN_CTX_free(ctx);
    EC_GROUP_free(group);

    return size;
}


static EVP_PKEY *
dw_ec_make(const dw_key_t *key)
{
    bool             ok;
    size_t           size;
    BIGNUM          *d;
    uint8_t          point[DW_KEY_POINT];
    EVP_PKEY        *pkey;
    OSSL_PARAM_BLD  *build;

    size = dw_ec_check(key, point);
    if (size == 0) {
        return NULL;
    }

    d = NULL;
    pkey = NULL;
    build = OSSL_PARAM_BLD_new();

    ok = build != NULL
         && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                            dw_key_curves[key->curve].name, 0)
         && OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
                                             point, size);

    if (ok && key->kind == DW_KEY_EC_PRIVATE) {

        d = BN_bin2bn(key->fields[1].data, (int) key->fields[1].size, NULL);

        ok = d != NULL
             && OSSL_PARAM_BLD_push_BN_pad(build, OSSL_PKEY_PARAM_PRIV_KEY, d,
                                           dw_key_curves[key->curve].size);
    }

    if (ok) {
        pkey = dw_key_from("EC", build, dw_key_private(key)
                                        ? EVP_PKEY_KEYPAIR
                                        : EVP_PKEY_PUBLIC_KEY);
    }

    OSSL_PARAM_BLD_free(build);
    BN_clear_free(d);

    return pkey;
}


/* -- Curve25519 ----------------------------------------------------------- */


static EVP_PKEY *
dw_okp_make(const dw_key_t *key)
{
    int                   nid;
    size_t                size;
    EVP_PKEY             *pkey;
    uint8_t               public[DW_KEY_POINT];
    const v8shim_span_t  *x, *d;

    nid = dw_key_curves[key->curve].nid;
    size = dw_key_curves[key->curve].size;
    x = &key->fields[0];
    d = &key->fields[1];

    if (key->kind == DW_KEY_OKP_PUBLIC) {
        return x->size == size
               ? EVP_PKEY_new_raw_public_key(nid, NULL, x->data, x->size)
               : NULL;
    }

    if (d->size != size || (x->size != 0 && x->size != size)) {
        return NULL;
    }

    pkey = EVP_PKEY_new_raw_private_key(nid, NULL, d->data, d->size);

    if (pkey != NULL && x->size != 0
        && (!EVP_PKEY_get_raw_public_key(pkey, public, &size)
            || memcmp(public, x->data, x->size) != 0))
    {
        EVP_PKEY_free(pkey);
        return NULL;
    }

    return pkey;
}


/* Writes the public key; its size or 0. */
static size_t
dw_okp_check(const dw_key_t *key, uint8_t *out)
{
    size_t     size;
    EVP_PKEY  *pkey;

    size = DW_KEY_POINT;
    pkey = dw_okp_make(key);

    if (pkey == NULL || !EVP_PKEY_get_raw_public_key(pkey, out, &size)) {
        size = 0;
    }

    EVP_PKEY_free(pkey);

    return size;
}


/* -- all kinds ------------------------------------------------------------ */


int
dw_key_check(const dw_key_t *key, uint8_t *out)
{
    size_t  size;

    switch (key->kind) {

    case DW_KEY_RSA_PUBLIC:
    case DW_KEY_RSA_PRIVATE:
        return dw_rsa_check(key) ? 0 : -1;

    case DW_KEY_EC_PUBLIC:
    case DW_KEY_EC_PRIVATE:
        size = dw_ec_check(key, out);
        break;

    default:
        size = dw_okp_check(key, out);
    }

    return size != 0 ? (int) size : -1;
}


EVP_PKEY *
dw_key_make(const dw_key_t *key)
{
    switch (key->kind) {

    case DW_KEY_RSA_PUBLIC:
    case DW_KEY_RSA_PRIVATE:
        return dw_rsa_make(key);

    case DW_KEY_EC_PUBLIC:
    case DW_KEY_EC_PRIVATE:
        return dw_ec_make(key);

    default:
        return dw_okp_make(key);
    }
}
