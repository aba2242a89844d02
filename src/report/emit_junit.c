#include "report/emit.h"

void emit_junit(struct buf *out, const struct document *d) {
    findings_junit(out, d->suites_name, d->suites, d->suite_count);
}

void emit_github(struct buf *out, const struct document *d) {
    findings_github(out, d->suites, d->suite_count);
}
