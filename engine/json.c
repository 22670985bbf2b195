
#include <string.h>

#include "engine/json.h"
#include "engine/limits.h"


typedef struct {
    const uint8_t  *p;
    const uint8_t  *end;
    const char     *message;
    unsigned        depth;
} dw_json_t;


static bool dw_json_value(dw_json_t *json);


/* The next byte, or -1 at the end. */
static int
dw_json_peek(const dw_json_t *json)
{
    return json->p < json->end ? *json->p : -1;
}


static bool
dw_json_fail(dw_json_t *json, const char *message)
{
    if (json->message == NULL) {
        json->message = json->p < json->end ? message
                                            : "unexpected end of JSON";
    }

    return false;
}


static void
dw_json_space(dw_json_t *json)
{
    while (json->p < json->end && *json->p != '\0'
           && strchr(" \t\r\n", *json->p) != NULL)
    {
        json->p++;
    }
}


static bool
dw_json_word(dw_json_t *json, const char *word)
{
    for ( /* void */ ; *word != '\0'; word++) {

        if (dw_json_peek(json) != *word) {
            return dw_json_fail(json, "unexpected character in JSON");
        }

        json->p++;
    }

    return true;
}


static bool
dw_json_digits(dw_json_t *json)
{
    int  c;

    c = dw_json_peek(json);

    if (c < '0' || c > '9') {
        return dw_json_fail(json, "bad number in JSON");
    }

    while (c >= '0' && c <= '9') {
        json->p++;
        c = dw_json_peek(json);
    }

    return true;
}


static bool
dw_json_number(dw_json_t *json)
{
    int  c;

    if (dw_json_peek(json) == '-') {
        json->p++;
    }

    if (dw_json_peek(json) == '0') {
        json->p++;

    } else if (!dw_json_digits(json)) {
        return false;
    }

    if (dw_json_peek(json) == '.') {
        json->p++;

        if (!dw_json_digits(json)) {
            return false;
        }
    }

    c = dw_json_peek(json);

    if (c == 'e' || c == 'E') {
        json->p++;
        c = dw_json_peek(json);

        if (c == '+' || c == '-') {
            json->p++;
        }

        return dw_json_digits(json);
    }

    return true;
}


static bool
dw_json_escape(dw_json_t *json)
{
    int       c;
    unsigned  i;

    c = dw_json_peek(json);

    if (c == 'u') {
        json->p++;

        for (i = 0; i < 4; i++) {
            c = dw_json_peek(json);

            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
                  || (c >= 'A' && c <= 'F')))
            {
                return dw_json_fail(json, "bad escape in a JSON string");
            }

            json->p++;
        }

        return true;
    }

    if (c <= 0 || strchr("\"\\/bfnrt", c) == NULL) {
        return dw_json_fail(json, "bad escape in a JSON string");
    }

    json->p++;

    return true;
}


static bool
dw_json_string(dw_json_t *json)
{
    int  c;

    if (dw_json_peek(json) != '"') {
        return dw_json_fail(json, "expected a string in JSON");
    }

    json->p++;

    for ( ;; ) {

        c = dw_json_peek(json);

        if (c < 0x20) {
            return dw_json_fail(json, "control character in a JSON string");
        }

        json->p++;

        if (c == '"') {
            return true;
        }

        if (c == '\\' && !dw_json_escape(json)) {
            return false;
        }
    }
}


/* An array, or with "keys" an object. */
static bool
dw_json_list(dw_json_t *json, int close, bool keys)
{
    int  c;

    json->p++;
    dw_json_space(json);

    if (dw_json_peek(json) == close) {
        json->p++;
        return true;
    }

    for ( ;; ) {

        if (keys) {
            dw_json_space(json);

            if (!dw_json_string(json)) {
                return false;
            }

            dw_json_space(json);

            if (dw_json_peek(json) != ':') {
                return dw_json_fail(json, "expected \":\" in JSON");
            }

            json->p++;
        }

        if (!dw_json_value(json)) {
            return false;
        }

        c = dw_json_peek(json);

        if (c != ',' && c != close) {
            return dw_json_fail(json, "expected \",\" or the end of a list "
                                      "in JSON");
        }

        json->p++;

        if (c == close) {
            return true;
        }
    }
}


/* With the space around it. */
static bool
dw_json_value(dw_json_t *json)
{
    bool  good;

    dw_json_space(json);

    if (++json->depth > DW_CHECK_JSON_DEPTH) {
        return dw_json_fail(json, "JSON is nested too deeply");
    }

    switch (dw_json_peek(json)) {

    case '{':
        good = dw_json_list(json, '}', true);
        break;

    case '[':
        good = dw_json_list(json, ']', false);
        break;

    case '"':
        good = dw_json_string(json);
        break;

    case 't':
        good = dw_json_word(json, "true");
        break;

    case 'f':
        good = dw_json_word(json, "false");
        break;

    case 'n':
        good = dw_json_word(json, "null");
        break;

    case '-': case '0': case '1': case '2': case '3': case '4':
    case '5': case '6': case '7': case '8': case '9':
        good = dw_json_number(json);
        break;

    default:
        good = dw_json_fail(json, "unexpected character in JSON");
    }

    json->depth--;

    if (good) {
        dw_json_space(json);
    }

    return good;
}


dw_err_t
dw_json_check(const uint8_t *data, size_t size, dw_json_error_t *error)
{
    dw_json_t       json;
    const uint8_t  *p;

    json.p = data;
    json.end = data + size;
    json.message = NULL;
    json.depth = 0;

    if (dw_json_value(&json)) {

        if (json.p == json.end) {
            return DW_OK;
        }

        dw_json_fail(&json, "unexpected character after JSON");
    }

    error->message = json.message;
    error->line = 1;
    error->column = 1;

    for (p = data; p < json.p; p++) {

        error->column++;

        if (*p == '\n') {
            error->line++;
            error->column = 1;
        }
    }

    return DW_FAILED;
}
