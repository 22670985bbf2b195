
/*
 * What the engine caps, and every time span it knows.  Whatever a worker can
 * make grow has its cap here or in wire/dw_wire.h.
 */

#ifndef DW_LIMITS_H
#define DW_LIMITS_H


/* Executors are created before the jail closes; none can be added later. */
#define DW_THREADS_MAX        64

/* V8 is told to use less (--stack-size); native code gets the rest. */
#define DW_STACK_BYTES        (2 * 1024 * 1024)

/* One recv() takes this much. */
#define DW_IN_BYTES           (256 * 1024)

/* Output beyond this is sent in the middle of an event. */
#define DW_OUT_FLUSH_BYTES    (64 * 1024)

/* Console lines are dropped while more than this waits for nginx. */
#define DW_OUT_LOG_MAX        (4 * 1024 * 1024)

/* ... and their number is told that often at most. */
#define DW_OUT_REPORT_NS      1000000000

/* A worker whose op finds that more waits, waits too. */
#define DW_OUT_WAIT_BYTES     (16 * 1024 * 1024)

/*
 * An nginx that reads so little is gone for good.  Workers do not get here:
 * on top of what they wait for, each executor may add one frame.
 */
#define DW_OUT_BACKLOG_MAX    (128 * 1024 * 1024)

/* Fetch events are refused while an isolate's mailbox holds more bytes. */
#define DW_MAILBOX_MAX        (64 * 1024 * 1024)

/* Events run in an isolate before other ready ones get their turn. */
#define DW_RUN_BATCH          64

/* Dead isolates that a fetch event, crossing the news, still finds. */
#define DW_TOMBSTONES         256

/* Of an isolate for which nginx named no limit. */
#define DW_MEMORY_MB_SANDBOX  128
#define DW_MEMORY_MB_HOST     256
#define DW_CPU_MS_SANDBOX     100
#define DW_CPU_MS_HOST        1000

/* Loading code may take at least so much CPU time. */
#define DW_LOAD_CPU_MS        1000

/* More than V8 can have. */
#define DW_MEMORY_MB_MAX      16384

/* The watchdog's tick while JavaScript runs, and when it falls asleep. */
#define DW_TICK_NS            1000000
#define DW_IDLE_TICKS         10

/* What takes no longer is CPU time from end to end; see engine/meter.h. */
#define DW_METER_SPAN_NS      100000

/* An executor that runs one event for longer is not counted on. */
#define DW_STUCK_NS           (2 * DW_TICK_NS)

/*
 * A terminated isolate that has not stopped after so much CPU time, or so much
 * time if it does not run, is reported dead and its executor counts as lost;
 * when too few are left, the engine asks nginx to be replaced.
 */
#define DW_GRACE_NS           1000000000
#define DW_GRACE_WAITING_NS   30000000000

/* V8's own, for garbage collection and compilation. */
#define DW_PLATFORM_THREADS   1

/*
 * Compiled code of workers, kept for those that load the same once more.  Of
 * WebAssembly, which V8 compiles to more than it was, five times its size
 * counts.
 */
#define DW_CODE_CACHE_BYTES   (128 * 1024 * 1024)

/* Blank isolates kept ready; about 1.1 MB each. */
#define DW_PREWARM_MAX        256

/* op random: bytes of one call, and what is fetched from the kernel at once */
#define DW_RANDOM_MAX         65536
#define DW_RANDOM_BATCH       1024

/* Native objects that an isolate may hold at a time; each has its cost, too. */
#define DW_RESOURCES_MAX      65536

/*
 * What they may cost together, in the middle of an event as well; less where
 * the memory limit is less.  V8 counts them as it counts ArrayBuffers, so
 * between two events the memory limit holds for all of it.
 */
#define DW_RESOURCE_BYTES_MAX (64 * 1024 * 1024)

/* What malloc() and the table spend on each, counted as its own. */
#define DW_RESOURCE_OVERHEAD  128

/*
 * ops decode and decodeOnce: bytes of one call, so that JavaScript can be
 * stopped in between.  runtime/web/legacy-decoder.js knows it, too.
 */
#define DW_DECODE_SLICE       (256 * 1024)

/* op codecRun: bytes of one call, for the same reason */
#define DW_CODEC_IN_SLICE     (256 * 1024)
#define DW_CODEC_OUT_SLICE    (64 * 1024)

/* op alarm: farther away is "never" */
#define DW_ALARM_MS_MAX       (366.0 * 24 * 3600 * 1000)

/* --check: modules and nesting of JSON */
#define DW_CHECK_MODULES_MAX  4096
#define DW_CHECK_JSON_DEPTH   512


#endif /* DW_LIMITS_H */
