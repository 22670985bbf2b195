/* sources: engine/json.c engine/base.c */

/* JSON for --check; the whole of --check is tested in engine.c. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/json.h"
#include "engine/limits.h"


static dw_json_error_t  error;


static dw_err_t
json(const char *text)
{
    char      *copy;
    size_t     size;
    dw_err_t   err;

    /* Without its NUL, so that a sanitizer sees a step too far. */

    size = strlen(text);
    copy = malloc(size ? size : 1);
    memcpy(copy, text, size);
    err = dw_json_check((uint8_t *) copy, size, &error);
    free(copy);

    return err;
}


static void
takes_json(void **state)
{
    unsigned  i;

    static const char  *texts[] = {
        "0", "-0", "1.5e+10", "-12.25E-3", "true", " false ", "\tnull\r\n",
        "\"\"", "\"\\u00e9\\n\\\"\\/ \xc3\xa9\"", "[]", "[ ]", "[1,2 , 3]",
        "{}", "{ }", "{\"a\":1,\"b\":{\"c\":[{}]}}"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json(texts[i]) != DW_OK) {
            fail_msg("refused: %s (%s)", texts[i], error.message);
        }
    }
}


static void
refuses_what_only_looks_like_it(void **state)
{
    unsigned  i;

    static const char  *texts[] = {
        "", " ", "01", "-", "1.", ".5", "1e", "+1", "tru", "truex", "nul",
        "\"", "\"\\", "\"\\x\"", "\"\\u12g4\"", "\"\n\"", "'a'", "[", "[1",
        "[1,]", "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":", "{\"a\":1",
        "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "1 2", "[]]", "undefined", "NaN",
        "// a\n1"
    };

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (json(texts[i]) == DW_OK) {
            fail_msg("taken: %s", texts[i]);
        }
    }
}


static void
says_where(void **state)
{
    (void) state;

    assert_int_equal(json("{\n  \"a\": 1,\n  \"b\" 2\n}"), DW_FAILED);
    assert_int_equal(error.line, 3);
    assert_int_equal(error.column, 7);

    assert_int_equal(json("[1,"), DW_FAILED);
    assert_int_equal(error.line, 1);
    assert_int_equal(error.column, 4);
    assert_string_equal(error.message, "unexpected end of JSON");
}


static void
is_not_nested_without_end(void **state)
{
    char  text[2 * DW_CHECK_JSON_DEPTH + 3];

    (void) state;

    memset(text, '[', DW_CHECK_JSON_DEPTH);
    memset(text + DW_CHECK_JSON_DEPTH, ']', DW_CHECK_JSON_DEPTH);
    text[2 * DW_CHECK_JSON_DEPTH] = '\0';
    assert_int_equal(json(text), DW_OK);

    memset(text, '[', DW_CHECK_JSON_DEPTH + 1);
    memset(text + DW_CHECK_JSON_DEPTH + 1, ']', DW_CHECK_JSON_DEPTH + 1);
    text[2 * DW_CHECK_JSON_DEPTH + 2] = '\0';
    assert_int_equal(json(text), DW_FAILED);
    assert_non_null(strstr(error.message, "too deeply"));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(takes_json),
        cmocka_unit_test(refuses_what_only_looks_like_it),
        cmocka_unit_test(says_where),
        cmocka_unit_test(is_not_nested_without_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
