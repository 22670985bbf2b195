
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/crypto.h"
#include "engine/engine.h"
#include "engine/jail.h"
#include "engine/ops.h"
#include "engine/send.h"
#include "engine/snapshot.h"


/* One per process, and too large for the stack. */
static dw_engine_t  dw_engine;


static void
dw_engine_start_v8(const dw_options_t *options)
{
    v8shim_error_t   error;
    v8shim_config_t  config;

    memset(&config, 0, sizeof(v8shim_config_t));

    config.ops = dw_ops;
    config.jit = options->jit;
    config.platform_threads = DW_PLATFORM_THREADS;
    config.code_cache_bytes = DW_CODE_CACHE_BYTES;
    config.fatal = dw_engine_fatal;

    dw_snapshot_choose(&config);

    if (v8shim_start(&config, &error) != V8SHIM_OK) {
        dw_exit(DW_EXIT_FATAL, "cannot start V8: %s", error.message);
    }
}


static void
dw_engine_init(dw_engine_t *engine, const dw_options_t *options)
{
    engine->options = *options;
    engine->start_ns = dw_clock_ns(CLOCK_MONOTONIC);

    dw_in_init(&engine->in, options->socket);
    dw_out_init(&engine->out, options->socket);
    dw_channels_init(&engine->channels);
    dw_alarms_init(&engine->alarms);
    dw_pool_init(&engine->pool, options->prewarm,
                 options->host ? DW_MEMORY_MB_HOST : DW_MEMORY_MB_SANDBOX);
    dw_sched_init(&engine->sched);
    dw_watchdog_init(&engine->watchdog);
}


void
dw_engine_run(const dw_options_t *options)
{
    int           flags;
    dw_engine_t  *engine;

    engine = &dw_engine;

    flags = fcntl(options->socket, F_GETFL);

    if (flags == -1
        || fcntl(options->socket, F_SETFL, flags | O_NONBLOCK) == -1)
    {
        dw_exit(DW_EXIT_FATAL, "fcntl() failed: %s", strerror(errno));
    }

    dw_crypto_init();
    dw_engine_start_v8(options);
    dw_engine_init(engine, options);

    /* All threads first: the jail lets no new one in. */

    dw_executors_create(engine, options->max_threads);

    if (options->jail) {
        dw_jail_close(options->socket, options->jit);

    } else {
        dw_log("the jail is off: a worker that breaks out of V8 has all "
               "that this user may do");
    }

    dw_send_hello(&engine->out, v8shim_version(), options->jail,
                  options->jit);
    dw_out_flush(&engine->out);

    dw_executors_go(engine);

    dw_watchdog_run(engine);
}


/* Under the alarms' lock, which keeps the isolate alive. */
static void
dw_engine_fire(void *user, dw_alarm_t *alarm)
{
    dw_mail_t     *mail;
    dw_isolate_t  *iso;

    (void) user;

    iso = dw_list_entry(alarm, dw_isolate_t, alarm);
    mail = dw_mail_create(DW_EVENT_ALARM, 0);

    mail->channel = iso->id;
    mail->event.channel = (double) iso->id;

    dw_isolate_post(iso, mail);
}


void
dw_engine_fire_alarms(dw_engine_t *engine)
{
    if (dw_alarms_next(&engine->alarms) != DW_NEVER) {
        dw_alarms_fire(&engine->alarms, dw_clock_ns(CLOCK_MONOTONIC),
                       dw_engine_fire, NULL);
    }
}


void
dw_engine_fatal(const char *location, const char *message)
{
    dw_exit(DW_EXIT_FATAL, "V8 gave up: %s, %s", message, location);
}
