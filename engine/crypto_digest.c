
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "engine/crypto.h"


/* What malloc() and libcrypto spend on one, about. */
#define DW_STREAM_BYTES  2048


/* A digest or an HMAC that takes its input piece by piece; one is NULL. */
typedef struct {
    EVP_MD_CTX   *md;
    EVP_MAC_CTX  *mac;
} dw_stream_t;


static void dw_stream_destroy(void *object);


static const dw_resource_kind_t  dw_stream_kind = { dw_stream_destroy };


static void
dw_stream_destroy(void *object)
{
    dw_stream_t  *stream = object;

    EVP_MD_CTX_free(stream->md);
    EVP_MAC_CTX_free(stream->mac);
    free(stream);
}


static bool
dw_stream_update(void *user, const dw_stream_t *stream, v8shim_span_t data)
{
    bool    ok;
    size_t  size;

    ok = true;

    while (ok && data.size != 0) {
        size = data.size < DW_CRYPTO_SLICE ? data.size : DW_CRYPTO_SLICE;

        ok = (stream->md != NULL
              ? EVP_DigestUpdate(stream->md, data.data, size)
              : EVP_MAC_update(stream->mac, data.data, size))
             && !(data.size > size && dw_crypto_stops(user));

        data.data += size;
        data.size -= size;
    }

    return ok;
}


/* Only once. */
static bool
dw_stream_final(const dw_stream_t *stream, uint8_t *out, size_t *size)
{
    unsigned  n;

    if (stream->mac != NULL) {
        return EVP_MAC_final(stream->mac, out, size, EVP_MAX_MD_SIZE);
    }

    if (!EVP_DigestFinal_ex(stream->md, out, &n)) {
        return false;
    }

    *size = n;

    return true;
}


bool
dw_crypto_digest(void *user, const EVP_MD *md, v8shim_span_t data,
    uint8_t *out, size_t *size)
{
    bool         ok;
    dw_stream_t  stream;

    stream.md = EVP_MD_CTX_new();
    stream.mac = NULL;

    ok = stream.md != NULL
         && EVP_DigestInit_ex(stream.md, md, NULL)
         && dw_stream_update(user, &stream, data)
         && dw_stream_final(&stream, out, size);

    EVP_MD_CTX_free(stream.md);

    return ok;
}


bool
dw_crypto_hmac_update(void *user, EVP_MAC_CTX *mac, v8shim_span_t data)
{
    const dw_stream_t  stream = { NULL, mac };

    return dw_stream_update(user, &stream, data);
}


/* hash, bytes: the digest */
void
dw_op_digest(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    size_t         size;
    uint8_t       *out;
    const EVP_MD  *md;

    out = dw_crypto_out();
    md = dw_crypto_md(dw_op_u32(&args[0]));

    if (md != NULL && dw_crypto_digest(user, md, args[1].bytes, out, &size)) {
        dw_crypto_result(result, out, size);
    }

    ERR_clear_error();
}


/* hash, key, bytes: the authentication code */
void
dw_op_hmac(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    size_t        size;
    uint8_t      *out;
    dw_stream_t   stream;

    out = dw_crypto_out();

    stream.md = NULL;
    stream.mac = dw_crypto_hmac(user, dw_op_u32(&args[0]), args[1].bytes);

    if (stream.mac != NULL && dw_stream_update(user, &stream, args[2].bytes)
        && dw_stream_final(&stream, out, &size))
    {
        dw_crypto_result(result, out, size);
    }

    EVP_MAC_CTX_free(stream.mac);
    ERR_clear_error();
}


static void
dw_stream_add(dw_isolate_t *iso, EVP_MD_CTX *md, EVP_MAC_CTX *mac,
    v8shim_value_t *result)
{
    dw_stream_t  *stream;

    if (md == NULL && mac == NULL) {
        return;
    }

    stream = dw_alloc(sizeof(dw_stream_t));
    stream->md = md;
    stream->mac = mac;

    dw_op_add_resource(iso, &dw_stream_kind, stream, DW_STREAM_BYTES, result);
}


/* hash, key of an HMAC or undefined: an id */
void
dw_op_hash_create(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    EVP_MD_CTX    *ctx;
    dw_isolate_t  *iso;
    const EVP_MD  *md;

    iso = dw_op_isolate(user, result);

    if (iso == NULL || !dw_op_room(iso, DW_STREAM_BYTES, result)) {
        return;
    }

    if (args[1].type != V8SHIM_UNDEFINED) {
        dw_stream_add(iso, NULL,
                      dw_crypto_hmac(user, dw_op_u32(&args[0]),
                                     args[1].bytes),
                      result);
        return;
    }

    md = dw_crypto_md(dw_op_u32(&args[0]));
    if (md == NULL) {
        return;
    }

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL && !EVP_DigestInit_ex(ctx, md, NULL)) {
        EVP_MD_CTX_free(ctx);
        ctx = NULL;
    }

    dw_stream_add(iso, ctx, NULL, result);
    ERR_clear_error();
}


/* id, bytes */
void
dw_op_hash_update(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    dw_stream_t  *stream;

    stream = dw_op_resource(user, &args[0], &dw_stream_kind, result);

    if (stream != NULL && !dw_stream_update(user, stream, args[1].bytes)) {
        dw_op_fail(result, V8SHIM_ERROR, "hashUpdate: failed");
        ERR_clear_error();
    }
}


/* id: an id */
void
dw_op_hash_copy(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    EVP_MD_CTX    *md;
    EVP_MAC_CTX   *mac;
    dw_stream_t   *stream;
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);

    if (iso == NULL || !dw_op_room(iso, DW_STREAM_BYTES, result)) {
        return;
    }

    stream = dw_op_resource(user, &args[0], &dw_stream_kind, result);
    if (stream == NULL) {
        return;
    }

    md = NULL;
    mac = NULL;

    if (stream->mac != NULL) {
        mac = EVP_MAC_CTX_dup(stream->mac);

    } else {
        md = EVP_MD_CTX_new();

        if (md != NULL && !EVP_MD_CTX_copy_ex(md, stream->md)) {
            EVP_MD_CTX_free(md);
            md = NULL;
        }
    }

    dw_stream_add(iso, md, mac, result);
    ERR_clear_error();
}


/* id: the digest; what the id names is used up and closed */
void
dw_op_hash_final(void *user, const v8shim_value_t *args,
    v8shim_value_t *result)
{
    size_t         size;
    uint8_t       *out;
    dw_stream_t   *stream;
    dw_isolate_t  *iso;

    iso = dw_op_isolate(user, result);
    if (iso == NULL) {
        return;
    }

    stream = dw_op_resource(user, &args[0], &dw_stream_kind, result);
    if (stream == NULL) {
        return;
    }

    out = dw_crypto_out();

    if (dw_stream_final(stream, out, &size)) {
        dw_crypto_result(result, out, size);
    }

    result->external = -(int64_t) dw_resource_remove(&iso->resources,
                                                     dw_op_u64(&args[0]));
    ERR_clear_error();
}


/* bytes, as many bytes: 1 if they are the same, in constant time */
void
dw_op_equal(void *user, const v8shim_value_t *args, v8shim_value_t *result)
{
    (void) user;

    dw_crypto_answer(result, args[0].bytes.size == args[1].bytes.size
                             && CRYPTO_memcmp(args[0].bytes.data,
                                              args[1].bytes.data,
                                              args[0].bytes.size) == 0);
}
