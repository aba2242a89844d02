#include "emulator/guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulator/processes.h"

#define GROUPS_MAX 10000
#define NAME "instance-guard"
#define REMOVE_ROUND_MS 20
#define REMOVE_ROUNDS 1500 /* half a minute */

struct roll {
    pid_t groups[GROUPS_MAX];
    size_t count;
};

/* A positive number is a new group, a negative one has ended. */
static void note(struct roll *r, pid_t word) {
    if (word > 0 && r->count < GROUPS_MAX)
        r->groups[r->count++] = word;
    for (size_t i = 0; word < 0 && i < r->count; i++)
        if (r->groups[i] == -word)
            r->groups[i--] = r->groups[--r->count];
}

/* Keeps nothing of the emulator's: a descriptor left open here would outlive it for those who wait
 * for its end. */
static int let_go(int fd) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i);
    if (fd != 3)
        fd = dup2(fd, 3);
    close_range(4, ~0U, 0);
    if (chdir("/") != 0)
        return -1;
    return fd;
}

/* Returns how many are left. */
static size_t remove_once(const char *folder, const char *prefix) {
    size_t left = 0;
    DIR *d = folder[0] != '\0' ? opendir(folder) : NULL;
    for (const struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;)
        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
            left += unlinkat(dirfd(d), entry->d_name, AT_REMOVEDIR) != 0;
    if (d != NULL)
        closedir(d);
    return left;
}

/* The control groups of instances that were killed: nobody else is left to remove them. A group is
 * busy until its last process is gone, which on a busy machine takes a while. */
static void remove_folders(const char *folder, const char *prefix) {
    for (int round = 0; round < REMOVE_ROUNDS && remove_once(folder, prefix) > 0; round++)
        poll(NULL, 0, REMOVE_ROUND_MS);
}

/* Whoever kills the emulator by its name shall not hit the guard as well: so it takes another,
 * also in the place of the command line, which the kernel shows from where the program's own
 * words lie. */
static void rename_self(void) {
    char old[4096];
    ssize_t n = -1;
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_NAME, NAME);
    if (fd >= 0)
        n = read(fd, old, sizeof old);
    if (fd >= 0)
        close(fd);
    if (n <= (ssize_t)sizeof NAME || memcmp(old, program_invocation_name, strlen(old) + 1) != 0)
        return;
    memset(program_invocation_name, 0, (size_t)n);
    memcpy(program_invocation_name, NAME, sizeof NAME);
}

static void guard_main(int fd, const char *mark, const char *folder, const char *prefix) {
    static struct roll roll;
    pid_t word;
    setsid();
    rename_self();
    for (int s = 1; s < NSIG; s++)
        signal(s, s == SIGCHLD ? SIG_DFL : SIG_IGN);
    fd = let_go(fd);
    for (;;) {
        ssize_t n = fd < 0 ? 0 : read(fd, &word, sizeof word);
        if (n == (ssize_t)sizeof word)
            note(&roll, word);
        else if (n >= 0 || errno != EINTR)
            break;
    }
    processes_kill_all(roll.groups, roll.count, mark);
    remove_folders(folder, prefix);
    _exit(0);
}

int guard_start(struct guard *g, const char *folder, const char *prefix, struct err *e) {
    int ends[2];
    unsigned char random[16];
    *g = (struct guard){.fd = -1};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return err_set(e, "cannot get random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(g->mark + 2 * i, 3, "%02x", random[i]);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, "cannot create a pipe: %s", strerror(errno));
    g->pid = fork();
    if (g->pid == 0) {
        close(ends[1]);
        guard_main(ends[0], g->mark, folder, prefix);
    }
    int reason = errno;
    close(ends[0]);
    if (g->pid < 0) {
        close(ends[1]);
        return err_set(e, "cannot start the process that guards the instances: %s",
                       strerror(reason));
    }
    g->fd = ends[1];
    return 0;
}

static void tell(struct guard *g, pid_t word) {
    /* Four bytes go into a pipe whole. A guard that somebody killed makes this fail, and then the
     * mark is all there is. */
    ssize_t ignored = write(g->fd, &word, sizeof word);
    (void)ignored;
}

void guard_watch(struct guard *g, pid_t group) {
    tell(g, group);
}

void guard_forget(struct guard *g, pid_t group) {
    tell(g, -group);
}

void guard_stop(struct guard *g) {
    if (g->fd < 0)
        return;
    close(g->fd);
    g->fd = -1;
    while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}
