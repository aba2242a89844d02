#include "report/export_rows.h"

#include <stdlib.h>

#include "report/export_hgrm.h"
#include "report/export_jtl.h"
#include "report/export_k6.h"
#include "report/outfile.h"

#define JTL_FILE "requests.jtl"

int export_rows_new(struct reader *r, const char *dir, struct export_rows **out, struct err *e) {
    struct export_rows *x = calloc(1, sizeof *x);
    if (x == NULL || (x->file = calloc(1, sizeof *x->file)) == NULL) {
        free(x);
        return err_memory(e, "a report");
    }
    if (outfile_directory(dir, e) != 0 || outfile_open(x->file, dir, JTL_FILE, e) != 0) {
        free(x->file);
        free(x);
        return -1;
    }
    if (hist_init(&x->response_us, EXPORT_HGRM_BITS, e) != 0 ||
        hist_init(&x->service_us, EXPORT_HGRM_BITS, e) != 0 ||
        jtl_new(x->file->stream, r, &x->jtl, e) != 0 || k6_new(r, &x->k6, e) != 0) {
        export_rows_free(x);
        return -1;
    }
    *out = x;
    return 0;
}

void export_rows_free(struct export_rows *x) {
    if (x == NULL)
        return;
    if (x->file != NULL) {
        outfile_finish(x->file, -1, NULL);
        free(x->file);
    }
    hist_done(&x->response_us);
    hist_done(&x->service_us);
    jtl_free(x->jtl);
    k6_free(x->k6);
    free(x);
}

int export_rows_add(void *context, const struct request *row, struct err *e) {
    struct export_rows *x = context;
    export_hgrm_count(&x->response_us, row->response_us, row);
    export_hgrm_count(&x->service_us, row->service_us, row);
    k6_add(x->k6, row);
    return jtl_add(x->jtl, row, e);
}

int export_rows_end(struct export_rows *x, struct err *e) {
    jtl_flush(x->jtl);
    int result = outfile_close(x->file, e);
    free(x->file);
    x->file = NULL;
    return result;
}
