/*
 * locust_live: a listener that writes Locust's CSV files during a run. Each second it adds a row of
 * history and rewrites the tables.
 *
 * At the end they are the same as `report --csv` makes from the run file. If a file cannot be
 * written any more, the run continues without it, and its end fails with the reason.
 *
 * Thread: as control.h says; a mutex is held for a batch, or while some rows are rendered.
 */
#ifndef CLI_LOCUST_LIVE_H
#define CLI_LOCUST_LIVE_H

#include "control/control.h"

extern const struct control_listener locust_listener;

#endif
