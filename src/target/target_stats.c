#include "target/target_internal.h"

static struct counts_more more(struct target *t) {
    struct counts_more m = {0};
    if (t->jobs != NULL)
        m.cold_starts = job_queue_cold_starts(t->jobs);
    if (t->sender != NULL)
        token_sender_counts(t->sender, &m.streams, &m.tokens);
    uint64_t streams, tokens;
    grpc_server_counts(t->grpc, &streams, &tokens);
    m.streams += streams;
    m.tokens += tokens;
    return m;
}

void target_json(struct target *t, struct buf *out) {
    struct counts_more m = more(t);
    counts_json(&t->counts, &m, out);
}

void target_table(struct target *t, struct buf *out) {
    struct counts_more m = more(t);
    counts_table(&t->counts, &m, out);
}
