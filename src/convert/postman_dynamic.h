/*
 * postman_dynamic: Postman's dynamic variables ({{$guid}}, {{$randomCity}}), which are another
 * value each time.
 *
 * Values have the same kind and form as Postman's. Where Postman chooses from long lists of words,
 * a few of the kind stand for all. Internal to convert/. Thread: any.
 */
#ifndef CONVERT_POSTMAN_DYNAMIC_H
#define CONVERT_POSTMAN_DYNAMIC_H

#include "convert/draft.h"

/* Appends the value of this variable ("$guid") as references. Returns false, and appends nothing,
 * if Postman has no such variable. */
bool postman_dynamic(struct draft *d, const char *name, size_t n, struct buf *out);

#endif
