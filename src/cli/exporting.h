/*
 * exporting: a listener that sends the state of a run to monitoring systems: --otlp and --influx.
 *
 * Each receiver has an exporter (export/exporter.h) with a thread of its own. The last state has
 * the verdict; the end of a run waits up to two seconds until the receivers have it. A receiver
 * that fails changes neither the load nor the exit code. What it did not get is an event of the run
 * file, and a warning at the end.
 *
 * Secrets come from the environment, in the variables that OpenTelemetry and InfluxDB define.
 *
 * Thread: main.
 */
#ifndef CLI_EXPORTING_H
#define CLI_EXPORTING_H

#include "cli/command.h"
#include "control/control.h"

/* What is wrong with --otlp, --influx and the options and variables that belong to them, before
 * there is a run. */
int exporting_check(const struct args *a, struct err *e);

extern const struct control_listener exporting_listener;

#endif
