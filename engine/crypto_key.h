
/*
 * Asymmetric keys, taken apart.  JavaScript reads and writes their formats
 * (DER, JWK) and hands us numbers; libcrypto's decoders are never asked.  A
 * packed key is
 *
 *     kind (dw_key_kind_t), curve (dw_key_curve_t or 0), fields ...
 *
 * where a field is two bytes of length, little-endian, and as many bytes, big
 * numbers with the most significant byte first.
 */

#ifndef DW_CRYPTO_KEY_H
#define DW_CRYPTO_KEY_H


#include "engine/crypto.h"


#define DW_KEY_FIELDS   8
#define DW_KEY_POINT    133         /* of P-521, uncompressed */


typedef enum {
    DW_KEY_RSA_PUBLIC = 1,          /* n, e */
    DW_KEY_RSA_PRIVATE,             /* n, e, d, p, q, dp, dq, qi */
    DW_KEY_EC_PUBLIC,               /* point */
    DW_KEY_EC_PRIVATE,              /* point, d */
    DW_KEY_OKP_PUBLIC,              /* x */
    DW_KEY_OKP_PRIVATE,             /* x, d */
    DW_KEY_LAST
} dw_key_kind_t;

typedef enum {
    DW_CURVE_P256 = 1,
    DW_CURVE_P384,
    DW_CURVE_P521,
    DW_CURVE_ED25519,
    DW_CURVE_X25519,
    DW_CURVE_LAST
} dw_key_curve_t;


typedef struct {
    dw_key_kind_t   kind;
    dw_key_curve_t  curve;
    v8shim_span_t   fields[DW_KEY_FIELDS];
} dw_key_t;


/* What libcrypto calls the fields of an RSA key. */
extern const char  *const dw_rsa_names[DW_KEY_FIELDS];

extern const size_t  dw_key_field_count[DW_KEY_LAST];

/* By dw_key_curve_t; "size" is that of a coordinate, or of the key. */
extern const struct dw_key_curve_s {
    const char  *name;
    int          nid;
    size_t       size;
} dw_key_curves[DW_CURVE_LAST];


bool dw_key_private(const dw_key_t *key);

/*
 * Checks all that can be checked in a moment, and writes the public part in
 * its usual form (DW_KEY_POINT bytes at most; nothing for RSA): its size, or
 * -1 for a key that is none.
 */
int dw_key_check(const dw_key_t *key, uint8_t *out);

/* NULL for a key that is none. */
EVP_PKEY *dw_key_make(const dw_key_t *key);


#endif /* DW_CRYPTO_KEY_H */
