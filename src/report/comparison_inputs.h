/*
 * comparison_inputs: the files that the runs of a comparison send from, by the hashes in their
 * manifests: bodies, rows of feeders, .proto files.
 *
 * A scenario only names them, so runs of one scenario may have sent different bytes. Runs whose
 * manifest has no hashes are left out. Ownership and thread: those of the comparison.
 */
#ifndef REPORT_COMPARISON_INPUTS_H
#define REPORT_COMPARISON_INPUTS_H

#include "record/reader.h"
#include "report/comparison.h"

/* Takes the hashes of the run file with this number. */
int comparison_inputs_read(struct comparison *c, size_t nth, struct reader *r, struct err *e);

/* Leaves those that differ between any two runs, by name. */
void comparison_inputs_keep(struct comparison *c);

void comparison_inputs_free(struct comparison *c);

/* The different hashes on a side; NULL is among them if a run of it does not use the file. Returns
 * how many. */
size_t comparison_input_hashes(const struct comparison *c, const struct comparison_input *x,
                               bool with, const char *out[COMPARE_RUNS_MAX]);

#endif
