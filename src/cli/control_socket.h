/*
 * control_socket: a run that an agent controls over a socket: --control FD. It may be a part of a
 * load, and the agent has the others (coldswarm-mpi, or any program).
 *
 * Lines of text go both ways; docs/internals/control-socket.md has all of them. The run says when
 * it is ready, starts when the agent says so, reports once a second, and stops when told to. The
 * end of the socket stops it too. The run never waits for the agent while it sends load: a report
 * that the agent does not read yet delays the next.
 *
 * A source of commands and a listener share one state. Thread: main, except for the counting.
 */
#ifndef CLI_CONTROL_SOCKET_H
#define CLI_CONTROL_SOCKET_H

#include "control/control.h"

extern const struct control_source control_socket_source;
extern const struct control_listener control_socket_listener;

#endif
