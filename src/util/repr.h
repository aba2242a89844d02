/*
 * repr: a double in as few digits as give the same double back, laid out as Python's repr() lays it
 * out.
 *
 * "0.1", "100.0", "1e-05", "1.5e+16"; "nan", "inf" and "-inf" for the rest. For files that Python
 * programs write and others compare byte for byte. Thread: any.
 */
#ifndef UTIL_REPR_H
#define UTIL_REPR_H

#define REPR_BYTES 48

void repr_text(double value, char out[REPR_BYTES]);

#endif
