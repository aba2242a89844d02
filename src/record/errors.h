/*
 * errors: numbers for error texts, the same text the same number.
 *
 * Texts are made valid UTF-8 and cut at ERRORS_TEXT_MAX bytes first. Numbers go from 1;
 * ERRORS_OTHER stands for all texts that came when the table was full. Nothing is ever taken out.
 * Internal to this folder. Thread: any, it holds a lock.
 */
#ifndef RECORD_ERRORS_H
#define RECORD_ERRORS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define ERRORS_TEXT_MAX 512
#define ERRORS_OTHER UINT16_MAX

struct errors {
    pthread_mutex_t lock; /* protects all below */
    char **texts;         /* texts[number - 1] */
    size_t count, cap;
    uint16_t *slots; /* open addressing: a number, 0 where free */
    size_t slot_count;
};

void errors_init(struct errors *x);
void errors_done(struct errors *x);

/* 0 for "". */
uint16_t errors_number(struct errors *x, const char *text);

/* The text of a number that errors_number() gave; it lives until errors_done(). NULL for a number
 * it never gave. */
const char *errors_text(struct errors *x, uint16_t number);

#endif
