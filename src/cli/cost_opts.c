#include "cli/cost_opts.h"

#include "util/array.h"

const char *cost_opts_given(const struct args *a) {
    static const char *const names[] = {"gpu", "cpu", "memory", "billing", "region", "prices"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (opt_given(a, names[i]))
            return names[i];
    return NULL;
}

int cost_opts_read(const struct args *a, struct platform_shape *out, struct err *e) {
    enum gpu gpu = gpu_by_name(opt_text(a, "gpu"));
    bool ask = gpu == GPU_NONE;
    struct platform_shape s = {
        .cpus = ask || opt_given(a, "cpu") ? opt_number(a, "cpu") : gpu_kinds[gpu].cpus_min,
        .memory_bytes = ask || opt_given(a, "memory") ? (int64_t)opt_size(a, "memory")
                                                      : gpu_kinds[gpu].memory_min_bytes,
        .billing = !ask || strcmp(opt_text(a, "billing"), "instance") == 0 ? BILLING_INSTANCE
                                                                           : BILLING_REQUEST,
        .gpu = gpu,
        .prices = opt_text(a, "prices"),
        .region = opt_text(a, "region")};
    if (!ask && opt_given(a, "billing") && strcmp(opt_text(a, "billing"), "request") == 0)
        return err_set(e, "a service with a GPU has instance-based billing only; leave --billing "
                          "request out");
    if (!ask && gpu_check_size(gpu, s.cpus, s.memory_bytes, e) != 0)
        return -1;
    *out = s;
    return 0;
}
