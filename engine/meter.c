
#include "engine/limits.h"
#include "engine/meter.h"


void
dw_meter_start(dw_meter_t *meter)
{
    meter->wall_ns = dw_clock_ns(CLOCK_MONOTONIC);
    meter->cpu_ns = dw_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}


uint64_t
dw_meter_read(dw_meter_t *meter)
{
    uint64_t  wall_ns, cpu_ns;

    wall_ns = dw_clock_ns(CLOCK_MONOTONIC);

    if (wall_ns - meter->wall_ns <= DW_METER_SPAN_NS) {
        meter->cpu_ns += wall_ns - meter->wall_ns;

    } else {
        cpu_ns = dw_clock_ns(CLOCK_THREAD_CPUTIME_ID);

        if (cpu_ns > meter->cpu_ns) {
            meter->cpu_ns = cpu_ns;
        }
    }

    meter->wall_ns = wall_ns;

    return meter->cpu_ns;
}
