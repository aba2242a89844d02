/*
 * scraping: reads the target's own metrics during a run ("scrape" in the scenario), as a listener.
 *
 * A thread of its own asks the Prometheus endpoint once a second and once after the load, and hands
 * what it says to the run file. It never waits for the load, nor the load for it. A failure is an
 * event; it does not fail the run.
 *
 * Thread: main, like every listener.
 */
#ifndef CLI_SCRAPING_H
#define CLI_SCRAPING_H

#include "control/control.h"

extern const struct control_listener scraping_listener;

#endif
