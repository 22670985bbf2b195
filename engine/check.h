
/*
 * --check FILE, for "nginx -t": parses a host worker and all that it imports,
 * and writes them to standard output as wire records.  No line of it runs.
 */

#ifndef DW_CHECK_H
#define DW_CHECK_H


#include "engine/base.h"


/*
 * Returns the exit code.  An error is one line on standard error,
 * "FILE:line:column: message".
 */
int dw_check(const char *file);


/*
 * "specifier", a relative one, as seen from the module "from": both and the
 * result are paths relative to the same directory.  The result is normalised
 * and the caller's to free, or NULL when it names no file.
 */
char *dw_check_resolve(const char *from, const char *specifier);


#endif /* DW_CHECK_H */
