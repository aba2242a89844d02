/*
 * cold_marks: a listener that marks cold starts while a run goes on, for whoever follows it: the
 * page, --json-progress, the whole of a load that has several parts.
 *
 * Nobody tells a client of a cold start. So each mark is a guess, by the rule of the report over
 * the requests so far (report/guess_live.h), and says so. It is an event of the status, but no row
 * of the run file: the report estimates from all rows, or knows from the server's log. If all rows
 * of the run no longer convince, a last mark withdraws the guesses.
 *
 * Thread: as every listener.
 */
#ifndef CLI_COLD_MARKS_H
#define CLI_COLD_MARKS_H

#include "control/control.h"

extern const struct control_listener cold_marks_listener;

#endif
