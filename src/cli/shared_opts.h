/*
 * shared_opts: the options of `run` that each step of `capacity` gets: what is sent, from where,
 * and how. Each is a row for the tables of both commands.
 *
 * Thread: constants.
 */
#ifndef CLI_SHARED_OPTS_H
#define CLI_SHARED_OPTS_H

#include "cli/command.h"
#include "engine/engine.h"

#define SHARED_OPT_HOST                                                                            \
    {                                                                                              \
        .name = "host", .letter = 'H', .type = OPT_TEXT, .meta = "URL", .env = "COLDSWARM_HOST",   \
        .help = "target URL; overrides the scenario"                                               \
    }

#define SHARED_OPT_TAGS                                                                            \
    {                                                                                              \
        .name = "tags", .letter = 'T', .type = OPT_TEXT, .meta = "TAGS", .repeat = true,           \
        .env = "COLDSWARM_TAGS",                                                                   \
        .help = "run only tasks and steps with any of these tags; separate tags with commas"       \
    }

#define SHARED_OPT_EXCLUDE_TAGS                                                                    \
    {                                                                                              \
        .name = "exclude-tags", .letter = 'E', .type = OPT_TEXT, .meta = "TAGS", .repeat = true,   \
        .env = "COLDSWARM_EXCLUDE_TAGS",                                                           \
        .help = "skip tasks and steps with any of these tags; takes precedence over --tags"        \
    }

#define SHARED_OPT_TRANSPORT                                                                       \
    {                                                                                              \
        .name = "transport", .type = OPT_CHOICE, .meta = "KIND", .choices = "auto|curl|direct",    \
        .env = "COLDSWARM_TRANSPORT", .def = "auto",                                               \
        .help = "HTTP client: direct is faster, curl supports everything; auto uses direct "       \
                "if it supports the scenario"                                                      \
    }

#define SHARED_OPT_SOURCE                                                                          \
    {                                                                                              \
        .name = "source", .type = OPT_TEXT, .meta = "ADDRESSES", .repeat = true,                   \
        .env = "COLDSWARM_SOURCE",                                                                 \
        .help = "local addresses to connect from; users take them in turn, and each adds "         \
                "its own range of ports; separate addresses with commas; overrides the "           \
                "scenario"                                                                         \
    }

#define SHARED_OPT_RECEIVE_CLOCK                                                                   \
    {                                                                                              \
        .name = "receive-clock", .type = OPT_CHOICE, .meta = "WHOSE", .choices = "kernel|client",  \
        .def = "kernel",                                                                           \
        .help = "clock for the end of a response: the kernel's receive timestamp, which "          \
                "excludes the delay of a busy client, or the time when the client read it "        \
                "(curl always does this)"                                                          \
    }

#define SHARED_OPT_NO_TRACE                                                                        \
    {                                                                                              \
        .name = "no-trace", .type = OPT_FLAG,                                                      \
        .help = "do not send the traceparent header; server logs cannot be joined to the "         \
                "requests then"                                                                    \
    }

#define SHARED_OPT_THREADS                                                                         \
    {                                                                                              \
        .name = "threads", .type = OPT_INTEGER, .meta = "N", .def = "1", .min = 1,                 \
        .max = ENGINE_THREADS_MAX, .env = "COLDSWARM_THREADS",                                     \
        .help = "number of threads; they share the users"                                          \
    }

#define SHARED_OPT_STOP_TIMEOUT                                                                    \
    {                                                                                              \
        .name = "stop-timeout", .letter = 's', .type = OPT_DURATION, .meta = "TIME", .def = "30s", \
        .env = "COLDSWARM_STOP_TIMEOUT",                                                           \
        .help = "time for requests in flight to finish at the end before they are cancelled"       \
    }

#endif
