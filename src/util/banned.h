/*
 * banned: makes error-prone calls a compile error that names a replacement.
 *
 * The Makefile includes it before every file. Most declarations below repeat those of the system
 * with an attribute that warns on use; warnings are errors here. Thread: none.
 */
#ifndef UTIL_BANNED_H
#define UTIL_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef __clang_analyzer__ /* clang-tidy would call the declarations redundant */

#define BANNED(instead) __attribute__((deprecated("banned: use " instead)))

struct cJSON;

BANNED("memcpy or buf_str") char *strcpy(char *to, const char *from);
BANNED("buf_str") char *strcat(char *to, const char *from);
BANNED("memcpy or snprintf") char *strncpy(char *to, const char *from, size_t n);
BANNED("buf_add") char *strncat(char *to, const char *from, size_t n);
BANNED("snprintf or buf_printf") int sprintf(char *to, const char *format, ...);
BANNED("vsnprintf") int vsprintf(char *to, const char *format, va_list args);
BANNED("strspn or strtok_r") char *strtok(char *text, const char *delimiters);
BANNED("localtime_r") struct tm *localtime(const time_t *t);
BANNED("gmtime_r") struct tm *gmtime(const time_t *t);
BANNED("util/rng.h") int rand(void);
BANNED("util/rng.h") void srand(unsigned int seed);
BANNED("cJSON_GetObjectItemCaseSensitive")
struct cJSON *cJSON_GetObjectItem(const struct cJSON *const object, const char *const name);

#undef BANNED

#endif

/* These have inline bodies in the system headers, so their names are poisoned. Use strtol or
 * strtod with a check. */
#pragma GCC poison atoi atol atoll atof

#endif
