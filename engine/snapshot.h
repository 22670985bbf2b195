
/*
 * V8's startup snapshot: the embedded one, or another when V8 has changed
 * since the engine was built.
 */

#ifndef DW_SNAPSHOT_H
#define DW_SNAPSHOT_H


#include "engine/base.h"
#include "v8shim/v8shim.h"


/* The embedded JavaScript bundle and snapshot; engine/blob.S. */
v8shim_span_t dw_snapshot_runtime(void);
v8shim_span_t dw_snapshot_embedded(void);

/*
 * --build-snapshot: starts V8, builds from the bundle and writes "path", whole
 * or not at all.  Returns the exit code.
 */
int dw_snapshot_write(const char *path);

/*
 * Sets config->snapshot to one that this V8 can use, and leaves V8 unstarted.
 * A process can build or use one, not both: building is a child's work.
 */
void dw_snapshot_choose(v8shim_config_t *config);


#endif /* DW_SNAPSHOT_H */
