/*
 * shell_windows: command lines for Windows' cmd and PowerShell, rewritten for a POSIX shell.
 *
 * It handles what is needed to pass arguments to curl.exe: cmd's "^" and %NAME%, and the way in
 * which programs for Windows split their command line (Microsoft, "Parsing C command-line
 * arguments"); PowerShell's backtick, quotes, here-strings, $NAME and $env:NAME. It runs nothing
 * and handles no other commands of these shells. Internal to convert/. Thread: any.
 */
#ifndef CONVERT_SHELL_WINDOWS_H
#define CONVERT_SHELL_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

/* Returns false, and appends nothing, if the text is not for cmd or PowerShell. Line numbers
 * stay. */
bool shell_from_windows(const char *text, size_t n, struct buf *out);

#endif
