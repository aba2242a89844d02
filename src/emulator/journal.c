#include "emulator/journal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"

#define ENTRY_MAX_BYTES ((size_t)1 << 20)
#define FILE_BUFFER_BYTES ((size_t)64 << 10)

int journal_open(struct journal *j, const char *path, struct err *e) {
    *j = (struct journal){0};
    buf_init(&j->entry, ENTRY_MAX_BYTES);
    rng_seed(&j->rng, (uint64_t)clock_real_ns(), (uint64_t)getpid());
    if (path == NULL)
        return 0;
    j->file = fopen(path, "we");
    if (j->file == NULL)
        return err_set(e, "cannot write the log %.500s: %s", path, strerror(errno));
    setvbuf(j->file, NULL, _IOFBF, FILE_BUFFER_BYTES); /* on failure the usual one stays */
    return 0;
}

struct buf *journal_entry(struct journal *j) {
    buf_clear(&j->entry);
    return j->file != NULL && j->failed == 0 ? &j->entry : NULL;
}

void journal_add(struct journal *j) {
    buf_char(&j->entry, '\n');
    if (buf_ok(&j->entry) && fwrite(j->entry.data, 1, j->entry.len, j->file) != j->entry.len)
        j->failed = errno;
}

uint32_t journal_nonce(struct journal *j) {
    return (uint32_t)rng_next(&j->rng);
}

void journal_flush(struct journal *j) {
    if (j->file != NULL && fflush(j->file) != 0 && j->failed == 0)
        j->failed = errno;
}

int journal_close(struct journal *j, struct err *e) {
    journal_flush(j);
    if (j->file != NULL && fclose(j->file) != 0 && j->failed == 0)
        j->failed = errno;
    j->file = NULL;
    buf_done(&j->entry);
    return j->failed == 0 ? 0 : err_set(e, "the log is not complete: %s", strerror(j->failed));
}
