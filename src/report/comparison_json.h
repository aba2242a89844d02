/*
 * comparison_json: the escaping that formats of comparisons share. Internal to this folder.
 *
 * Thread: any.
 */
#ifndef REPORT_COMPARISON_JSON_H
#define REPORT_COMPARISON_JSON_H

#include "util/buf.h"

/* In quotes, ASCII only; bytes that are not UTF-8 become U+FFFD. */
void comparison_json_string(struct buf *out, const char *text);

/* As text in Markdown, of one line, that is neither markup nor HTML. */
void comparison_markdown_text(struct buf *out, const char *text);

#endif
