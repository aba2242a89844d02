#include "target/watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct watch {
    watch_gone_fn *gone;
    int epoll_fd, stop_fd;
    pthread_t thread;
    bool runs;
    pthread_mutex_t lock; /* protects the list and `stopping` */
    struct watch_entry *entries;
    bool stopping;
};

static void list_remove(struct watch *w, struct watch_entry *entry) {
    if (entry->previous != NULL)
        entry->previous->next = entry->next;
    else
        w->entries = entry->next;
    if (entry->next != NULL)
        entry->next->previous = entry->previous;
}

/* One event at a time: entries come and go, and an event that waits in an array could outlive its
 * entry. */
static void *watch_main(void *arg) {
    struct watch *w = arg;
    for (;;) {
        struct epoll_event event;
        int n = epoll_wait(w->epoll_fd, &event, 1, -1);
        if (n < 0 && errno != EINTR)
            return NULL;
        if (n <= 0)
            continue;
        struct watch_entry *entry = event.data.ptr;
        if (entry == NULL)
            return NULL; /* stop_fd */
        pthread_mutex_lock(&w->lock);
        list_remove(w, entry);
        epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, entry->fd, NULL);
        pthread_mutex_unlock(&w->lock);
        w->gone(entry);
    }
}

int watch_new(watch_gone_fn *gone, struct watch **out, struct err *e) {
    struct watch *w = calloc(1, sizeof(*w));
    if (w == NULL)
        return err_memory(e, NULL);
    w->gone = gone;
    pthread_mutex_init(&w->lock, NULL);
    w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    w->stop_fd = eventfd(0, EFD_CLOEXEC);
    struct epoll_event stop = {.events = EPOLLIN, .data.ptr = NULL};
    if (w->epoll_fd < 0 || w->stop_fd < 0 ||
        epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->stop_fd, &stop) != 0) {
        err_set(e, "cannot watch connections: %s", strerror(errno));
        goto fail;
    }
    int failed = pthread_create(&w->thread, NULL, watch_main, w);
    if (failed != 0) {
        err_set(e, "cannot start a thread: %s", strerror(failed));
        goto fail;
    }
    w->runs = true;
    *out = w;
    return 0;
fail:
    watch_free(w);
    return -1;
}

void watch_stop(struct watch *w) {
    if (w == NULL || !w->runs)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_mutex_unlock(&w->lock);
    uint64_t one = 1;
    if (write(w->stop_fd, &one, sizeof one) != sizeof one)
        abort(); /* an eventfd at 0 takes a 1 */
    pthread_join(w->thread, NULL);
    w->runs = false;
    while (w->entries != NULL) {
        struct watch_entry *entry = w->entries;
        list_remove(w, entry);
        w->gone(entry);
    }
}

void watch_free(struct watch *w) {
    if (w == NULL)
        return;
    if (w->epoll_fd >= 0)
        close(w->epoll_fd);
    if (w->stop_fd >= 0)
        close(w->stop_fd);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

void watch_add(struct watch *w, struct watch_entry *entry) {
    /* The lock is held over epoll_ctl: the client may be gone already, and the thread must find the
     * entry in the list. */
    struct epoll_event event = {.events = EPOLLRDHUP, .data.ptr = entry};
    bool watched = false;
    pthread_mutex_lock(&w->lock);
    if (!w->stopping && epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, entry->fd, &event) == 0) {
        watched = true;
        entry->previous = NULL;
        entry->next = w->entries;
        if (w->entries != NULL)
            w->entries->previous = entry;
        w->entries = entry;
    }
    pthread_mutex_unlock(&w->lock);
    if (!watched)
        w->gone(entry);
}
