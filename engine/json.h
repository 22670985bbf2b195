
/* Is a text JSON?  For --check, where a wrong file is best told of early. */

#ifndef DW_JSON_H
#define DW_JSON_H


#include "engine/base.h"


typedef struct {
    const char  *message;           /* static */
    unsigned     line;              /* from 1 */
    unsigned     column;            /* from 1, in bytes */
} dw_json_error_t;


/* RFC 8259, and no deeper than DW_CHECK_JSON_DEPTH. */
dw_err_t dw_json_check(const uint8_t *data, size_t size,
    dw_json_error_t *error);


#endif /* DW_JSON_H */
