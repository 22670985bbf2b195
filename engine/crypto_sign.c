
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "engine/crypto.h"


#define DW_ED25519_SIZE  32


/* As runtime/crypto/native.js numbers them. */
typedef enum {
    DW_SIGN_PKCS1 = 1,
    DW_SIGN_PSS,
    DW_SIGN_ECDSA,
    DW_SIGN_EDDSA,
    DW_SIGN_LAST
} dw_sign_scheme_t;


typedef struct {
    dw_sign_scheme_t   scheme;
    EVP_PKEY          *pkey;
    const EVP_MD      *md;          /* NULL: EdDSA */
    int                salt;        /* PSS */
    v8shim_span_t      data;
} dw_sign_t;


/* Reads key, scheme, hash, salt length; false if they make no sense. */
static bool
dw_sign_parse(void *user, dw_sign_t *sign, const v8shim_value_t *args,
    bool private)
{
    int       type;
    uint32_t  scheme, salt;

    scheme = dw_op_u32(&args[1]);
    salt = dw_op_u32(&args[3]);

    if (scheme == 0 || scheme >= DW_SIGN_LAST || salt > DW_CRYPTO_RSA_MAX) {
        return false;
    }

    sign->scheme = (dw_sign_scheme_t) scheme;
    sign->salt = (int) salt;
    sign->md = dw_crypto_md(dw_op_u32(&args[2]));
    sign->pkey = dw_crypto_key(user, args[0].bytes, private);

    if (sign->pkey == NULL) {
        return false;
    }

    type = EVP_PKEY_get_base_id(sign->pkey);

    switch (sign->scheme) {

    case DW_SIGN_EDDSA:
        return type == EVP_PKEY_ED25519;

    case DW_SIGN_ECDSA:
        return type == EVP_PKEY_EC && sign->md != NULL;

    default:
        return type == EVP_PKEY_RSA && sign->md != NULL;
    }
}


static EVP_PKEY_CTX *
dw_sign_context(const dw_sign_t *sign, bool private)
{
    int            padding;
    EVP_PKEY_CTX  *ctx;

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, sign->pkey, NULL);

    if (ctx == NULL
        || (private ? EVP_PKEY_sign_init(ctx) : EVP_PKEY_verify_init(ctx)) != 1)
    {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }

    if (sign->scheme == DW_SIGN_ECDSA) {
        return ctx;
    }

    padding = sign->scheme == DW_SIGN_PSS ? RSA_PKCS1_PSS_PADDING
                                          : RSA_PKCS1_PADDING;

    if (EVP_PKEY_CTX_set_rsa_padding(ctx, padding) != 1
        || EVP_PKEY_CTX_set_signature_md(ctx, sign->md) != 1
        || (sign->scheme == DW_SIGN_PSS
            && (EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, sign->md) != 1
                || EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, sign->salt) != 1)))
    {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


/* -- ECDSA: r and s side by side, not DER --------------------------------- */


static size_t
dw_ecdsa_size(EVP_PKEY *pkey)
{
    return ((size_t) EVP_PKEY_get_bits(pkey) + 7) / 8;
}


/* In place; 0 if it is not DER. */
static size_t
dw_ecdsa_from_der(EVP_PKEY *pkey, uint8_t *out, size_t size)
{
    size_t          half;
    ECDSA_SIG      *sig;
    const uint8_t  *p;

    p = out;
    half = dw_ecdsa_size(pkey);
    sig = d2i_ECDSA_SIG(NULL, &p, (long) size);

    if (sig == NULL
        || BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int) half) < 0
        || BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + half, (int) half) < 0)
    {
        half = 0;
    }

    ECDSA_SIG_free(sig);

    return 2 * half;
}


/* How many bytes were written, or 0. */
static size_t
dw_ecdsa_to_der(EVP_PKEY *pkey, v8shim_span_t raw, uint8_t *out)
{
    int         size;
    size_t      half;
    BIGNUM     *r, *s;
    ECDSA_SIG  *sig;

    half = dw_ecdsa_size(pkey);

    if (raw.size != 2 * half) {
        return 0;
    }

    size = 0;
    sig = ECDSA_SIG_new();
    r = BN_bin2bn(raw.data, (int) half, NULL);
    s = BN_bin2bn(raw.data + half, (int) half, NULL);

    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s)) {
        size = i2d_ECDSA_SIG(sig, &out);

    } else {
        BN_free(r);
        BN_free(s);
    }

    ECDSA_SIG_free(sig);

    return size > 0 ? (size_t) size : 0;
}


/* -- Ed25519 -------------------------------------------------------------- */


/*
 * Is the point's encoding one of RFC 8032, and the point not one of the eight
 * whose order is small?  Its y decides: 0, 1, -1, or that of order 8.
 */
static bool
dw_ed25519_fits(const uint8_t *point)
{
    size_t   i;
    uint8_t  y[DW_ED25519_SIZE];

    static const uint8_t  small[][DW_ED25519_SIZE] = {
        { 0 },
        { 1 },
        { 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
          0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
        { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
          0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
          0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
          0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
        { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f,
          0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
          0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6,
          0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a }
    };

    memcpy(y, point, sizeof(y));
    y[DW_ED25519_SIZE - 1] &= 0x7f;

    for (i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
        if (memcmp(y, small[i], sizeof(y)) == 0) {
            return false;
        }
    }

    /* y < 2^255 - 19 */

    if (y[0] < 0xed || y[DW_ED25519_SIZE - 1] != 0x7f) {
        return true;
    }

    for (i = 1; i < DW_ED25519_SIZE - 1; i++) {
        if (y[i] != 0xff) {
            return true;
        }
    }

    return false;
}


static bool
dw_eddsa_sign(const dw_sign_t *sign, uint8_t *out, size_t *size)
{
    bool         ok;
    EVP_MD_CTX  *ctx;

    ctx = EVP_MD_CTX_new();

    ok = ctx != NULL && sign->data.size <= DW_CRYPTO_EDDSA_MAX
         && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, sign->pkey,
                                  NULL) == 1
         && EVP_DigestSign(ctx, out, size, sign->data.data, sign->data.size)
            == 1;

    EVP_MD_CTX_free(ctx);

    return ok;
}


static bool
dw_eddsa_verify(const dw_sign_t *sign, v8shim_span_t signature)
{
    bool         ok;
    size_t       size;
    uint8_t      public[DW_ED25519_SIZE];
    EVP_MD_CTX  *ctx;

    size = sizeof(public);

    if (signature.size != 2 * DW_ED25519_SIZE
        || sign->data.size > DW_CRYPTO_EDDSA_MAX
        || !EVP_PKEY_get_raw_public_key(sign->pkey, public, &size)
        || !dw_ed25519_fits(public) || !dw_ed25519_fits(signature.data))
    {
        return false;
    }

    ctx = EVP_MD_CTX_new();

    ok = ctx != NULL
         && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, sign->pkey,
                                    NULL) == 1
         && EVP_DigestVerify(ctx, signature.data, signature.size,
                             sign->data.data, sign->data.size) == 1;

    EVP_MD_CTX_free(ctx);

    return ok;
}


/* -- ops ------------------------------------------------------------------ */


/* key, scheme, hash or 0, salt length, bytes: a signature, or undefined */
void
dw_op_sign(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool           ok;
    size_t         size, md_size;
    uint8_t       *out, md[EVP_MAX_MD_SIZE];
    dw_sign_t      sign;
    EVP_PKEY_CTX  *ctx;

    out = dw_crypto_out();
    size = DW_CRYPTO_OUT;

    if (!dw_sign_parse(user, &sign, args, true)) {
        ERR_clear_error();
        return;
    }

    sign.data = args[4].bytes;

    if (sign.scheme == DW_SIGN_EDDSA) {
        ok = dw_eddsa_sign(&sign, out, &size);

    } else {
        ctx = dw_sign_context(&sign, true);

        ok = ctx != NULL
             && dw_crypto_digest(user, sign.md, sign.data, md, &md_size)
             && EVP_PKEY_sign(ctx, out, &size, md, md_size) == 1;

        EVP_PKEY_CTX_free(ctx);
    }

    if (ok && sign.scheme == DW_SIGN_ECDSA) {
        size = dw_ecdsa_from_der(sign.pkey, out, size);
        ok = size != 0;
    }

    if (ok) {
        dw_crypto_result(result, out, size);
    }

    ERR_clear_error();
}


/* key, scheme, hash or 0, salt length, signature, bytes: 1 if it is valid */
void
dw_op_verify(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool            ok;
    size_t          md_size;
    uint8_t         md[EVP_MAX_MD_SIZE];
    dw_sign_t       sign;
    EVP_PKEY_CTX   *ctx;
    v8shim_span_t   signature;

    dw_crypto_answer(result, 0);

    if (!dw_sign_parse(user, &sign, args, false)) {
        ERR_clear_error();
        return;
    }

    signature = args[4].bytes;
    sign.data = args[5].bytes;

    if (sign.scheme == DW_SIGN_EDDSA) {
        ok = dw_eddsa_verify(&sign, signature);

    } else {

        if (sign.scheme == DW_SIGN_ECDSA) {
            signature.size = dw_ecdsa_to_der(sign.pkey, signature,
                                             dw_crypto_out());
            signature.data = dw_crypto_out();
            ok = signature.size != 0;

        } else {

            /* Without a zero in front it is the same number, but not valid. */

            ok = signature.size == (size_t) EVP_PKEY_get_size(sign.pkey);
        }

        ctx = dw_sign_context(&sign, false);

        ok = ok && ctx != NULL
             && dw_crypto_digest(user, sign.md, sign.data, md, &md_size)
             && EVP_PKEY_verify(ctx, signature.data, signature.size, md,
                                md_size) == 1;

        EVP_PKEY_CTX_free(ctx);
    }

    result->number = ok;
    ERR_clear_error();
}


/* The label becomes the context's. */
static bool
dw_oaep_set_label(EVP_PKEY_CTX *ctx, v8shim_span_t label)
{
    void  *copy;

    if (label.size == 0) {
        return true;
    }

    if (label.size > DW_CRYPTO_LABEL_MAX) {
        return false;
    }

    copy = OPENSSL_memdup(label.data, label.size);

    if (copy == NULL
        || EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, copy, (int) label.size) != 1)
    {
        OPENSSL_free(copy);
        return false;
    }

    return true;
}


/* key, 1 to encrypt, hash, label or undefined, bytes: bytes, or undefined */
void
dw_op_oaep(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool           ok, encrypt;
    size_t         size;
    uint8_t       *out;
    EVP_PKEY      *pkey;
    const EVP_MD  *md;
    EVP_PKEY_CTX  *ctx;

    encrypt = args[1].number == 1;
    out = dw_crypto_out();
    size = DW_CRYPTO_OUT;
    md = dw_crypto_md(dw_op_u32(&args[2]));
    pkey = dw_crypto_key(user, args[0].bytes, !encrypt);

    if (md == NULL || pkey == NULL
        || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
    {
        ERR_clear_error();
        return;
    }

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    ok = ctx != NULL
         && (encrypt
             || args[4].bytes.size == (size_t) EVP_PKEY_get_size(pkey))
         && (encrypt ? EVP_PKEY_encrypt_init(ctx)
                     : EVP_PKEY_decrypt_init(ctx)) == 1
         && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1
         && EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1
         && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1
         && dw_oaep_set_label(ctx, args[3].bytes)
         && (encrypt ? EVP_PKEY_encrypt(ctx, out, &size, args[4].bytes.data,
                                        args[4].bytes.size)
                     : EVP_PKEY_decrypt(ctx, out, &size, args[4].bytes.data,
                                        args[4].bytes.size)) == 1;

    if (ok) {
        dw_crypto_result(result, out, size);
    }

    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
}


/*
 * private key, public key of the same curve: the secret they share, or
 * undefined (X25519 refuses points of small order)
 */
void
dw_op_agree(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    bool           ok;
    size_t         size;
    uint8_t       *out;
    EVP_PKEY      *ours, *theirs;
    EVP_PKEY_CTX  *ctx;

    out = dw_crypto_out();
    size = DW_CRYPTO_OUT;
    ours = dw_crypto_key(user, args[0].bytes, true);

    /* The next look-up may forget it. */

    if (ours == NULL || !EVP_PKEY_up_ref(ours)) {
        ERR_clear_error();
        return;
    }

    theirs = dw_crypto_key(user, args[1].bytes, false);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ours, NULL);

    ok = theirs != NULL && ctx != NULL
         && EVP_PKEY_derive_init(ctx) == 1
         && EVP_PKEY_derive_set_peer(ctx, theirs) == 1
         && EVP_PKEY_derive(ctx, out, &size) == 1;

    if (ok) {
        dw_crypto_result(result, out, size);
    }

    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(ours);
    ERR_clear_error();
}
