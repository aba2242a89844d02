/*
 * watch: holds connections that get no response, and detects when their clients leave.
 *
 * libmicrohttpd does not check a suspended connection, so without this each client that disconnects
 * would occupy a descriptor until the end. It reads and closes nothing.
 * Ownership: an entry belongs to the caller and must not move until `gone`; it is not touched after
 * that call. Thread: watch_add from any thread; `gone` is called from the watch's thread, or from
 * within watch_add and watch_stop.
 */
#ifndef TARGET_WATCH_H
#define TARGET_WATCH_H

#include "util/err.h"

struct watch;

struct watch_entry {
    int fd; /* the socket; set by the caller */
    struct watch_entry *previous, *next;
};

typedef void watch_gone_fn(struct watch_entry *entry);

int watch_new(watch_gone_fn *gone, struct watch **out, struct err *e);

/* Ends the thread and returns every entry. Entries added later are returned at once. */
void watch_stop(struct watch *w);
void watch_free(struct watch *w); /* after watch_stop */

void watch_add(struct watch *w, struct watch_entry *entry);

#endif
