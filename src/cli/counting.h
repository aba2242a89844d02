/*
 * counting: counts the requests of a run for its tables while it runs, so that they need not be
 * read back from the file at the end.
 *
 * The result covers all requests that it got. The model checks whether these are the rows of the
 * file (report/counted.h), and reads the file if they are not. A run that ends with figures reads
 * its rows anyway, and does not count.
 *
 * Thread: as control/control.h says.
 */
#ifndef CLI_COUNTING_H
#define CLI_COUNTING_H

#include "control/control.h"

/* Puts the result into run_end.counted. */
extern const struct control_listener counting_listener;

#endif
