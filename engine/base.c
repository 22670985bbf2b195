
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base.h"


static void
dw_log_va(const char *format, va_list args)
{
    int      n;
    char     line[2048];
    size_t   i, size;
    ssize_t  written;

    n = snprintf(line, sizeof(line), "dynworker-engine: ");
    size = (size_t) n;

    n = vsnprintf(line + size, sizeof(line) - size - 1, format, args);
    if (n < 0) {
        return;
    }

    size += (size_t) n;

    if (size > sizeof(line) - 2) {
        size = sizeof(line) - 2;
    }

    /* What a worker called itself, or threw, makes no line of its own. */

    for (i = 0; i < size; i++) {
        if ((unsigned char) line[i] < ' ' || line[i] == 0x7f) {
            line[i] = ' ';
        }
    }

    line[size++] = '\n';

    /* One write(): lines of several threads and processes stay whole. */

    written = write(STDERR_FILENO, line, size);
    (void) written;
}


void
dw_log(const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    dw_log_va(format, args);
    va_end(args);
}


void
dw_exit(int code, const char *format, ...)
{
    va_list  args;

    va_start(args, format);
    dw_log_va(format, args);
    va_end(args);

    _exit(code);
}


void *
dw_alloc(size_t size)
{
    void  *p;

    p = calloc(1, size);
    if (p == NULL) {
        dw_exit(DW_EXIT_FATAL, "out of memory, %zu bytes", size);
    }

    return p;
}


void *
dw_realloc(void *p, size_t size)
{
    p = realloc(p, size);
    if (p == NULL) {
        dw_exit(DW_EXIT_FATAL, "out of memory, %zu bytes", size);
    }

    return p;
}
