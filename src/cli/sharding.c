#include "cli/sharding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>

#include "import/import_fields.h"
#include "report/thresholds.h"
#include "scenario/feeder.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/rng.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define TRACE_STREAM UINT64_C(0x7ace)
#define DATE_LENGTH 10 /* of 2026-11-29 */
#define AHEAD_MAX_DAYS 7
#define DAY_NS (24 * 3600 * NS_PER_S)
#define AHEAD_MAX_NS (AHEAD_MAX_DAYS * DAY_NS)

/* Where launchers put the number of a task and how many there are, in the order in which they
 * count. A job array comes first: each of its tasks may be a step of Slurm too, with numbers of its
 * own. Slurm's own numbers come after those of MPI's launchers: in a Slurm job, mpirun starts its
 * processes with the numbers of the step that it runs in itself. */
enum { ARRAY, OPEN_MPI, MPICH, SLURM };
static const struct {
    const char *index, *count;
} launchers[] = {
    [ARRAY] = {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT"},
    [OPEN_MPI] = {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
    [MPICH] = {"PMI_RANK", "PMI_SIZE"},
    [SLURM] = {"SLURM_PROCID", "SLURM_NTASKS"},
    {"CLOUD_RUN_TASK_INDEX", "CLOUD_RUN_TASK_COUNT"},
    {"JOB_COMPLETION_INDEX", "COLDSWARM_SHARDS"},
};

/* `index` and `count`: where they are from. */
static int check_part(const char *index, const char *count, struct part p, struct err *e) {
    if (p.count < 1 || p.count > SHARDING_MAX)
        return err_set(e, "%s: the number of parts must be from 1 to %d, not %u", count,
                       SHARDING_MAX, p.count);
    if (p.index >= p.count)
        return err_set(e, "%s: part %u of %u does not exist; parts are numbered from 0 to %u",
                       index, p.index, p.count, p.count - 1);
    return 0;
}

static int read_part(const char *text, struct part *out, struct err *e) {
    if (!part_parse(text, out))
        return err_set(
            e, "--shard %s: write I/N, such as 2/8 for the third of eight parts, or auto", text);
    return check_part("--shard", "--shard", *out, e);
}

static bool is_set(const char *name) {
    const char *text = getenv(name);
    return text != NULL && *text != '\0';
}

/* A variable of a launcher. */
static int read_variable(const char *name, uint32_t *out, struct err *e) {
    const char *text = getenv(name), *end = NULL;
    if (!is_set(name))
        return err_set(e, "--shard auto: the environment has no %s%s", name,
                       strcmp(name, "COLDSWARM_SHARDS") == 0
                           ? "; Kubernetes does not give the number of pods, so set it to the "
                             "job's completions"
                           : "");
    if (!part_number(text, &end, out) || *end != '\0')
        return err_set(e, "--shard auto: %s is \"%.40s\", which is no whole number up to 999999999",
                       name, text);
    return 0;
}

/* Tasks of a job array are numbered from a first one, in steps. An array with gaps, such as 0,2,5,
 * does not say which of its tasks one is; then no task may run. */
static int read_array(struct part *p, struct err *e) {
    static const char *const names[] = {"SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_MAX",
                                        "SLURM_ARRAY_TASK_STEP"};
    enum { MIN, MAX, STEP };
    uint32_t n[COUNT_OF(names)] = {0, 0, 1};
    if (p->count == 0) /* check_part says so */
        return 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if ((i == MIN || is_set(names[i])) && read_variable(names[i], &n[i], e) != 0)
            return -1;
    if (!is_set(names[MAX]))
        n[MAX] = n[MIN] + (p->count - 1) * n[STEP];
    bool whole = n[STEP] > 0 && n[MIN] <= p->index && p->index <= n[MAX] &&
                 (n[MAX] - n[MIN]) / n[STEP] == p->count - 1 && (p->index - n[MIN]) % n[STEP] == 0;
    if (!whole)
        return err_set(e,
                       "--shard auto: task %u of a job array of %u, numbered from %u to %u, is no "
                       "part: the numbers have gaps; use --array=0-%u",
                       p->index, p->count, n[MIN], n[MAX], p->count - 1);
    p->index = (p->index - n[MIN]) / n[STEP];
    return 0;
}

/* Whether a launcher inside of another one has started several processes with the same part. */
static int check_others(size_t chosen, struct part p, struct err *e) {
    for (size_t i = chosen + 1; i < COUNT_OF(launchers); i++) {
        const char *name = launchers[i].index;
        bool inherited = i == SLURM && chosen != ARRAY;
        uint32_t other;
        if (!is_set(name) || inherited)
            continue;
        if (read_variable(name, &other, e) != 0)
            return -1;
        if (other != 0 && (chosen == ARRAY || other != p.index))
            return err_set(e,
                           "--shard auto: this is %s %u and also %s %u, so several processes may "
                           "be the same part; write --shard I/N",
                           launchers[chosen].index, p.index, name, other);
    }
    return 0;
}

static int read_launcher(struct part *out, struct err *e) {
    for (size_t i = 0; i < COUNT_OF(launchers); i++) {
        const char *index = launchers[i].index, *count = launchers[i].count;
        struct part p;
        if (!is_set(index))
            continue;
        if (read_variable(index, &p.index, e) != 0 || read_variable(count, &p.count, e) != 0 ||
            (i == ARRAY && read_array(&p, e) != 0) || check_part(index, count, p, e) != 0 ||
            check_others(i, p, e) != 0)
            return -1;
        *out = p;
        return 0;
    }
    return err_set(e, "--shard auto: no launcher has set SLURM_ARRAY_TASK_ID, SLURM_PROCID, "
                      "OMPI_COMM_WORLD_RANK, PMI_RANK, CLOUD_RUN_TASK_INDEX or "
                      "JOB_COMPLETION_INDEX; write --shard I/N");
}

static int read_start(const char *text, int64_t *ns, struct err *e) {
    int64_t us = 0, at_ns = 0;
    /* A time without a zone could be meant as local, and hosts may have several. */
    if (!import_time_text(text, &us) || strpbrk(text + DATE_LENGTH, "Zz+-") == NULL ||
        __builtin_mul_overflow(us, NS_PER_US, &at_ns))
        return err_set(e,
                       "--start-at %s: write a UTC time with its Z, such as "
                       "2026-11-29T12:00:00Z",
                       text);
    int64_t late_ns = clock_real_ns() - at_ns;
    if (late_ns < -AHEAD_MAX_NS)
        return err_set(e,
                       "--start-at %s: that is in %.0f days; a run waits %d days at most, so "
                       "check the date",
                       text, (double)-late_ns / (double)DAY_NS, AHEAD_MAX_DAYS);
    if (late_ns >= 0)
        return err_set(e,
                       "--start-at %s: that was %.3f s ago; nothing is sent, because the other "
                       "parts have started without this one",
                       text, (double)late_ns / 1e9);
    *ns = at_ns;
    return 0;
}

int sharding_control(const char *text, int *fd, uint64_t *id, struct err *e) {
    char *end = NULL;
    long number = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : -1;
    unsigned long long trace = 0;
    if (number >= 0 && *end == ':' && strlen(end + 1) == 16 &&
        strspn(end + 1, "0123456789abcdef") == 16) {
        trace = strtoull(end + 1, NULL, 16);
        end += 17;
    }
    if (number < 0 || number > INT32_MAX || *end != '\0')
        return err_set(e,
                       "--control %s: write the number of an open socket, such as 3, or 3:ID with "
                       "16 hexadecimal digits",
                       text);
    *fd = (int)number;
    *id = trace;
    return 0;
}

int sharding_choose(const struct args *a, struct sharding *out, struct err *e) {
    static const char *const of_the_whole[] = {"csv", "html", "report", "repeat", "calibrate"};
    static const char *const needed[] = {"seed", "start-at"};
    *out = (struct sharding){.part = part_whole(), .is_part = opt_given(a, "shard")};
    if (opt_given(a, "control")) {
        int fd;
        if (sharding_control(opt_text(a, "control"), &fd, &out->trace, e) != 0)
            return -1;
        out->agreed = true;
    }
    if (out->agreed && opt_given(a, "start-at"))
        return err_set(e, "the agent of --control says when to start; leave --start-at out");
    if (opt_given(a, "start-at") && read_start(opt_text(a, "start-at"), &out->start_at_ns, e) != 0)
        return -1;
    if (!out->is_part) {
        const char *of_one = out->agreed ? "control" : "start-at";
        return opt_given(a, of_one) && opt_given(a, "repeat")
                   ? err_set(e, "--%s is for one run; leave --repeat out", of_one)
                   : 0;
    }
    for (size_t i = 0; i < COUNT_OF(of_the_whole); i++)
        if (opt_given(a, of_the_whole[i]))
            return err_set(e, "--%s is of a whole run; leave it out, and use the merged file",
                           of_the_whole[i]);
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (!opt_given(a, needed[i]) && !(out->agreed && strcmp(needed[i], "start-at") == 0))
            return err_set(e, "--shard needs --%s, the same for all parts", needed[i]);
    return strcmp(opt_text(a, "shard"), "auto") == 0
               ? read_launcher(&out->part, e)
               : read_part(opt_text(a, "shard"), &out->part, e);
}

/* A capture of the setup whose value requests of the load may use. */
static const char *setup_capture(const struct scenario *s) {
    for (uint32_t i = s->setup.first; i < s->setup.first + s->setup.count; i++)
        if (s->steps[i].kind == SCENARIO_SEND && s->requests[s->steps[i].request].captures != NULL)
            return s->requests[s->steps[i].request].name;
    return NULL;
}

static int check_size(const struct sharding *s, const struct scenario *scenario, struct err *e) {
    uint32_t users = scenario_users_max(scenario);
    uint64_t by_users = (users + LOAD_MACHINE_USERS_MAX - 1) / LOAD_MACHINE_USERS_MAX;
    if (s->part.count < by_users)
        return err_set(
            e,
            "the load has %u users, and one machine runs at most %d: split it into %" PRIu64
            " or more parts (--shard I/N, see coldswarm help merge)",
            users, LOAD_MACHINE_USERS_MAX, by_users);
    for (size_t i = 0; i < scenario->load_count; i++) {
        const struct load *l = &scenario->loads[i].load;
        int64_t most = LOAD_MACHINE_RATE_MAX * (int64_t)LOAD_MICRO;
        /* A trace has the rate that was recorded. */
        int64_t rate = load_is_open(l) && l->kind != LOAD_TRACE ? load_micro_rate_max(l) : 0;
        int64_t by_rate = (rate + most - 1) / most;
        if (s->part.count < by_rate)
            return err_set(e,
                           "the load has up to %.10g requests per second, and one machine sends at "
                           "most %d: split it into %" PRId64
                           " or more parts (--shard I/N, see coldswarm help merge)",
                           (double)rate / LOAD_MICRO, LOAD_MACHINE_RATE_MAX, by_rate);
    }
    return 0;
}

/* A user without a row would end the part that it belongs to, and the others would not know. Rows
 * of the mode once are no such case: each part ends when its own are used. */
static int check_feeders(const struct scenario *s, struct err *e) {
    uint32_t users = scenario_users_max(s);
    for (size_t i = 0; i < s->feeder_count; i++) {
        const struct feeder *f = s->feeders[i];
        if (feeder_ends_run(f) && feeder_is_unique(f) && feeder_rows(f) < users)
            return err_set(e,
                           "--shard: the feeder %s has %" PRIu64
                           " rows for %u users, and a user without one ends the run, of which "
                           "other parts would not know; add rows, or write \"ends\": \"user\"",
                           feeder_name(f), feeder_rows(f), users);
    }
    return 0;
}

int sharding_check(const struct sharding *s, const struct scenario *scenario, struct err *e) {
    if (check_size(s, scenario, e) != 0)
        return -1;
    if (s->part.count == 1)
        return 0;
    for (size_t i = 0; i < scenario->load_count; i++) {
        uint32_t users = load_users_max(&scenario->loads[i].load);
        if (users < s->part.count)
            return err_set(e,
                           "--shard: the load has %u user%s, which is too few for %u parts; each "
                           "part needs one%s",
                           users, users == 1 ? "" : "s", s->part.count,
                           load_is_open(&scenario->loads[i].load) ? " (\"max_users\")" : "");
    }
    const char *capture = setup_capture(scenario);
    if (capture != NULL && !s->agreed)
        return err_set(e,
                       "--shard: the setup captures values (%s), which the other parts cannot "
                       "know; put them into \"variables\", or capture them in \"on_start\"",
                       capture);
    return check_feeders(scenario, e);
}

uint64_t sharding_trace(const struct sharding *s, uint64_t seed) {
    struct rng rng;
    if (s->trace != 0)
        return s->trace;
    rng_seed(&rng, seed, TRACE_STREAM ^ (uint64_t)s->start_at_ns);
    uint64_t id = rng_next(&rng);
    return id == 0 ? 1 : id;
}

static void add_host(struct manifest *m) {
    struct utsname u;
    if (uname(&u) == 0)
        manifest_add(m, "host", u.nodename);
}

static void add_boot(struct manifest *m) {
    char text[64] = "";
    FILE *f = fopen(BOOT_ID, "r");
    if (f == NULL)
        return;
    if (fgets(text, sizeof text, f) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        manifest_add(m, "boot_id", text);
    }
    fclose(f);
}

/* What the kernel knows of its own clock. */
static void add_clock(struct manifest *m) {
    struct timex t = {.modes = 0};
    if (adjtimex(&t) < 0)
        return;
    manifest_add(m, "clock_synchronized", (t.status & STA_UNSYNC) != 0 ? "0" : "1");
    manifest_addf(m, "clock_maxerror_us", "%ld", t.maxerror);
}

void sharding_manifest(const struct sharding *s, struct manifest *m) {
    char utc[CLOCK_UTC_BYTES];
    if (s->start_at_ns != 0) {
        clock_utc(s->start_at_ns, utc);
        manifest_add(m, "start_at", utc);
    }
    if (!s->is_part)
        return;
    manifest_addf(m, THRESHOLDS_PART_KEY, "%u/%u", s->part.index, s->part.count);
    add_host(m);
    add_boot(m);
    add_clock(m);
}
