/*
 * errors: numbers for error texts. Equal texts get the same number.
 *
 * Texts are first made valid UTF-8 and cut at ERRORS_TEXT_MAX bytes. Numbers start at 1. All texts
 * that come when the table is full, or memory runs out, share ERRORS_OTHER. Nothing is ever
 * removed. Internal to this folder. Thread: any, it holds a lock.
 */
#ifndef RECORD_ERRORS_H
#define RECORD_ERRORS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define ERRORS_TEXT_MAX 512
#define ERRORS_OTHER UINT16_MAX

struct errors {
    pthread_mutex_t lock; /* protects all members below */
    char **texts;         /* texts[number - 1] */
    size_t count, cap;
    uint16_t *slots; /* open addressing: numbers; 0: free */
    size_t slot_count;
};

void errors_init(struct errors *x);
void errors_done(struct errors *x);

/* Returns 0 for "". */
uint16_t errors_number(struct errors *x, const char *text);

/* The text of a number from errors_number(). It lives until errors_done(). NULL if errors_number()
 * never returned this number. */
const char *errors_text(struct errors *x, uint16_t number);

#endif
