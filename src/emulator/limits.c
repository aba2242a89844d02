#include "emulator/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/file.h"

#define PERIOD_US 100000
#define FILE_MAX_BYTES ((size_t)1 << 20)

static int write_file(const char *folder, const char *name, const char *text) {
    char path[LIMITS_PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t n = write(fd, text, strlen(text));
    int reason = errno;
    close(fd);
    errno = reason;
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

static bool file_has_word(const char *folder, const char *name, const char *word) {
    char path[LIMITS_PATH_BYTES + 64];
    struct buf text;
    bool found = false;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_init(&text, FILE_MAX_BYTES);
    if (file_read(path, &text, NULL) == 0) {
        char *rest = NULL, *all = text.data;
        for (char *w = all == NULL ? NULL : strtok_r(all, " \n", &rest); w != NULL;
             w = strtok_r(NULL, " \n", &rest))
            found = found || strcmp(w, word) == 0;
    }
    buf_done(&text);
    return found;
}

static bool list_has(const char *list, const char *word) {
    size_t n = strlen(word);
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == '\0' || at[n] == '\n'))
            return true;
    }
    return false;
}

/* Where the hierarchy is mounted: proc(5), mountinfo: "id parent major:minor root MOUNT options … -
 * TYPE source SUPER". */
static bool find_mount(const char *root, int version, char out[LIMITS_PATH_BYTES]) {
    char path[LIMITS_PATH_BYTES], line[4096], mount[LIMITS_PATH_BYTES], type[32], super[512];
    bool found = false;
    snprintf(path, sizeof path, "%s/proc/self/mountinfo", root);
    FILE *f = fopen(path, "re");
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        const char *dash = strstr(line, " - ");
        if (dash == NULL || sscanf(line, "%*s %*s %*s %*s %500s", mount) != 1 ||
            sscanf(dash + 3, "%31s %*s %511s", type, super) != 2)
            continue;
        found = version == 2 ? strcmp(type, "cgroup2") == 0
                             : strcmp(type, "cgroup") == 0 && list_has(super, "cpu");
    }
    if (f != NULL)
        fclose(f);
    if (found && snprintf(out, LIMITS_PATH_BYTES, "%s%s", root, mount) >= LIMITS_PATH_BYTES)
        return false;
    return found;
}

/* Our place in it: cgroup(7): "id:controllers:PATH". */
static bool find_place(const char *root, int version, char out[LIMITS_PATH_BYTES]) {
    char path[LIMITS_PATH_BYTES], line[1024];
    bool found = false;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *f = fopen(path, "re");
    while (f != NULL && !found && fgets(line, sizeof line, f) != NULL) {
        char *controllers = strchr(line, ':');
        char *place = controllers == NULL ? NULL : strchr(controllers + 1, ':');
        if (place == NULL)
            continue;
        *place++ = '\0';
        place[strcspn(place, "\n")] = '\0';
        found = version == 2 ? controllers[1] == '\0' : list_has(controllers + 1, "cpu");
        snprintf(out, LIMITS_PATH_BYTES, "%s", strcmp(place, "/") == 0 ? "" : place);
    }
    if (f != NULL)
        fclose(f);
    return found;
}

static int set_quota(const struct limits *l, const char *folder) {
    char text[64];
    long quota = (long)(l->cpus * PERIOD_US + 0.5);
    if (quota < 1000)
        quota = 1000; /* the kernel's least */
    if (l->version == 2) {
        snprintf(text, sizeof text, "%ld %d", quota, PERIOD_US);
        return write_file(folder, "cpu.max", text);
    }
    snprintf(text, sizeof text, "%ld", quota);
    return write_file(folder, "cpu.cfs_quota_us", text);
}

static int move_to(const char *folder) {
    return write_file(folder, "cgroup.procs", "0");
}

/* A group that holds processes cannot hand a controller down, so the emulator may have to leave its
 * own first. */
static int hand_down_cpu(struct limits *l) {
    char home[LIMITS_PATH_BYTES];
    if (file_has_word(l->base, "cgroup.subtree_control", "cpu"))
        return 0;
    if (snprintf(home, sizeof home, "%.400s/coldswarm-%d-home", l->base, (int)getpid()) < 0 ||
        (mkdir(home, 0755) != 0 && errno != EEXIST))
        return -1;
    if (move_to(home) == 0 && write_file(l->base, "cgroup.subtree_control", "+cpu") == 0) {
        memcpy(l->home, home, sizeof home);
        return 0;
    }
    int reason = errno;
    move_to(l->base);
    rmdir(home);
    errno = reason;
    return -1;
}

/* Tries to make a group and to limit it, as an instance's would be. */
static int try_version(struct limits *l, const char *root, int version) {
    char mount[LIMITS_PATH_BYTES], place[LIMITS_PATH_BYTES];
    struct limits_group probe;
    if (!find_mount(root, version, mount) || !find_place(root, version, place)) {
        errno = ENOENT;
        return -1;
    }
    l->version = version;
    snprintf(l->base, sizeof l->base, "%.250s%.250s", mount, place);
    memcpy(l->home, l->base, sizeof l->home);
    if (version == 2 &&
        (!file_has_word(l->base, "cgroup.controllers", "cpu") || hand_down_cpu(l) != 0)) {
        l->version = 0;
        return -1;
    }
    limits_enter(l, &probe);
    limits_leave(l);
    bool made = probe.path[0] != '\0';
    limits_remove(&probe);
    if (!made)
        l->version = 0;
    return made ? 0 : -1;
}

void limits_init(struct limits *l, double cpus, const char *root) {
    *l = (struct limits){.cpus = cpus};
    if (try_version(l, root, 2) != 0 && try_version(l, root, 1) != 0)
        snprintf(l->text, sizeof l->text,
                 "instances can use more than %.3g CPU: no control group for CPU is writable here",
                 cpus);
    else
        snprintf(l->text, sizeof l->text,
                 "instances are limited to %.3g CPU by control groups (version %d)", cpus,
                 l->version);
}

void limits_done(struct limits *l) {
    if (l->version == 2 && strcmp(l->home, l->base) != 0) {
        write_file(l->base, "cgroup.subtree_control", "-cpu");
        move_to(l->base);
        rmdir(l->home);
    }
    l->version = 0;
}

const char *limits_text(const struct limits *l) {
    return l->text;
}

void limits_prefix(const struct limits *l, char *out, size_t size) {
    (void)l;
    snprintf(out, size, "coldswarm-%d-", (int)getpid());
}

void limits_enter(struct limits *l, struct limits_group *g) {
    g->path[0] = '\0';
    if (l->version == 0)
        return;
    char prefix[64];
    limits_prefix(l, prefix, sizeof prefix);
    snprintf(g->path, sizeof g->path, "%s/%s%u", l->base, prefix, l->next++);
    if (mkdir(g->path, 0755) == 0 && set_quota(l, g->path) == 0 && move_to(g->path) == 0)
        return;
    int reason = errno;
    rmdir(g->path);
    g->path[0] = '\0';
    errno = reason;
}

void limits_leave(struct limits *l) {
    if (l->version != 0)
        move_to(l->home);
}

void limits_remove(struct limits_group *g) {
    if (g->path[0] != '\0')
        rmdir(g->path);
    g->path[0] = '\0';
}
