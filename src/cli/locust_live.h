/*
 * locust_live: Locust's CSV files of a run while it goes on; a listener. A row of history each
 * second, the tables rewritten with it.
 *
 * They end as `report --csv` makes them from the run file. Where a file cannot be written any more,
 * the run goes on without, and its end fails with the reason.
 *
 * Thread: as control.h says; a mutex is held for a batch, or for rendering some rows.
 */
#ifndef CLI_LOCUST_LIVE_H
#define CLI_LOCUST_LIVE_H

#include "control/control.h"

extern const struct control_listener locust_listener;

#endif
