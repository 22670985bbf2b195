/* sources: engine/crypto.c engine/crypto_cipher.c engine/crypto_digest.c engine/crypto_kdf.c engine/crypto_key.c engine/crypto_make.c engine/crypto_sign.c engine/op.c engine/resource.c engine/base.c */

/*
 * The cryptographic ops with any arguments that the shim lets through: numbers
 * and bytes.  The first byte chooses the op, the rest are its arguments.
 */

#include <stdlib.h>
#include <string.h>

#include "engine/crypto.h"
#include "engine/executor.h"


#define ARGS  8
#define ROOM  4096


typedef struct {
    const uint8_t  *p;
    size_t          left;
} input_t;


static const struct {
    const char  *args;          /* "i": a small number, that costs little */
    void       (*call)(void *user, const v8shim_value_t *args,
                       v8shim_value_t *result);
} ops[] = {
    { "nb",       dw_op_digest },
    { "nbb",      dw_op_hmac },
    { "nB",       dw_op_hash_create },
    { "nb",       dw_op_hash_update },
    { "n",        dw_op_hash_copy },
    { "n",        dw_op_hash_final },
    { "bb",       dw_op_equal },
    { "nbbbw",    dw_op_hkdf },
    { "nbbiw",    dw_op_pbkdf2 },
    { "bbiiinw",  dw_op_scrypt },
    { "nnbbnBbw", dw_op_aes },
    { "b",        dw_op_key_check },
    { "iin",      dw_op_key_generate },
    { "bnnnb",    dw_op_sign },
    { "bnnnbb",   dw_op_verify },
    { "bnnBb",    dw_op_oaep },
    { "bb",       dw_op_agree }
};


static void
check(int holds)
{
    if (!holds) {
        abort();
    }
}


static uint8_t
take(input_t *in)
{
    if (in->left == 0) {
        return 0;
    }

    in->left--;

    return *in->p++;
}


static void
take_argument(input_t *in, char letter, v8shim_value_t *value, uint8_t *room)
{
    size_t   size;
    uint8_t  first;

    memset(value, 0, sizeof(v8shim_value_t));

    switch (letter) {

    case 'i':
        value->type = V8SHIM_NUMBER;
        value->number = take(in) % 32;
        return;

    case 'n':
        first = take(in);
        value->type = V8SHIM_NUMBER;
        value->number = first < 250 ? first
                        : first == 250 ? -1
                        : first == 251 ? 1e300
                        : first == 252 ? 0.0 / 0.0
                        : take(in) * 1024.0;
        return;

    case 'w':
        value->type = V8SHIM_BYTES;
        value->bytes.data = room;
        value->bytes.size = take(in) * (size_t) 16;
        return;
    }

    size = take(in);
    size |= (size_t) (take(in) & 7) << 8;

    if (letter == 'B' && size == 0) {
        return;
    }

    if (size > in->left) {
        size = in->left;
    }

    value->type = V8SHIM_BYTES;
    value->bytes.data = in->p;
    value->bytes.size = size;

    in->p += size;
    in->left -= size;
}


/* What keyCheck accepts it accepts again, as it is. */
static void
check_key(void *user, const v8shim_value_t *result)
{
    uint8_t         copy[DW_CRYPTO_OUT];
    v8shim_value_t  key, again;

    check(result->bytes.size <= sizeof(copy));
    memcpy(copy, result->bytes.data, result->bytes.size);

    memset(&key, 0, sizeof(key));
    memset(&again, 0, sizeof(again));
    key.type = V8SHIM_BYTES;
    key.bytes.data = copy;
    key.bytes.size = result->bytes.size;

    dw_op_key_check(user, &key, &again);

    check(again.type == V8SHIM_BYTES && again.bytes.size == key.bytes.size
          && memcmp(again.bytes.data, copy, key.bytes.size) == 0);
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    dw_crypto_init();

    return 0;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           i, n;
    input_t          in = { data, size };
    uint8_t         *room;
    dw_cell_t        cell;
    dw_isolate_t     isolate;
    dw_executor_t    executor;
    v8shim_value_t   args[ARGS], result;

    memset(&cell, 0, sizeof(cell));
    memset(&isolate, 0, sizeof(isolate));
    memset(&executor, 0, sizeof(executor));

    pthread_mutex_init(&executor.lock, NULL);
    dw_resources_init(&isolate.resources, 65536);

    cell.isolate = &isolate;
    isolate.id = 1;
    isolate.event.executor = &executor;

    while (in.left != 0) {

        n = take(&in) % (sizeof(ops) / sizeof(ops[0]));
        room = malloc(ROOM);

        for (i = 0; ops[n].args[i] != '\0'; i++) {
            take_argument(&in, ops[n].args[i], &args[i], room);

            /* Exactly so much: one byte more is an error that is seen. */

            if (ops[n].args[i] == 'w') {
                free(room);
                room = malloc(args[i].bytes.size ? args[i].bytes.size : 1);
                args[i].bytes.data = room;
            }
        }

        memset(&result, 0, sizeof(result));
        ops[n].call(&cell, args, &result);

        if (result.type == V8SHIM_BYTES) {
            check(result.bytes.size <= 65536);

            if (ops[n].call == dw_op_key_check) {
                check_key(&cell, &result);
            }
        }

        free(room);
    }

    dw_resources_done(&isolate.resources);

    return 0;
}
