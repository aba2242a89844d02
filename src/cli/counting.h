/*
 * counting: counts the requests of a run for its tables while it goes on, so that they need not be
 * read back from the file at the end.
 *
 * What it hands over is of all requests that were fed. Whether those are the rows of the file, the
 * model finds out (report/counted.h), which reads the file where they are not. A run that ends with
 * figures reads its rows anyway, and is not counted.
 *
 * Thread: as control/control.h says.
 */
#ifndef CLI_COUNTING_H
#define CLI_COUNTING_H

#include "control/control.h"

/* Puts what it has counted into run_end.counted. */
extern const struct control_listener counting_listener;

#endif
