/* Maps the settings of a service's file to those of the emulator. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator/service.h"
#include "emulator/yaml_paths.h"
#include "util/clock.h"

#define TEMPLATE "spec > template > "
#define ANNOTATIONS TEMPLATE "metadata > annotations > "
#define CONTAINER TEMPLATE "spec > containers > 0 > "
#define PROBE CONTAINER "startupProbe > "

struct reading {
    struct service *service;
    struct buf *unknown;
    size_t command_count, arg_count, env_count;
    char *command[SERVICE_WORDS_MAX], *args[SERVICE_WORDS_MAX];
    char *env_name; /* of the list's item in progress */
    double probe_delay_s, probe_period_s, probe_failures, probe_timeout_s;
    bool is_service;
};

/* A copy that lives as long as the service; NULL without memory. */
static char *keep(struct service *s, const char *text) {
    char **more = realloc(s->owned, (s->owned_count + 1) * sizeof(char *));
    char *copy = more != NULL ? strdup(text) : NULL;
    if (more != NULL)
        s->owned = more;
    if (copy != NULL)
        s->owned[s->owned_count++] = copy;
    return copy;
}

static int set_text(struct reading *r, const char **to, const char *text, const struct yaml_at *at,
                    struct err *e) {
    *to = keep(r->service, text);
    return *to != NULL ? 0 : err_memory(e, "%s", at->path);
}

static int read_number(const char *text, double low, double high, bool whole, double *out,
                       const struct yaml_at *at, struct err *e) {
    char *end;
    double n = strtod(text, &end);
    if (end == text || *end != '\0' || !(n >= low && n <= high) || (whole && floor(n) != n))
        return yaml_fail(at, e, "\"%.60s\" is not a %snumber from %g to %g", text,
                         whole ? "whole " : "", low, high);
    *out = n;
    return 0;
}

static int read_count(const char *text, unsigned low, unsigned high, unsigned *out,
                      const struct yaml_at *at, struct err *e) {
    double n = 0;
    if (read_number(text, low, high, true, &n, at, e) != 0)
        return -1;
    *out = (unsigned)n;
    return 0;
}

static int read_seconds(const char *text, double high, int64_t *out, const struct yaml_at *at,
                        struct err *e) {
    double n = 0;
    if (read_number(text, 1, high, false, &n, at, e) != 0)
        return -1;
    *out = (int64_t)(n * (double)NS_PER_S);
    return 0;
}

/* Kubernetes' quantities: 512Mi, 2Gi, 1G, 500M, 1048576; "1000m" of CPU. */
static int read_quantity(const char *text, double *out, const struct yaml_at *at, struct err *e) {
    static const struct {
        const char *suffix;
        double factor;
    } units[] = {{"", 1},           {"m", 1e-3},
                 {"k", 1e3},        {"M", 1e6},
                 {"G", 1e9},        {"Ki", 1024.0},
                 {"Mi", 1048576.0}, {"Gi", 1073741824.0},
                 {"T", 1e12},       {"Ti", 1099511627776.0}};
    char *end;
    double n = strtod(text, &end);
    for (size_t i = 0;
         end != text && isdigit((unsigned char)text[0]) && i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].suffix) == 0 && n >= 0 && n < 1e15) {
            *out = n * units[i].factor;
            return 0;
        }
    return yaml_fail(at, e, "\"%.60s\" is not a quantity like 1, 500m, 512Mi or 2Gi", text);
}

static int read_target(const char *text, double *out, const struct yaml_at *at, struct err *e) {
    if (strcmp(text, "disabled") == 0) {
        *out = 0;
        return 0;
    }
    return read_number(text, 0.1, 0.95, false, out, at, e);
}

static int read_bool(const char *text, bool *out, const struct yaml_at *at, struct err *e) {
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return yaml_fail(at, e, "\"%.60s\" is neither 'true' nor 'false'", text);
    *out = text[0] == 't';
    return 0;
}

static int add_word(struct reading *r, char **list, size_t *count, const char *text,
                    const struct yaml_at *at, struct err *e) {
    if (*count == SERVICE_WORDS_MAX - 1)
        return yaml_fail(at, e, "more than %d of them", SERVICE_WORDS_MAX - 1);
    list[*count] = keep(r->service, text);
    if (list[*count] == NULL)
        return err_memory(e, "%s", at->path);
    (*count)++;
    return 0;
}

/* "… env > 3 > name" and then "value". PORT and the K_ names are Cloud Run's own. */
static int read_env(struct reading *r, const char *field, const char *text,
                    const struct yaml_at *at, struct err *e) {
    char both[4096];
    if (strcmp(field, "name") == 0) {
        if (text[0] == '\0' || strchr(text, '=') != NULL)
            return yaml_fail(at, e, "\"%.60s\" is not a valid name for a variable", text);
        if (strcmp(text, "PORT") == 0 || strncmp(text, "K_", 2) == 0)
            return yaml_fail(at, e, "Cloud Run sets %.60s; do not set it here", text);
        r->env_name = keep(r->service, text);
        return r->env_name != NULL ? 0 : err_memory(e, "%s", at->path);
    }
    if (r->env_name == NULL)
        return yaml_fail(at, e, "the name has to come first");
    int n = snprintf(both, sizeof both, "%s=%s", r->env_name, text);
    r->env_name = NULL;
    if (n < 0 || (size_t)n >= sizeof both)
        return yaml_fail(at, e, "longer than %zu bytes", sizeof both - 1);
    return add_word(r, r->service->env, &r->env_count, both, at, e);
}

/* The rest of the path behind the prefix, or NULL. */
static const char *below(const char *path, const char *prefix) {
    size_t n = strlen(prefix);
    return strncmp(path, prefix, n) == 0 ? path + n : NULL;
}

/* The word behind a list's place: "3 > name" gives "name". */
static const char *field_of_item(const char *rest) {
    const char *field = strstr(rest, " > ");
    return field != NULL ? field + 3 : "";
}

#define UNKNOWN 1

static int read_annotation(struct service *s, const char *name, const char *text,
                           const struct yaml_at *at, struct err *e) {
    if (strcmp(name, "autoscaling.knative.dev/minScale") == 0)
        return read_count(text, 0, 1000, &s->min, at, e);
    if (strcmp(name, "autoscaling.knative.dev/maxScale") == 0)
        return read_count(text, 1, 1000, &s->max, at, e);
    if (strcmp(name, "run.googleapis.com/cpu-throttling") == 0) {
        s->throttled_given = true;
        return read_bool(text, &s->throttled, at, e);
    }
    if (strcmp(name, "run.googleapis.com/scaling-cpu-target") == 0)
        return read_target(text, &s->cpu_target, at, e);
    if (strcmp(name, "run.googleapis.com/scaling-concurrency-target") == 0)
        return read_target(text, &s->concurrency_target, at, e);
    return UNKNOWN;
}

static int read_accelerator(struct service *s, const char *text, const struct yaml_at *at,
                            struct err *e) {
    s->gpu = gpu_by_accelerator(text);
    if (s->gpu != GPU_NONE)
        return 0;
    return yaml_fail(at, e, "\"%.60s\" is neither %s nor %s", text, gpu_kinds[GPU_L4].accelerator,
                     gpu_kinds[GPU_RTX_PRO_6000].accelerator);
}

/* How many GPUs. What kind they are says the node selector, or --gpu. */
static int read_gpus(struct reading *r, const char *text, const struct yaml_at *at, struct err *e) {
    if (strcmp(text, "1") != 0)
        return yaml_fail(at, e, "\"%.60s\" is not 1, the only number of GPUs of an instance", text);
    r->service->gpu_wanted = true;
    return 0;
}

static int read_probe(struct reading *r, const char *field, const char *text,
                      const struct yaml_at *at, struct err *e) {
    const struct {
        const char *name;
        double *to;
        double low;
    } fields[] = {{"initialDelaySeconds", &r->probe_delay_s, 0},
                  {"periodSeconds", &r->probe_period_s, 1},
                  {"failureThreshold", &r->probe_failures, 1},
                  {"timeoutSeconds", &r->probe_timeout_s, 1}};
    r->service->probe_custom = true;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (strcmp(field, fields[i].name) == 0)
            return read_number(text, fields[i].low, 240, true, fields[i].to, at, e);
    return strcmp(field, "tcpSocket > port") == 0 ? 0 : UNKNOWN;
}

static int read_container(struct reading *r, const char *field, const char *text,
                          const struct yaml_at *at, struct err *e) {
    struct service *s = r->service;
    const char *rest;
    double n = 0;
    if (strcmp(field, "image") == 0 || below(field, "ports > 0 > name") != NULL)
        return 0; /* COMMAND stands for the image; HTTP/1 is what we speak */
    if (strcmp(field, "name") == 0)
        return set_text(r, &s->container, text, at, e);
    if (below(field, "command > ") != NULL)
        return add_word(r, r->command, &r->command_count, text, at, e);
    if (below(field, "args > ") != NULL)
        return add_word(r, r->args, &r->arg_count, text, at, e);
    if ((rest = below(field, "env > ")) != NULL) {
        const char *name = field_of_item(rest);
        bool known = strcmp(name, "name") == 0 || strcmp(name, "value") == 0;
        return known ? read_env(r, name, text, at, e) : UNKNOWN;
    }
    if (strcmp(field, "ports > 0 > containerPort") == 0) {
        unsigned port;
        if (read_count(text, 1, 65535, &port, at, e) != 0)
            return -1;
        s->container_port = (int)port;
        return 0;
    }
    if (strcmp(field, "resources > limits > cpu") == 0) {
        if (read_quantity(text, &n, at, e) != 0)
            return -1;
        s->cpus = n;
        return n >= 0.01 && n <= 64 ? 0 : yaml_fail(at, e, "%g CPU: from 0.01 to 64", n);
    }
    if (strcmp(field, "resources > limits > memory") == 0) {
        if (read_quantity(text, &n, at, e) != 0)
            return -1;
        s->memory_bytes = (uint64_t)n;
        return n >= 1048576 ? 0 : yaml_fail(at, e, "less than 1Mi of memory");
    }
    if (strcmp(field, "resources > limits > nvidia.com/gpu") == 0)
        return read_gpus(r, text, at, e);
    if ((rest = below(field, "startupProbe > ")) != NULL)
        return read_probe(r, rest, text, at, e);
    return UNKNOWN;
}

static int read_known(struct reading *r, const char *text, const struct yaml_at *at,
                      struct err *e) {
    struct service *s = r->service;
    const char *path = at->path, *rest;
    if (strcmp(path, "apiVersion") == 0)
        return strcmp(text, "serving.knative.dev/v1") == 0
                   ? 0
                   : yaml_fail(at, e, "\"%.60s\" is not serving.knative.dev/v1", text);
    if (strcmp(path, "kind") == 0) {
        r->is_service = strcmp(text, "Service") == 0;
        return r->is_service ? 0 : yaml_fail(at, e, "\"%.60s\" is not a Service", text);
    }
    if (strcmp(path, "metadata > name") == 0)
        return set_text(r, &s->name, text, at, e);
    if (strcmp(path, "metadata > labels > cloud.googleapis.com/location") == 0)
        return set_text(r, &s->region, text, at, e);
    if (strcmp(path, TEMPLATE "metadata > name") == 0)
        return set_text(r, &s->revision, text, at, e);
    if (strcmp(path, TEMPLATE "spec > containerConcurrency") == 0)
        return read_count(text, 0, 1000, &s->concurrency, at, e);
    if (strcmp(path, TEMPLATE "spec > timeoutSeconds") == 0)
        return read_seconds(text, 3600, &s->timeout_ns, at, e);
    if (strcmp(path, TEMPLATE "spec > nodeSelector > run.googleapis.com/accelerator") == 0)
        return read_accelerator(s, text, at, e);
    if ((rest = below(path, ANNOTATIONS)) != NULL)
        return read_annotation(s, rest, text, at, e);
    if ((rest = below(path, CONTAINER)) != NULL)
        return read_container(r, rest, text, at, e);
    return UNKNOWN;
}

static int read_scalar(void *context, const struct yaml_at *at, const char *text, struct err *e) {
    struct reading *r = context;
    int result = read_known(r, text, at, e);
    if (result != UNKNOWN)
        return result;
    if (r->unknown->len > 0)
        buf_str(r->unknown, ", ");
    buf_str(r->unknown, at->path);
    return 0;
}

static void finish(struct reading *r) {
    struct service *s = r->service;
    size_t n = 0;
    for (size_t i = 0; i < r->command_count; i++)
        s->words[n++] = r->command[i];
    for (size_t i = 0; r->command_count > 0 && i < r->arg_count && n < SERVICE_WORDS_MAX - 1; i++)
        s->words[n++] = r->args[i];
    s->words[n] = NULL;
    s->env[r->env_count] = NULL;
    /* Kubernetes' rule: abandoned after this number of failures, one each period; the last one has
     * its timeout. */
    if (s->probe_custom)
        s->startup_limit_ns =
            (int64_t)((r->probe_delay_s + r->probe_period_s * (r->probe_failures - 1) +
                       fmax(r->probe_timeout_s, r->probe_period_s)) *
                      (double)NS_PER_S);
}

int service_read_yaml(struct service *s, const char *path, struct buf *unknown, struct err *e) {
    struct reading r = {.service = s,
                        .unknown = unknown,
                        .probe_period_s = 10,
                        .probe_failures = 3,
                        .probe_timeout_s = 1};
    if (yaml_walk(path, read_scalar, &r, e) != 0)
        return -1;
    if (!r.is_service)
        return err_set(
            e, "%s: no \"kind: Service\"; this is not a file for `gcloud run services replace`",
            path);
    finish(&r);
    return 0;
}
