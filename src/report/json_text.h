/*
 * json_text: a text as a JSON string in ASCII: nothing in it is obeyed by a terminal, and no "</script>" ends one.
 *
 * Bytes that are not UTF-8 come out as U+FFFD. Thread: any.
 */
#ifndef REPORT_JSON_TEXT_H
#define REPORT_JSON_TEXT_H

#include "util/buf.h"

void json_text(struct buf *out, const char *text);

/* 15 digits, or null where there is no number. */
void json_number(struct buf *out, double value);

#endif
