
/*
 * What every file of the engine uses: results, messages, clocks, memory.
 */

#ifndef DW_BASE_H
#define DW_BASE_H


#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>


typedef enum {
    DW_OK = 0,
    DW_FULL = -1,
    DW_EMPTY = -2,
    DW_CLOSED = -3,
    DW_FAILED = -4
} dw_err_t;


/* Exit codes.  Anything else is a signal's. */
#define DW_EXIT_OK      0
#define DW_EXIT_BAD     1       /* a bad frame, bad code in --check ... */
#define DW_EXIT_USAGE   2
#define DW_EXIT_FATAL   70      /* V8 or memory gave up */


#define DW_NEVER  UINT64_MAX


/* One line on standard error, which is nginx's error log. */
void dw_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, then the end of the process. */
_Noreturn void dw_exit(int code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Memory, zeroed.  An engine whose malloc() fails is past saving: it ends, and
 * nginx starts another.  Isolates have their own limits long before.
 */
void *dw_alloc(size_t size);
void *dw_realloc(void *p, size_t size);


static inline uint64_t
dw_clock_ns(clockid_t clock)
{
    struct timespec  ts;

    clock_gettime(clock, &ts);

    return (uint64_t) ts.tv_sec * 1000000000u + (uint64_t) ts.tv_nsec;
}


#endif /* DW_BASE_H */
