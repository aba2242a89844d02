/* The files of the parts come to rank 0, one after the other. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "hub_internal.h"
#include "util/clock.h"

#define KILL_NS (5 * NS_PER_S)
#define NONE UINT32_MAX

/* What only the agents know of a part, for its manifest. */
static void write_lines(const struct hub *h, const struct hub_part *p, struct buf *out) {
    char utc[CLOCK_UTC_BYTES];
    clock_utc(h->start_real_ns, utc);
    buf_printf(out, "start_at %s\n", utc);
    buf_printf(out,
               "clock_offset_us %" PRId64 "\nclock_offset_bound_us %" PRId64
               "\nclock_monotonic_offset_ns %" PRId64 "\nclock_monotonic_bound_ns %" PRId64 "\n",
               p->begin.real_ns / NS_PER_US, (p->begin.bound_ns + NS_PER_US - 1) / NS_PER_US,
               p->begin.mono_ns, p->begin.bound_ns);
    if (p->end.known)
        buf_printf(out, "clock_drift_ns %" PRId64 "\nclock_drift_bound_ns %" PRId64 "\n",
                   p->end.mono_ns - p->begin.mono_ns, p->end.bound_ns + p->begin.bound_ns);
}

static void ask(struct hub *h, struct hub_part *p) {
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_str(&text, "send\n");
    write_lines(h, p, &text);
    mail_send(h->mail, (int)(p - h->parts), text.data, text.len);
    buf_done(&text);
    p->piece_ns = clock_mono_ns();
}

/* ---- one part ---- */

static void leave(struct hub *h, struct hub_part *p, const char *why) {
    if (h->file != NULL) {
        fclose(h->file);
        h->file = NULL;
        unlink(p->file);
    }
    p->no_file = true;
    hub_note(h, "%s: %s; its file is not merged%s%s", hub_name(h, p), why,
             p->path[0] == '\0' ? "" : ", and stays on its host: ", p->path);
}

static void complete(struct hub *h, struct hub_part *p) {
    int failed = fclose(h->file);
    h->file = NULL;
    if (failed != 0)
        leave(h, p, strerror(errno));
    p->collected = failed == 0;
}

void hub_size(struct hub *h, struct hub_part *p, int64_t size) {
    if (h->phase != HUB_COLLECT || p->size >= 0)
        return;
    p->size = size;
    p->piece_ns = clock_mono_ns();
    snprintf(p->file, sizeof p->file, "%.4000s/part-%u.db", h->o.folder, (unsigned)(p - h->parts));
    h->file = fopen(p->file, "wbxe");
    if (h->file == NULL) {
        struct err e;
        err_set(&e, "cannot write %s: %s", p->file, strerror(errno));
        leave(h, p, e.text);
    } else if (size == 0)
        complete(h, p);
}

void hub_piece(struct hub *h, struct hub_part *p, const char *bytes, size_t n) {
    if (h->file == NULL || p->no_file || p->collected)
        return;
    p->piece_ns = clock_mono_ns();
    p->got += (int64_t)n;
    if (fwrite(bytes, 1, n, h->file) != n) {
        struct err e;
        err_set(&e, "cannot write %s: %s", p->file, strerror(errno));
        leave(h, p, e.text);
    } else if (p->got >= p->size)
        complete(h, p);
}

void hub_no_file(struct hub *h, struct hub_part *p) {
    if (h->phase == HUB_COLLECT && !p->no_file && !p->collected)
        leave(h, p, p->errors.len > 0 ? buf_text(&p->errors) : "it has no file");
}

/* ---- all ---- */

void hub_begin_collect(struct hub *h) {
    int64_t now_ns = clock_mono_ns();
    hub_clear(h);
    for (uint32_t i = 0; i < h->count; i++) {
        struct hub_part *p = &h->parts[i];
        bool heard = now_ns - p->heard_ns <= HUB_SILENT_NS;
        mail_text(h->mail, (int)i, "quiet 0");
        if (i > 0 && heard) {
            mail_text(h->mail, (int)i, "clock");
            offset_measure((int)i, &p->end);
        } else if (i == 0)
            p->end = (struct offset){.known = true};
        /* It was stopped, or is stuck: what it has written can still be read. */
        if (!p->exited)
            mail_text(h->mail, (int)i, "kill");
    }
    h->phase = HUB_COLLECT;
    h->phase_ns = clock_mono_ns();
    h->collecting = NONE;
}

static bool is_done(const struct hub_part *p) {
    return p->collected || p->no_file;
}

/* Whether this part is done with; asks for its file, or gives it up. */
static bool turn_part(struct hub *h, uint32_t i) {
    struct hub_part *p = &h->parts[i];
    int64_t now_ns = clock_mono_ns();
    if (is_done(p))
        return true;
    if (now_ns - p->heard_ns > HUB_LOST_NS)
        leave(h, p, "it is lost");
    else if (!p->exited) {
        if (now_ns - h->phase_ns > HUB_LOST_NS)
            leave(h, p, "its load process does not end");
    } else if (h->collecting != i) {
        h->collecting = i;
        ask(h, p);
    } else if (now_ns - p->piece_ns > HUB_LOST_NS)
        leave(h, p, "it does not send its file");
    return is_done(p);
}

void hub_drop_all(struct hub *h) {
    for (uint32_t i = 0; i < h->count; i++) {
        if (!h->parts[i].exited)
            mail_text(h->mail, (int)i, "kill");
        mail_text(h->mail, (int)i, "drop");
    }
    h->phase = HUB_OVER;
}

void hub_turn_collect(struct hub *h) {
    for (uint32_t i = 0; i < h->count; i++)
        if (!turn_part(h, i))
            return;
    for (uint32_t i = 0; i < h->count; i++)
        if (h->parts[i].collected)
            mail_text(h->mail, (int)i, "drop");
    h->phase = HUB_OVER;
}
