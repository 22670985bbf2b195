
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "engine/crypto.h"
#include "engine/executor.h"


static const char  *dw_crypto_md_names[DW_HASH_LAST] = {
    NULL, "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "RIPEMD160"
};


/* Written before any other thread exists. */
static EVP_MD   *dw_crypto_mds[DW_HASH_LAST];
static EVP_MAC  *dw_crypto_mac;


void
dw_crypto_init(void)
{
    size_t          i;
    const uint64_t  options = OPENSSL_INIT_NO_LOAD_CONFIG
                              | OPENSSL_INIT_NO_ATEXIT;

    if (!OPENSSL_init_crypto(options, NULL)) {
        dw_exit(DW_EXIT_FATAL, "cannot initialise libcrypto");
    }

    /* A digest that this libcrypto has not stays NULL. */

    for (i = 1; i < DW_HASH_LAST; i++) {
        dw_crypto_mds[i] = EVP_MD_fetch(NULL, dw_crypto_md_names[i], NULL);
    }

    dw_crypto_mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    if (dw_crypto_mds[DW_HASH_SHA256] == NULL || dw_crypto_mac == NULL
        || !dw_crypto_init_ciphers() || RAND_status() != 1)
    {
        dw_exit(DW_EXIT_FATAL, "libcrypto lacks what every one has");
    }

    ERR_clear_error();
}


bool
dw_crypto_stops(void *user)
{
    dw_cell_t  *cell = user;

    return cell != NULL && cell->isolate != NULL
           && cell->isolate->event.executor != NULL
           && dw_executor_stops(cell->isolate->event.executor);
}


uint8_t *
dw_crypto_out(void)
{
    static _Thread_local uint8_t  out[DW_CRYPTO_OUT];

    return out;
}


void
dw_crypto_result(v8shim_value_t *result, const uint8_t *data, size_t size)
{
    result->type = V8SHIM_BYTES;
    result->bytes.data = data;
    result->bytes.size = size;
}


void
dw_crypto_answer(v8shim_value_t *result, double number)
{
    result->type = V8SHIM_NUMBER;
    result->number = number;
}


/* The shim saw to it that this is an ArrayBuffer of JavaScript's. */
uint8_t *
dw_crypto_writable(const v8shim_value_t *value)
{
    return (uint8_t *) (uintptr_t) value->bytes.data;
}


const EVP_MD *
dw_crypto_md(uint32_t hash)
{
    return hash < DW_HASH_LAST ? dw_crypto_mds[hash] : NULL;
}


EVP_MAC_CTX *
dw_crypto_hmac(void *user, uint32_t hash, v8shim_span_t key)
{
    uint8_t        digest[EVP_MAX_MD_SIZE];
    OSSL_PARAM     params[2];
    EVP_MAC_CTX   *mac;
    const EVP_MD  *md;

    md = dw_crypto_md(hash);

    if (md == NULL) {
        return NULL;
    }

    /*
     * RFC 2104, 2.  libcrypto would do it in one go, and keep the whole key
     * with each context.
     */

    if (key.size > (size_t) EVP_MD_get_block_size(md)) {

        if (!dw_crypto_digest(user, md, key, digest, &key.size)) {
            return NULL;
        }

        key.data = digest;
    }

    params[0] = OSSL_PARAM_construct_utf8_string("digest",
                                  (char *) (uintptr_t)
                                  dw_crypto_md_names[hash], 0);
    params[1] = OSSL_PARAM_construct_end();

    mac = EVP_MAC_CTX_new(dw_crypto_mac);

    /* Without a pointer it would be "the same key as before". */

    if (mac == NULL
        || !EVP_MAC_init(mac, key.size ? key.data : (const uint8_t *) "",
                         key.size, params))
    {
        EVP_MAC_CTX_free(mac);
        mac = NULL;
        ERR_clear_error();
    }

    if (key.data == digest) {
        OPENSSL_cleanse(digest, sizeof(digest));
    }

    return mac;
}
