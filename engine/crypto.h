
/*
 * Cryptography on OpenSSL's libcrypto: the ops, and what their files share.
 *
 * What an op is asked for and cannot do (a signature that does not fit, a key
 * that is none, a wrong tag) is answered with undefined or -1, and JavaScript
 * throws what its standard says.  Work that grows with the input is cut into
 * slices; between two of them the isolate may be stopped, and then the answer
 * does not matter.
 *
 * Key material comes with each call, as JavaScript keeps it; what is costly to
 * make of it is remembered (crypto_key.c).
 */

#ifndef DW_CRYPTO_H
#define DW_CRYPTO_H


#include <openssl/evp.h>

#include "engine/op.h"


/* Bytes of input between two looks at whether the isolate must stop. */
#define DW_CRYPTO_SLICE      (1024 * 1024)

/* RSA keys, in bits; 8192 is as much as one private operation may take. */
#define DW_CRYPTO_RSA_MIN    512
#define DW_CRYPTO_RSA_MAX    8192
#define DW_CRYPTO_RSA_NEW    4096

/* What cannot be cut into slices. */
#define DW_CRYPTO_WRAP_MAX   (1024 * 1024)
#define DW_CRYPTO_EDDSA_MAX  (64 * 1024 * 1024)
#define DW_CRYPTO_LABEL_MAX  (1024 * 1024)
#define DW_CRYPTO_SCRYPT_MEM (32 * 1024 * 1024)
#define DW_CRYPTO_SCRYPT_P   8
#define DW_CRYPTO_SCRYPT_SHA (128 * 1024 * 1024)    /* bytes to hash */

/* Short results: keys, signatures, digests. */
#define DW_CRYPTO_OUT        8192


/* As runtime/crypto/native.js numbers them. */
typedef enum {
    DW_HASH_MD5 = 1,
    DW_HASH_SHA1,
    DW_HASH_SHA224,
    DW_HASH_SHA256,
    DW_HASH_SHA384,
    DW_HASH_SHA512,
    DW_HASH_RIPEMD160,
    DW_HASH_LAST
} dw_hash_t;


/*
 * Before the jail closes: all algorithms are fetched, no configuration file is
 * read, now or later.
 */
void dw_crypto_init(void);

/* Must the op give up?  Asked between slices. */
bool dw_crypto_stops(void *user);

/* Of this thread, DW_CRYPTO_OUT bytes: what an op's result points to. */
uint8_t *dw_crypto_out(void);

void dw_crypto_result(v8shim_value_t *result, const uint8_t *data,
    size_t size);
void dw_crypto_answer(v8shim_value_t *result, double number);

/* Argument "w". */
uint8_t *dw_crypto_writable(const v8shim_value_t *value);

/* NULL for a number that is none. */
const EVP_MD *dw_crypto_md(uint32_t hash);

/* "out" has EVP_MAX_MD_SIZE bytes; false when stopped. */
bool dw_crypto_digest(void *user, const EVP_MD *md, v8shim_span_t data,
    uint8_t *out, size_t *size);

/* An HMAC to which data may be given, or NULL. */
EVP_MAC_CTX *dw_crypto_hmac(void *user, uint32_t hash, v8shim_span_t key);

/* Gives it data; false when stopped. */
bool dw_crypto_hmac_update(void *user, EVP_MAC_CTX *mac, v8shim_span_t data);

/*
 * The key that these bytes describe (runtime/crypto/material.js has the
 * layout), or NULL.  Borrowed until the next call on this thread.
 */
EVP_PKEY *dw_crypto_key(void *user, v8shim_span_t packed, bool private);


/* crypto_digest.c */
void dw_op_digest(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_hmac(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_hash_create(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_hash_update(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_hash_copy(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_hash_final(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_equal(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);

/* crypto_kdf.c */
void dw_op_hkdf(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_pbkdf2(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_scrypt(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);

/* crypto_cipher.c */
bool dw_crypto_init_ciphers(void);
void dw_op_aes(void *user, const v8shim_value_t *args, v8shim_value_t *result);

/* crypto_key.c */
void dw_op_key_check(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_key_generate(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);

/* crypto_sign.c */
void dw_op_sign(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_verify(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_oaep(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);
void dw_op_agree(void *user, const v8shim_value_t *args,
    v8shim_value_t *result);


#endif /* DW_CRYPTO_H */
