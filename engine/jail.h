
/*
 * The jail: what a worker that has taken over the engine's process can still
 * do.  It closes before the first line of a worker's JavaScript and after all
 * threads exist, for all of them.
 */

#ifndef DW_JAIL_H
#define DW_JAIL_H


#include "engine/base.h"


/* The environment, and with it what nginx's held, is gone; at the start. */
void dw_jail_wipe_environment(void);

/*
 * Closes the jail, or ends the process with a message.  What stays open is
 * "socket" and standard error.  "jit" allows executable memory.
 */
void dw_jail_close(int socket, bool jit);


#endif /* DW_JAIL_H */
