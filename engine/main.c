
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/check.h"
#include "engine/engine.h"
#include "engine/jail.h"
#include "engine/snapshot.h"


/* A value of an option, or the end of the process. */
typedef void (*dw_main_set_t)(void *field, const char *name,
    const char *value);


static void dw_main_set_socket(void *field, const char *name,
    const char *value);
static void dw_main_set_role(void *field, const char *name,
    const char *value);
static void dw_main_set_switch(void *field, const char *name,
    const char *value);
static void dw_main_set_threads(void *field, const char *name,
    const char *value);
static void dw_main_set_prewarm(void *field, const char *name,
    const char *value);


static dw_options_t  dw_main_options = {
    .socket = -1,
    .jit = true,
    .jail = true,
    .threads = 2,
    .max_threads = 8,
    .prewarm = 0
};


static const struct {
    const char     *name;
    dw_main_set_t   set;
    void           *field;
} dw_main_table[] = {
    { "--socket=",      dw_main_set_socket,  &dw_main_options.socket },
    { "--role=",        dw_main_set_role,    &dw_main_options.host },
    { "--threads=",     dw_main_set_threads, &dw_main_options.threads },
    { "--max-threads=", dw_main_set_threads, &dw_main_options.max_threads },
    { "--jit=",         dw_main_set_switch,  &dw_main_options.jit },
    { "--jail=",        dw_main_set_switch,  &dw_main_options.jail },
    { "--prewarm=",     dw_main_set_prewarm, &dw_main_options.prewarm },
    { NULL,             NULL,                NULL }
};


static _Noreturn void
dw_main_usage(const char *name, const char *value, const char *expected)
{
    dw_exit(DW_EXIT_USAGE, "bad argument \"%s%s\", expected %s", name, value,
            expected);
}


static bool
dw_main_number(const char *value, unsigned min, unsigned max, unsigned *n)
{
    char           *end;
    unsigned long   number;

    if (*value < '0' || *value > '9') {
        return false;
    }

    errno = 0;
    number = strtoul(value, &end, 10);

    if (*end != '\0' || errno != 0 || number < min || number > max) {
        return false;
    }

    *n = (unsigned) number;

    return true;
}


static void
dw_main_set_socket(void *field, const char *name, const char *value)
{
    int        type;
    unsigned   n;
    socklen_t  size;

    size = sizeof(type);

    if (!dw_main_number(value, 0, 0, &n)
        || getsockopt((int) n, SOL_SOCKET, SO_TYPE, &type, &size) == -1
        || type != SOCK_STREAM)
    {
        dw_main_usage(name, value, "0, a stream socket");
    }

    *(int *) field = (int) n;
}


static void
dw_main_set_role(void *field, const char *name, const char *value)
{
    if (strcmp(value, "host") == 0) {
        *(bool *) field = true;

    } else if (strcmp(value, "sandbox") == 0) {
        *(bool *) field = false;

    } else {
        dw_main_usage(name, value, "host or sandbox");
    }
}


static void
dw_main_set_switch(void *field, const char *name, const char *value)
{
    if (strcmp(value, "on") == 0) {
        *(bool *) field = true;

    } else if (strcmp(value, "off") == 0) {
        *(bool *) field = false;

    } else {
        dw_main_usage(name, value, "on or off");
    }
}


static void
dw_main_set_threads(void *field, const char *name, const char *value)
{
    if (!dw_main_number(value, 1, DW_THREADS_MAX, field)) {
        dw_main_usage(name, value, "1 to 64");
    }
}


static void
dw_main_set_prewarm(void *field, const char *name, const char *value)
{
    if (!dw_main_number(value, 0, DW_PREWARM_MAX, field)) {
        dw_main_usage(name, value, "0 to 256");
    }
}


static void
dw_main_parse(int argc, char **argv)
{
    int     i;
    size_t  k, size;

    for (i = 1; i < argc; i++) {

        for (k = 0; dw_main_table[k].name != NULL; k++) {

            size = strlen(dw_main_table[k].name);

            if (strncmp(argv[i], dw_main_table[k].name, size) == 0) {
                dw_main_table[k].set(dw_main_table[k].field,
                                     dw_main_table[k].name, argv[i] + size);
                break;
            }
        }

        if (dw_main_table[k].name == NULL) {
            dw_main_usage(argv[i], "",
                          "--socket=0 --role=host|sandbox --threads=N "
                          "--max-threads=N --jit=on|off --jail=on|off "
                          "--prewarm=N, or one of --check FILE, "
                          "--build-snapshot FILE, --version");
        }
    }

    if (dw_main_options.socket == -1) {
        dw_exit(DW_EXIT_USAGE, "no socket, expected --socket=0; "
                "nginx starts this program");
    }

    if (dw_main_options.max_threads < dw_main_options.threads) {
        dw_main_options.max_threads = dw_main_options.threads;
    }
}


/* nginx ends an engine by closing the socket, a terminal signals the group. */
static void
dw_main_ignore_signals(void)
{
    size_t            i;
    struct sigaction  action;

    static const int  signals[] = {
        SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGWINCH
    };

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_IGN;

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &action, NULL);
    }
}


int
main(int argc, char **argv)
{
    /* V8's threads are never joined: no mode ends by a return. */

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("dynworker-engine %s, wire %d, V8 %s\n", DW_VERSION,
               DW_WIRE_VERSION, v8shim_version());
        fflush(stdout);
        _exit(DW_EXIT_OK);
    }

    if (argc == 3 && strcmp(argv[1], "--build-snapshot") == 0) {
        _exit(dw_snapshot_write(argv[2]));
    }

    if (argc == 3 && strcmp(argv[1], "--check") == 0) {
        _exit(dw_check(argv[2]));
    }

    dw_main_parse(argc, argv);

    dw_main_ignore_signals();
    dw_jail_wipe_environment();

    dw_engine_run(&dw_main_options);
}
