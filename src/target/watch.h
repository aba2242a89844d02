/*
 * watch: holds connections that get no answer and notices when their clients leave.
 *
 * libmicrohttpd does not look at a suspended connection, so without this each client that
 * disconnects would cost a descriptor until the end. It reads and closes nothing.
 *
 * Ownership: an entry belongs to the caller and must stay where it is until `gone`; it is not
 * touched after that call. Thread: watch_add from any thread; `gone` is called from the watch's
 * thread, or from within watch_add and watch_stop.
 */
#ifndef TARGET_WATCH_H
#define TARGET_WATCH_H

#include "util/err.h"

struct watch;

struct watch_entry {
    int fd; /* set by the caller: the socket */
    struct watch_entry *previous, *next;
};

typedef void watch_gone_fn(struct watch_entry *entry);

int watch_new(watch_gone_fn *gone, struct watch **out, struct err *e);

/* Ends the thread and gives back every entry; those that are added later come back at once. */
void watch_stop(struct watch *w);
void watch_free(struct watch *w); /* after watch_stop */

void watch_add(struct watch *w, struct watch_entry *entry);

#endif
