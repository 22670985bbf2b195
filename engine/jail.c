
#include <errno.h>
#include <linux/prctl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/jail.h"


#define DW_JAIL_ALLOW  0


/*
 * One allowed or politely refused call.  What is not here kills the process,
 * and the kernel's log names it.
 */
typedef struct {
    int                call;
    int                answer;      /* DW_JAIL_ALLOW or an errno */
    struct scmp_arg_cmp  arg;       /* op 0: whatever the arguments */
} dw_jail_rule_t;


#define DW_JAIL_ANY           { 0, 0, 0, 0 }
#define DW_JAIL_ARG(n, x)     { n, SCMP_CMP_EQ, x, 0 }


static const dw_jail_rule_t  dw_jail_rules[] = {

    /* memory: V8's heaps, malloc(); executable memory has its own rules */
    { SCMP_SYS(munmap),           DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(madvise),          DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(mremap),           DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(brk),              DW_JAIL_ALLOW, DW_JAIL_ANY },

    /* threads that exist: locks, their last steps at start, their names */
    { SCMP_SYS(futex),            DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(membarrier),       DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(sched_yield),      DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(set_robust_list),  DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(rseq),             DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(getpid),           DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(gettid),           DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(prctl),            DW_JAIL_ALLOW, DW_JAIL_ARG(0, PR_SET_NAME) },

    /* malloc() counts processors for its arenas */
    { SCMP_SYS(sched_getaffinity), DW_JAIL_ALLOW, DW_JAIL_ANY },

    /* clocks, where the vDSO cannot answer: CPU time, odd clock sources */
    { SCMP_SYS(clock_gettime),    DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(clock_getres),     DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(gettimeofday),     DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(clock_nanosleep),  DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(nanosleep),        DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(getrusage),        DW_JAIL_ALLOW, DW_JAIL_ANY },

    /* the socket, which has rules of its own; there is no other to poll */
    { SCMP_SYS(poll),             DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(ppoll),            DW_JAIL_ALLOW, DW_JAIL_ANY },

    /* the log: our messages, and the last words of libc */
    { SCMP_SYS(write),            DW_JAIL_ALLOW, DW_JAIL_ARG(0, 2) },
    { SCMP_SYS(writev),           DW_JAIL_ALLOW, DW_JAIL_ARG(0, 2) },

    /* signals: V8's trap handler for WebAssembly, abort() */
    { SCMP_SYS(rt_sigaction),     DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(rt_sigprocmask),   DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(rt_sigreturn),     DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(sigaltstack),      DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(restart_syscall),  DW_JAIL_ALLOW, DW_JAIL_ANY },

    /* random numbers, and the end */
    { SCMP_SYS(getrandom),        DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(exit),             DW_JAIL_ALLOW, DW_JAIL_ANY },
    { SCMP_SYS(exit_group),       DW_JAIL_ALLOW, DW_JAIL_ANY },

    /*
     * Harmless questions of libc, ICU and V8 (time zone files, cgroups, is it
     * a terminal) get the answer of an empty machine.
     */
    { SCMP_SYS(open),             ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(openat),           ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(stat),             ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(lstat),            ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(newfstatat),       ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(statx),            ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(access),           ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(faccessat),        ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(readlink),         ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(readlinkat),       ENOENT, DW_JAIL_ANY },
    { SCMP_SYS(fstat),            EBADF,  DW_JAIL_ANY },
    { SCMP_SYS(ioctl),            ENOTTY, DW_JAIL_ANY },
    { SCMP_SYS(sysinfo),          ENOSYS, DW_JAIL_ANY },
    { SCMP_SYS(pkey_alloc),       ENOSYS, DW_JAIL_ANY }
};


/* With the socket's descriptor as first argument. */
static const int  dw_jail_socket_calls[] = {
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto)
};


/* Whose third argument may hold PROT_EXEC. */
static const int  dw_jail_protect_calls[] = {
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(pkey_mprotect)
};


#define DW_COUNT(a)  (sizeof(a) / sizeof((a)[0]))


extern char  **environ;


void
dw_jail_wipe_environment(void)
{
    size_t  i;

    for (i = 0; environ[i] != NULL; i++) {
        explicit_bzero(environ[i], strlen(environ[i]));
    }

    clearenv();

    /* What workers see as their time zone and language, without files. */

    setenv("TZ", "UTC", 1);
    setenv("LANG", "en_US", 1);
}


static void
dw_jail_limit(int resource, rlim_t value, const char *name)
{
    struct rlimit  limit;

    limit.rlim_cur = value;
    limit.rlim_max = value;

    if (setrlimit((__rlimit_resource_t) resource, &limit) == -1) {
        dw_exit(DW_EXIT_FATAL, "cannot limit %s: %s", name, strerror(errno));
    }
}


/* What the process has and may have, apart from system calls. */
static void
dw_jail_strip(int socket)
{
    unsigned  fd;

    for (fd = 0; fd < 3; fd++) {
        if (fd != STDERR_FILENO && (int) fd != socket) {
            close((int) fd);
        }
    }

    if (close_range(3, ~0U, 0) == -1) {
        dw_exit(DW_EXIT_FATAL, "cannot close descriptors: %s",
                strerror(errno));
    }

    if (chdir("/") == -1) {
        dw_exit(DW_EXIT_FATAL, "cannot leave the directory: %s",
                strerror(errno));
    }

    umask(0777);

    /*
     * Files need no limit on their size: the only one is the log, which must
     * stay writable, and no call makes another.  poll() of one socket is what
     * the one descriptor is for.
     */

    dw_jail_limit(RLIMIT_CORE, 0, "core files");
    dw_jail_limit(RLIMIT_NOFILE, 1, "descriptors");

    /*
     * An engine dies with its nginx worker process.  Should that have died
     * already, the end of the socket says so.
     */

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1
        || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1
        || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
    {
        dw_exit(DW_EXIT_FATAL, "prctl() failed: %s", strerror(errno));
    }
}


static int
dw_jail_add_rules(scmp_filter_ctx ctx, int socket, bool jit)
{
    int                    rc;
    size_t                 i;
    uint32_t               action;
    struct scmp_arg_cmp    arg;
    const dw_jail_rule_t  *rule;

    for (i = 0; i < DW_COUNT(dw_jail_rules); i++) {

        rule = &dw_jail_rules[i];
        action = rule->answer == DW_JAIL_ALLOW
                 ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO((unsigned) rule->answer);

        rc = seccomp_rule_add_array(ctx, action, rule->call,
                                    rule->arg.op ? 1 : 0, &rule->arg);
        if (rc < 0) {
            return rc;
        }
    }

    for (i = 0; i < DW_COUNT(dw_jail_socket_calls); i++) {

        arg = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t) socket);

        rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
                                    dw_jail_socket_calls[i], 1, &arg);
        if (rc < 0) {
            return rc;
        }
    }

    for (i = 0; i < DW_COUNT(dw_jail_protect_calls); i++) {

        arg = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);

        rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
                                    dw_jail_protect_calls[i], jit ? 0 : 1,
                                    &arg);
        if (rc < 0) {
            return rc;
        }
    }

    /* abort() sends itself a signal; nobody else gets one. */

    arg = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t) getpid());

    rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                &arg);
    if (rc < 0) {
        return rc;
    }

    /* Newer libcs name their memory; that may fail. */

    arg = SCMP_A0(SCMP_CMP_NE, PR_SET_NAME);

    return seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO(EINVAL),
                                  SCMP_SYS(prctl), 1, &arg);
}


void
dw_jail_close(int socket, bool jit)
{
    int              rc;
    scmp_filter_ctx  ctx;

    dw_jail_strip(socket);

    ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (ctx == NULL) {
        dw_exit(DW_EXIT_FATAL, "seccomp_init() failed");
    }

    /* One filter for all threads, searched as a tree. */

    if ((rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1)) < 0
        || (rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2)) < 0
        || (rc = dw_jail_add_rules(ctx, socket, jit)) < 0
        || (rc = seccomp_load(ctx)) < 0)
    {
        dw_exit(DW_EXIT_FATAL, "cannot close the jail: %s, "
                "\"dynworker_jail off\" would go without", strerror(-rc));
    }

    seccomp_release(ctx);
}
