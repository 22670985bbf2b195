
/*
 * What each frame from nginx does: it becomes an event in a mailbox, or a
 * change in the channel table, or both.
 */

#ifndef DW_FRAME_H
#define DW_FRAME_H


#include "engine/engine.h"


/*
 * All whole frames of the in-buffer; the leader.  A frame that breaks a rule
 * ends the process: nginx is trusted, so it is a bug, not an attack.
 */
void dw_frames_receive(dw_engine_t *engine);


#endif /* DW_FRAME_H */
