/*
 * scraping: a listener that reads the target's own metrics during a run ("scrape" in the scenario).
 *
 * Its own thread reads the Prometheus endpoint once a second and once after the load, and adds the
 * values to the run file. It and the load never wait for each other. A failure is an event; it does
 * not fail the run.
 *
 * Thread: main, like every listener.
 */
#ifndef CLI_SCRAPING_H
#define CLI_SCRAPING_H

#include "control/control.h"

extern const struct control_listener scraping_listener;

#endif
