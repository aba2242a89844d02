/*
 * h2_walk: finds where the frames of an HTTP/2 connection end (RFC 9113 4.1), so that a read can
 * take in one frame of data and no more.
 *
 * It checks nothing. Ownership: embedded, zero at first. Thread: one at a time.
 */
#ifndef TRANSPORT_H2_WALK_H
#define TRANSPORT_H2_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H2_FRAME_HEAD_BYTES 9

struct h2_walk {
    unsigned char head[H2_FRAME_HEAD_BYTES];
    uint8_t head_bytes; /* of the current frame's head, so far */
    uint32_t left;      /* missing bytes of the current frame's payload */
    bool data;          /* it is a DATA frame that is not empty */
};

/* The bytes follow those before. Returns n, or with `stop` how many there are up to the end of the
 * first DATA frame that is not empty. */
size_t h2_walk(struct h2_walk *w, const char *bytes, size_t n, bool stop);

#endif
