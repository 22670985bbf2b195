/* sources: engine/jail.c engine/base.c */

/*
 * Every power that the jail refuses, tried in a child that is inside it.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/jail.h"


/* What a child answers: an exit code, or KILLED by the filter. */
#define KILLED   1000
#define REFUSED  10
#define WORKED   11


typedef int (*attempt_t)(void);


static int
in_jail(attempt_t attempt, bool jit)
{
    int    fds[2], status;
    pid_t  pid;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        dup2(fds[1], 0);
        dw_jail_close(0, jit);
        _exit(attempt());
    }

    close(fds[0]);
    close(fds[1]);

    assert_int_equal(waitpid(pid, &status, 0), pid);

    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGSYS);
        return KILLED;
    }

    return WEXITSTATUS(status);
}


static int
answer(long rc)
{
    return rc == -1 ? REFUSED : WORKED;
}


static int
try_open(void)
{
    return answer(open("/etc/passwd", O_RDONLY));
}


static int
try_socket(void)
{
    return answer(socket(AF_INET, SOCK_STREAM, 0));
}


static int
try_fork(void)
{
    return answer(fork());
}


static int
try_thread(void)
{
    return answer(syscall(SYS_clone3, NULL, 0));
}


static int
try_exec(void)
{
    return answer(execl("/bin/true", "true", NULL));
}


static int
try_ptrace(void)
{
    return answer(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}


static int
try_kill(void)
{
    return answer(kill(getppid(), 0));
}


static int
try_tgkill_another(void)
{
    return answer(syscall(SYS_tgkill, 1, 1, 0));
}


static int
try_unlink(void)
{
    return answer(unlink("/tmp/dw-jail-none"));
}


static int
try_dup(void)
{
    return answer(dup(0));
}


static int
try_pass_descriptor(void)
{
    struct msghdr  msg;

    memset(&msg, 0, sizeof(msg));

    return answer(recvmsg(0, &msg, 0));
}


static int
try_write_elsewhere(void)
{
    return answer(write(0, "x", 1));
}


static int
try_receive_elsewhere(void)
{
    char  c;

    return answer(recv(2, &c, 1, 0));
}


static int
try_io_uring(void)
{
    return answer(syscall(SYS_io_uring_setup, 1, NULL));
}


static int
try_dumpable(void)
{
    return answer(syscall(SYS_prctl, 4 /* PR_SET_DUMPABLE */, 1, 0, 0, 0));
}


static int
try_executable_memory(void)
{
    void  *p;

    p = mmap(NULL, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS, -1,
             0);

    return p == MAP_FAILED ? REFUSED : WORKED;
}


static int
try_making_memory_executable(void)
{
    void  *p;

    p = mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1,
             0);

    if (p == MAP_FAILED) {
        return 1;
    }

    return answer(mprotect(p, 4096, PROT_READ|PROT_EXEC));
}


static int
try_harmless(void)
{
    void             *p;
    struct timespec   ts;

    p = malloc(1 << 24);
    memset(p, 1, 1 << 24);
    free(p);

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    /* The other end may be closed already. */

    (void) send(0, "x", 1, MSG_NOSIGNAL);

    return write(2, "", 0) == 0 ? WORKED : 1;
}


static int
try_environment(void)
{
    return getenv("PATH") == NULL && getenv("DW_JAIL_SECRET") == NULL
           ? REFUSED : WORKED;
}


/* Which of the first descriptors are open? */
static int
try_descriptors(void)
{
    struct pollfd  pfd;

    for (pfd.fd = 0; pfd.fd < 64; pfd.fd++) {

        pfd.events = 0;

        if (poll(&pfd, 1, 0) == -1) {
            return 1;
        }

        if (!(pfd.revents & POLLNVAL) != (pfd.fd == 0 || pfd.fd == 2)) {
            return WORKED;
        }
    }

    return REFUSED;
}


static void
kills_for_what_nobody_needs(void **state)
{
    (void) state;

    assert_int_equal(in_jail(try_socket, true), KILLED);
    assert_int_equal(in_jail(try_fork, true), KILLED);
    assert_int_equal(in_jail(try_thread, true), KILLED);
    assert_int_equal(in_jail(try_exec, true), KILLED);
    assert_int_equal(in_jail(try_ptrace, true), KILLED);
    assert_int_equal(in_jail(try_kill, true), KILLED);
    assert_int_equal(in_jail(try_tgkill_another, true), KILLED);
    assert_int_equal(in_jail(try_unlink, true), KILLED);
    assert_int_equal(in_jail(try_dup, true), KILLED);
    assert_int_equal(in_jail(try_pass_descriptor, true), KILLED);
    assert_int_equal(in_jail(try_write_elsewhere, true), KILLED);
    assert_int_equal(in_jail(try_receive_elsewhere, true), KILLED);
    assert_int_equal(in_jail(try_io_uring, true), KILLED);
}


static void
answers_what_libraries_ask(void **state)
{
    (void) state;

    assert_int_equal(in_jail(try_open, true), REFUSED);
    assert_int_equal(in_jail(try_descriptors, true), REFUSED);
    assert_int_equal(in_jail(try_dumpable, true), REFUSED);
    assert_int_equal(in_jail(try_harmless, true), WORKED);
    assert_int_equal(in_jail(try_harmless, false), WORKED);
}


static void
executable_memory_needs_jit(void **state)
{
    (void) state;

    assert_int_equal(in_jail(try_executable_memory, true), WORKED);
    assert_int_equal(in_jail(try_making_memory_executable, true), WORKED);
    assert_int_equal(in_jail(try_executable_memory, false), KILLED);
    assert_int_equal(in_jail(try_making_memory_executable, false), KILLED);
}


static void *
wait_and_try(void *arg)
{
    char  c;

    (void) arg;

    /* Outside when it started, inside when the byte comes. */

    if (recv(0, &c, 1, 0) == 1) {
        (void) socket(AF_INET, SOCK_STREAM, 0);
    }

    return NULL;
}


static void
closes_for_threads_that_exist(void **state)
{
    int        fds[2], status;
    pid_t      pid;
    pthread_t  thread;

    (void) state;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        struct timespec  ts = { 120, 0 };

        dup2(fds[1], 0);
        pthread_create(&thread, NULL, wait_and_try, NULL);
        dw_jail_close(0, true);
        send(0, "x", 1, MSG_NOSIGNAL);
        clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
        _exit(WORKED);
    }

    /* The jail is closed when its byte is here. */

    assert_int_equal(read(fds[0], &status, 1), 1);
    assert_int_equal(write(fds[0], "x", 1), 1);

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);

    close(fds[0]);
    close(fds[1]);
}


static void
the_environment_is_wiped(void **state)
{
    char    *secret;
    pid_t    pid;
    int      status;

    (void) state;

    setenv("DW_JAIL_SECRET", "0123456789", 1);
    secret = getenv("DW_JAIL_SECRET");

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        dw_jail_wipe_environment();

        /* Gone from the table, and from where it was. */

        _exit(secret[0] == '\0' && strcmp(getenv("TZ"), "UTC") == 0
              ? try_environment() : WORKED);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), REFUSED);
    unsetenv("DW_JAIL_SECRET");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(kills_for_what_nobody_needs),
        cmocka_unit_test(answers_what_libraries_ask),
        cmocka_unit_test(executable_memory_needs_jit),
        cmocka_unit_test(closes_for_threads_that_exist),
        cmocka_unit_test(the_environment_is_wiped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
