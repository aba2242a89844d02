#include "emulator/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"

#define ENVIRON_MAX_BYTES ((size_t)256 << 10)
#define ROUNDS_MAX 100
#define ROUND_MS 10

struct process {
    pid_t pid, group, session;
    char state;
    uint64_t ticks; /* user + system + those of waited-for children */
    uint64_t rss_pages;
};

/* Reads at most size - 1 bytes of /proc/PID/FILE; the number read, 0 where it cannot be. */
static size_t slurp(pid_t pid, const char *file, char *out, size_t size) {
    char path[64];
    size_t filled = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (filled < size - 1) {
        ssize_t n = read(fd, out + filled, size - 1 - filled);
        if (n <= 0)
            break;
        filled += (size_t)n;
    }
    close(fd);
    out[filled] = '\0';
    return filled;
}

/* The next number of a line of /proc, which is known to hold only numbers; the line's end gives
 * 0. */
static int64_t next_number(char **at) {
    return strtoll(*at, at, 10);
}

/* Behind the name, which may hold anything, the first field is number 3 of proc(5). */
static bool read_process(pid_t pid, struct process *p) {
    char text[1024];
    size_t n = slurp(pid, "stat", text, sizeof text);
    char *at = n > 0 ? strrchr(text, ')') : NULL;
    if (at == NULL || text + n - at < 4)
        return false;
    *p = (struct process){.pid = pid, .state = at[2]};
    at += 3;
    for (int field = 4; field <= 24; field++) {
        int64_t number = next_number(&at);
        if (field == 5)
            p->group = (pid_t)number;
        else if (field == 6)
            p->session = (pid_t)number;
        else if (field >= 14 && field <= 17 && number > 0)
            p->ticks += (uint64_t)number;
        else if (field == 24 && number > 0)
            p->rss_pages = (uint64_t)number;
    }
    return true;
}

static uint64_t pss_bytes(pid_t pid) {
    char text[2048];
    if (slurp(pid, "smaps_rollup", text, sizeof text) == 0)
        return 0;
    char *at = strstr(text, "\nPss:");
    if (at == NULL)
        return 0;
    at += 5;
    int64_t kib = next_number(&at);
    return kib > 0 ? (uint64_t)kib * 1024 : 0;
}

/* The next process of an open /proc, or 0. */
static pid_t next_pid(DIR *proc) {
    const struct dirent *entry;
    while ((entry = readdir(proc)) != NULL) {
        char *end;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end == '\0' && pid > 0)
            return (pid_t)pid;
    }
    return 0;
}

static size_t find(const pid_t *groups, size_t n, const struct process *p) {
    for (size_t i = 0; i < n; i++)
        if (groups[i] == p->group || groups[i] == p->session)
            return i;
    return n;
}

struct member {
    pid_t pid;
    size_t place;
    uint64_t rss_bytes;
};

static void add_memory(const struct member *members, size_t count, struct processes_use *out) {
    for (size_t i = 0; i < count; i++) {
        struct processes_use *use = &out[members[i].place];
        uint64_t shared = use->processes > 1 ? pss_bytes(members[i].pid) : 0;
        use->memory_bytes += shared > 0 ? shared : members[i].rss_bytes;
    }
}

void processes_sample(const pid_t *groups, struct processes_use *out, size_t n) {
    int64_t tick_ns = NS_PER_S / sysconf(_SC_CLK_TCK);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    struct member *members = NULL;
    size_t count = 0, room = 0;
    DIR *proc = opendir("/proc");
    memset(out, 0, n * sizeof *out);
    for (pid_t pid; proc != NULL && (pid = next_pid(proc)) != 0;) {
        struct process p;
        size_t place = read_process(pid, &p) ? find(groups, n, &p) : n;
        if (place == n || p.state == 'Z')
            continue;
        out[place].processes++;
        out[place].cpu_ns += (int64_t)p.ticks * tick_ns;
        if (count == room) {
            room = room * 2 + 64;
            struct member *more = realloc(members, room * sizeof *more);
            if (more == NULL)
                break;
            members = more;
        }
        members[count++] =
            (struct member){.pid = pid, .place = place, .rss_bytes = p.rss_pages * page};
    }
    add_memory(members, count, out);
    free(members);
    if (proc != NULL)
        closedir(proc);
}

static bool is_marked(pid_t pid, const char *mark, char *text) {
    size_t n = slurp(pid, "environ", text, ENVIRON_MAX_BYTES), len = strlen(mark);
    for (size_t at = 0; at < n; at += strlen(text + at) + 1)
        if (strncmp(text + at, PROCESSES_MARK_NAME "=", sizeof PROCESSES_MARK_NAME) == 0)
            return strncmp(text + at + sizeof PROCESSES_MARK_NAME, mark, len) == 0;
    return false;
}

unsigned processes_kill(const pid_t *groups, size_t n, const char *mark) {
    unsigned alive = 0;
    char *text = mark != NULL ? malloc(ENVIRON_MAX_BYTES) : NULL;
    DIR *proc = opendir("/proc");
    for (pid_t pid; proc != NULL && (pid = next_pid(proc)) != 0;) {
        struct process p;
        if (pid == getpid() || !read_process(pid, &p) || p.state == 'Z' || p.state == 'X')
            continue;
        if (find(groups, n, &p) == n && (text == NULL || !is_marked(pid, mark, text)))
            continue;
        alive++;
        kill(pid, SIGKILL);
    }
    free(text);
    if (proc != NULL)
        closedir(proc);
    return alive;
}

void processes_kill_all(const pid_t *groups, size_t n, const char *mark) {
    for (int round = 0; round < ROUNDS_MAX && processes_kill(groups, n, mark) > 0; round++)
        poll(NULL, 0, ROUND_MS);
}
