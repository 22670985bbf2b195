/*
 * The JavaScript bundle and V8's startup snapshot, as read-only data.  The
 * bootstrap engine, which writes the snapshot, has an empty one.
 */

        .section .rodata, "a", @progbits

        .balign 16
        .global dw_blob_runtime
        .hidden dw_blob_runtime
dw_blob_runtime:
        .incbin DW_BLOB_RUNTIME
        .global dw_blob_runtime_end
        .hidden dw_blob_runtime_end
dw_blob_runtime_end:
        .byte 0

        .balign 16
        .global dw_blob_snapshot
        .hidden dw_blob_snapshot
dw_blob_snapshot:
#ifdef DW_BLOB_SNAPSHOT
        .incbin DW_BLOB_SNAPSHOT
#endif
        .global dw_blob_snapshot_end
        .hidden dw_blob_snapshot_end
dw_blob_snapshot_end:
        .byte 0

        .section .note.GNU-stack, "", @progbits
