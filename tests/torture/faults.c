/*
 * faults: a library for LD_PRELOAD. It makes the n-th allocation fail, or the n-th call that
 * changes the files of a run, and it can write down each such call.
 *
 * It acts between the start of main() and its end, in this process only: children run unharmed. It
 * does not reach what a library gets from the kernel directly, as with mmap(). Settings come from
 * the environment:
 *
 *   FAULTS_ALLOCATION=N  the N-th allocation fails; 0 only counts
 *   FAULTS_FILE=NAME     watch the files whose name begins with this: a run file with its log
 *   FAULTS_CALL=N        the N-th call that opens or changes these files fails; 0 only counts
 *   FAULTS_ERRNO=E       with this error; 0: a write of half of the bytes, which is no error
 *   FAULTS_ROOM=BYTES    these files can have so many bytes in all, as on a full disk
 *   FAULTS_FOREVER=1     all that follow fail, too
 *   FAULTS_COUNTS=FILE   `struct counts` below, kept up to date
 *   FAULTS_STACKS=FILE   a number for the stack of each allocation, 8 bytes each
 *   FAULTS_TRACE=FILE    the stack of what failed, for people
 *   FAULTS_JOURNAL=FILE  each change: `struct change`, then the bytes that were written
 *   FAULTS_CLOCK=FILE    8 bytes, which may change: nanoseconds that the clock of the day is ahead,
 *                        in stamps of the kernel, too
 *
 * Thread: any.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILES_MAX 16
#define DESCRIPTORS_MAX 4096
#define STACKS_MAX ((size_t)1 << 20)
#define DEPTH 24

/* All in the byte order of the machine; tests/torture/faults.py reads them. */
struct counts {
    _Atomic uint64_t allocations, calls, failed;
    _Atomic int64_t failed_ns; /* when the first one failed, on the clock of the day */
};

enum change_kind { CHANGE_OPEN, CHANGE_WRITE, CHANGE_TRUNCATE, CHANGE_SYNC, CHANGE_REMOVE };

struct change {
    uint32_t kind, file; /* a number for each name, from 0: "", "-wal", ... in order of opening */
    uint64_t offset, bytes;
    int64_t at_ns;
};

typedef int main_fn(int argc, char **argv, char **envp);

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*open)(const char *, int, ...);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    int (*ftruncate)(int, off_t);
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*unlink)(const char *);
    int (*close)(int);
    int (*clock_gettime)(clockid_t, struct timespec *);
    ssize_t (*recvmsg)(int, struct msghdr *, int);
} real;

static atomic_bool armed;
static main_fn *real_main;
static struct counts own_counts, *counts = &own_counts;
static uint64_t *stacks;
static _Atomic int64_t no_shift, *clock_shift = &no_shift;
static uint64_t fail_allocation, fail_call;
static bool forever;
static int fail_errno;
static int64_t room = -1;
static const char *watched_name;
static size_t watched_length;
static int trace_fd = -1, journal_fd = -1;
static _Thread_local bool inside; /* of this library: what it needs itself never fails */

/* What follows is protected by `lock`. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char name[256];
    int64_t size;
} files[FILES_MAX];
static int file_count;
static unsigned char file_of[DESCRIPTORS_MAX]; /* by descriptor: number of its file, plus one */

/* dlsym() may allocate before there is an allocator. */
static _Alignas(max_align_t) char early[65536];
static size_t early_used;

static void *early_alloc(size_t n) {
    size_t at = early_used;
    early_used += (n + 15) / 16 * 16;
    return early_used <= sizeof early ? early + at : NULL;
}

static bool is_early(const void *p) {
    return (const char *)p >= early && (const char *)p < early + sizeof early;
}

static void find(void *to, const char *name) {
    *(void **)to = dlsym(RTLD_NEXT, name);
}

static void find_all(void) {
    static bool started;
    if (started)
        return;
    started = true;
    find(&real.calloc, "calloc");
    find(&real.realloc, "realloc");
    find(&real.free, "free");
    find(&real.posix_memalign, "posix_memalign");
    find(&real.aligned_alloc, "aligned_alloc");
    find(&real.open, "open64");
    find(&real.write, "write");
    find(&real.pwrite, "pwrite64");
    find(&real.ftruncate, "ftruncate64");
    find(&real.fsync, "fsync");
    find(&real.fdatasync, "fdatasync");
    find(&real.unlink, "unlink");
    find(&real.close, "close");
    find(&real.clock_gettime, "clock_gettime");
    find(&real.recvmsg, "recvmsg");
    find(&real.malloc, "malloc");
}

/* ---- what fails ---- */

static int64_t now_ns(void) {
    struct timespec t;
    real.clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void note_failure(void) {
    void *stack[64];
    if (atomic_fetch_add(&counts->failed, 1) > 0)
        return;
    atomic_store(&counts->failed_ns, now_ns());
    if (trace_fd >= 0)
        backtrace_symbols_fd(stack, backtrace(stack, 64), trace_fd);
}

static void note_stack(uint64_t n) {
    void *frames[DEPTH];
    uint64_t sum = 14695981039346656037u;
    if (n > STACKS_MAX)
        return;
    int depth = backtrace(frames, DEPTH);
    for (int i = 0; i < depth; i++)
        sum = (sum ^ (uintptr_t)frames[i]) * 1099511628211u;
    stacks[n - 1] = sum;
}

/* Counts an allocation; true if it is to fail. */
static bool allocation_fails(void) {
    if (!atomic_load_explicit(&armed, memory_order_relaxed) || inside)
        return false;
    uint64_t n = atomic_fetch_add(&counts->allocations, 1) + 1;
    bool fails = fail_allocation > 0 && (n == fail_allocation || (forever && n > fail_allocation));
    if (!fails && stacks == NULL)
        return false;
    inside = true;
    if (stacks != NULL)
        note_stack(n);
    if (fails)
        note_failure();
    inside = false;
    return fails;
}

/* Counts a call; true if it is to fail. Under `lock`. */
static bool call_fails(void) {
    uint64_t n = atomic_fetch_add(&counts->calls, 1) + 1;
    if (fail_call == 0 || !(n == fail_call || (forever && n > fail_call)))
        return false;
    inside = true;
    note_failure();
    inside = false;
    return true;
}

/* ---- allocations ---- */

void *malloc(size_t n) {
    find_all();
    if (real.malloc == NULL)
        return early_alloc(n);
    if (allocation_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return real.malloc(n);
}

void *calloc(size_t n, size_t each) {
    find_all();
    if (real.malloc == NULL)
        return early_alloc(n * each); /* zero, because it is used once */
    if (allocation_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return real.calloc(n, each);
}

void *realloc(void *p, size_t n) {
    find_all();
    if (is_early(p)) {
        void *moved = malloc(n);
        if (moved != NULL)
            memcpy(moved, p,
                   n < (size_t)(early + sizeof early - (char *)p)
                       ? n
                       : (size_t)(early + sizeof early - (char *)p));
        return moved;
    }
    if (n > 0 && allocation_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return real.realloc(p, n);
}

void *reallocarray(void *p, size_t n, size_t each) {
    if (each != 0 && n > SIZE_MAX / each) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, n * each);
}

int posix_memalign(void **out, size_t alignment, size_t n) {
    find_all();
    return allocation_fails() ? ENOMEM : real.posix_memalign(out, alignment, n);
}

void *aligned_alloc(size_t alignment, size_t n) {
    find_all();
    if (allocation_fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return real.aligned_alloc(alignment, n);
}

void free(void *p) {
    if (p != NULL && !is_early(p) && real.free != NULL)
        real.free(p);
}

/* Those of the C library would call its own malloc() past us, under a sanitiser. */
char *strdup(const char *text) {
    size_t n = strlen(text) + 1;
    char *copy = malloc(n);
    return copy == NULL ? NULL : memcpy(copy, text, n);
}

char *strndup(const char *text, size_t max) {
    size_t n = strnlen(text, max);
    char *copy = malloc(n + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, n);
    copy[n] = '\0';
    return copy;
}

/* ---- files ---- */

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool is_watched(const char *path) {
    return atomic_load_explicit(&armed, memory_order_relaxed) && watched_name != NULL &&
           strncmp(base_of(path), watched_name, watched_length) == 0;
}

/* Number of a watched file, or -1 if there are too many. Under `lock`. */
static int file_number(const char *path) {
    const char *name = base_of(path);
    for (int i = 0; i < file_count; i++)
        if (strcmp(files[i].name, name) == 0)
            return i;
    if (file_count == FILES_MAX || strlen(name) >= sizeof files[0].name)
        return -1;
    memcpy(files[file_count].name, name, strlen(name) + 1);
    return file_count++;
}

/* The file of a descriptor, or -1 if it is not watched. Under `lock`. */
static int file_at(int fd) {
    return fd >= 0 && fd < DESCRIPTORS_MAX ? (int)file_of[fd] - 1 : -1;
}

static void put(const void *bytes, size_t n) {
    while (n > 0) {
        ssize_t put = syscall(SYS_write, journal_fd, bytes, n);
        if (put <= 0)
            return;
        bytes = (const char *)bytes + put;
        n -= (size_t)put;
    }
}

static void note_change(enum change_kind kind, int file, int64_t offset, int64_t bytes,
                        const void *data) {
    if (journal_fd < 0 || file < 0)
        return;
    struct change c = {.kind = (uint32_t)kind,
                       .file = (uint32_t)file,
                       .offset = (uint64_t)offset,
                       .bytes = (uint64_t)bytes,
                       .at_ns = now_ns()};
    put(&c, sizeof c);
    if (data != NULL)
        put(data, (size_t)bytes);
}

/* How many of n bytes at an offset the disk has room for. Under `lock`. */
static size_t room_for(int file, int64_t offset, size_t n) {
    int64_t used = 0;
    if (room < 0)
        return n;
    for (int i = 0; i < file_count; i++)
        used += files[i].size;
    int64_t most = files[file].size + (room > used ? room - used : 0);
    if (offset >= most)
        return 0;
    return (int64_t)n < most - offset ? n : (size_t)(most - offset);
}

static int open_watched(const char *path, int flags, mode_t mode) {
    struct stat st;
    int fd;
    pthread_mutex_lock(&lock);
    if (call_fails()) {
        pthread_mutex_unlock(&lock);
        errno = fail_errno == 0 ? EIO : fail_errno;
        return -1;
    }
    fd = real.open(path, flags, mode);
    if (fd >= 0 && fd < DESCRIPTORS_MAX && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        int file = file_number(path);
        file_of[fd] = (unsigned char)(file + 1);
        if (file >= 0) {
            files[file].size = st.st_size;
            note_change(CHANGE_OPEN, file, 0, (int64_t)strlen(base_of(path)), base_of(path));
        }
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static int open_any(const char *path, int flags, mode_t mode) {
    find_all();
    return is_watched(path) ? open_watched(path, flags, mode) : real.open(path, flags, mode);
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_any(path, flags, mode);
}

/* -2: the file is not watched. */
static ssize_t write_watched(int fd, const void *data, size_t n, off_t offset) {
    ssize_t done;
    pthread_mutex_lock(&lock);
    int file = file_at(fd);
    if (file < 0) {
        pthread_mutex_unlock(&lock);
        return -2;
    }
    size_t fits = room_for(file, offset, n);
    if (call_fails() && fail_errno != 0) {
        errno = fail_errno;
        done = -1;
    } else if (fits == 0 && n > 0) {
        note_failure();
        errno = ENOSPC;
        done = -1;
    } else {
        bool is_short =
            fail_call > 0 && fail_errno == 0 && n > 1 && atomic_load(&counts->calls) == fail_call;
        done = real.pwrite(fd, data, is_short ? n / 2 : fits, offset);
    }
    if (done > 0) {
        if (offset + done > files[file].size)
            files[file].size = offset + done;
        note_change(CHANGE_WRITE, file, offset, done, data);
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t offset) {
    find_all();
    ssize_t done = atomic_load(&armed) && !inside ? write_watched(fd, data, n, offset) : -2;
    return done == -2 ? real.pwrite(fd, data, n, offset) : done;
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t offset) {
    return pwrite(fd, data, n, offset);
}

ssize_t write(int fd, const void *data, size_t n) {
    find_all();
    if (!atomic_load(&armed) || inside || fd < 0 || fd >= DESCRIPTORS_MAX || file_of[fd] == 0)
        return real.write(fd, data, n);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = write_watched(fd, data, n, at);
    if (done > 0)
        lseek(fd, at + done, SEEK_SET);
    return done == -2 ? real.write(fd, data, n) : done;
}

int ftruncate(int fd, off_t size) {
    find_all();
    pthread_mutex_lock(&lock);
    int file = atomic_load(&armed) ? file_at(fd) : -1, rc;
    if (file >= 0 && call_fails()) {
        errno = fail_errno == 0 ? EIO : fail_errno;
        rc = -1;
    } else if (file >= 0 && size > files[file].size &&
               room_for(file, files[file].size, (size_t)(size - files[file].size)) <
                   (size_t)(size - files[file].size)) {
        note_failure();
        errno = ENOSPC;
        rc = -1;
    } else {
        rc = real.ftruncate(fd, size);
        if (rc == 0 && file >= 0) {
            files[file].size = size;
            note_change(CHANGE_TRUNCATE, file, size, 0, NULL);
        }
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int ftruncate64(int fd, off64_t size) {
    return ftruncate(fd, size);
}

static int sync_by(int (*sync)(int), int fd) {
    pthread_mutex_lock(&lock);
    int file = atomic_load(&armed) ? file_at(fd) : -1, rc;
    if (file >= 0 && call_fails()) {
        errno = fail_errno == 0 ? EIO : fail_errno;
        rc = -1;
    } else {
        rc = sync(fd);
        if (rc == 0)
            note_change(CHANGE_SYNC, file, 0, 0, NULL);
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int fsync(int fd) {
    find_all();
    return sync_by(real.fsync, fd);
}

int fdatasync(int fd) {
    find_all();
    return sync_by(real.fdatasync, fd);
}

int unlink(const char *path) {
    find_all();
    if (!is_watched(path))
        return real.unlink(path);
    pthread_mutex_lock(&lock);
    int rc = -1;
    if (call_fails()) {
        errno = fail_errno == 0 ? EIO : fail_errno;
    } else {
        rc = real.unlink(path);
        int file = file_number(path);
        if (rc == 0 && file >= 0) {
            files[file].size = 0;
            note_change(CHANGE_REMOVE, file, 0, 0, NULL);
        }
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

int close(int fd) {
    find_all();
    if (fd >= 0 && fd < DESCRIPTORS_MAX && file_of[fd] != 0) {
        pthread_mutex_lock(&lock);
        file_of[fd] = 0;
        pthread_mutex_unlock(&lock);
    }
    return real.close(fd);
}

/* ---- the clock of the day ---- */

static void shift(struct timespec *t) {
    int64_t ns = (int64_t)t->tv_sec * 1000000000 + t->tv_nsec + atomic_load(clock_shift);
    t->tv_sec = ns / 1000000000;
    t->tv_nsec = ns % 1000000000;
}

int clock_gettime(clockid_t id, struct timespec *t) {
    find_all();
    int rc = real.clock_gettime(id, t);
    if (rc == 0 && id == CLOCK_REALTIME)
        shift(t);
    return rc;
}

time_t time(time_t *out) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out != NULL)
        *out = t.tv_sec;
    return t.tv_sec;
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags) {
    find_all();
    ssize_t got = real.recvmsg(fd, m, flags);
    if (got <= 0)
        return got;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        struct timespec t;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        shift(&t);
        memcpy(CMSG_DATA(c), &t, sizeof t);
    }
    return got;
}

/* ---- the start ---- */

static uint64_t number(const char *name) {
    const char *text = getenv(name);
    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

static int file_for(const char *name, int flags) {
    const char *path = getenv(name);
    return path == NULL ? -1 : real.open(path, flags | O_CREAT | O_CLOEXEC, 0666);
}

/* The bytes of a file as memory: they are there whatever ends the process. */
static void *map(const char *name, size_t bytes, int flags) {
    int fd = file_for(name, O_RDWR | flags);
    if (fd < 0 || real.ftruncate(fd, (off_t)bytes) != 0)
        return NULL;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    real.close(fd);
    return p == MAP_FAILED ? NULL : p;
}

static void set_up(void) {
    static const char *const settings[] = {"LD_PRELOAD",     "FAULTS_ALLOCATION", "FAULTS_FILE",
                                           "FAULTS_CALL",    "FAULTS_ERRNO",      "FAULTS_ROOM",
                                           "FAULTS_FOREVER", "FAULTS_COUNTS",     "FAULTS_TRACE",
                                           "FAULTS_JOURNAL", "FAULTS_STACKS",     "FAULTS_CLOCK"};
    void *frame[1];
    fail_allocation = number("FAULTS_ALLOCATION");
    fail_call = number("FAULTS_CALL");
    fail_errno = (int)number("FAULTS_ERRNO");
    forever = number("FAULTS_FOREVER") != 0;
    if (getenv("FAULTS_ROOM") != NULL)
        room = (int64_t)number("FAULTS_ROOM");
    if (getenv("FAULTS_FILE") != NULL) {
        watched_name = strdup(getenv("FAULTS_FILE"));
        watched_length = watched_name == NULL ? 0 : strlen(watched_name);
    }
    trace_fd = file_for("FAULTS_TRACE", O_WRONLY | O_TRUNC);
    journal_fd = file_for("FAULTS_JOURNAL", O_WRONLY | O_TRUNC);
    struct counts *shared = map("FAULTS_COUNTS", sizeof *shared, O_TRUNC);
    if (shared != NULL)
        counts = shared;
    stacks = map("FAULTS_STACKS", STACKS_MAX * sizeof *stacks, O_TRUNC);
    _Atomic int64_t *shared_shift = map("FAULTS_CLOCK", sizeof *shared_shift, 0);
    if (shared_shift != NULL)
        clock_shift = shared_shift;
    backtrace(frame, 1); /* loads what it needs, which allocates */
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        unsetenv(settings[i]);
}

static int main_with_faults(int argc, char **argv, char **envp) {
    (void)envp;
    set_up();
    atomic_store(&armed, true);
    int code = real_main(argc, argv, environ);
    atomic_store(&armed, false);
    return code;
}

int __libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end);

/* Called in place of the C library's own, it calls that with a main() of ours. */
int __libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end) {
    int (*start)(main_fn *, int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
    find_all();
    find(&start, "__libc_start_main");
    real_main = main;
    return start(main_with_faults, argc, argv, init, fini, rtld_fini, stack_end);
}
