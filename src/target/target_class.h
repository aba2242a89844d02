/*
 * target_class: what the target "sees" in an image: a class and its score, by the number of the
 * request. Thread: any.
 */
#ifndef TARGET_TARGET_CLASS_H
#define TARGET_TARGET_CLASS_H

#include <stdint.h>

#define TARGET_CLASSES 16 /* request n gets number n modulo this */

/* Returns the class, a constant, and sets its score in thousandths. */
const char *target_class(uint64_t number, unsigned *thousandths);

#endif
