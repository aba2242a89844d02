/*
 * repr: writes a double with the fewest digits that give the same double again, in the layout of
 * Python's repr().
 *
 * "0.1", "100.0", "1e-05", "1.5e+16", and "nan", "inf" and "-inf". For files that Python programs
 * also write and that are compared byte for byte. Thread: any.
 */
#ifndef UTIL_REPR_H
#define UTIL_REPR_H

#define REPR_BYTES 48

void repr_text(double value, char out[REPR_BYTES]);

#endif
