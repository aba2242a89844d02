#include "record/errors.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/text.h"

void errors_init(struct errors *x) {
    *x = (struct errors){.texts = NULL};
    pthread_mutex_init(&x->lock, NULL);
}

void errors_done(struct errors *x) {
    for (size_t i = 0; i < x->count; i++)
        free(x->texts[i]);
    free(x->texts);
    free(x->slots);
    pthread_mutex_destroy(&x->lock);
}

/* A clean copy of the text, cut between two characters; NULL where memory runs out. */
static char *clean(const char *text) {
    /* What comes after this many bytes cannot end up among the first ERRORS_TEXT_MAX. */
    size_t n = strnlen(text, ERRORS_TEXT_MAX + 4);
    struct buf b;
    buf_init(&b, 3 * (ERRORS_TEXT_MAX + 4));
    text_repair(&b, text, n);
    char *out = buf_take(&b);
    if (out != NULL)
        out[text_cut(out, strlen(out), ERRORS_TEXT_MAX)] = '\0';
    return out;
}

/* FNV-1a, 32 bits (Fowler, Noll, Vo). */
static uint32_t hash(const char *text) {
    uint32_t h = 2166136261u;
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

/* The slot that holds the text, or the free one where it belongs. */
static uint16_t *find(struct errors *x, const char *text) {
    size_t i = hash(text) & (x->slot_count - 1);
    while (x->slots[i] != 0 && strcmp(x->texts[x->slots[i] - 1], text) != 0)
        i = (i + 1) & (x->slot_count - 1);
    return &x->slots[i];
}

/* Makes room for one more text and keeps half of the slots free. */
static bool reserve(struct errors *x) {
    if (x->count < x->cap)
        return true;
    size_t cap = x->cap == 0 ? 16 : x->cap * 2;
    char **texts = realloc(x->texts, cap * sizeof *texts);
    if (texts == NULL)
        return false;
    x->texts = texts;
    uint16_t *slots = calloc(cap * 2, sizeof *slots);
    if (slots == NULL)
        return false;
    free(x->slots);
    x->slots = slots;
    x->slot_count = cap * 2;
    x->cap = cap;
    for (size_t i = 0; i < x->count; i++)
        *find(x, x->texts[i]) = (uint16_t)(i + 1);
    return true;
}

/* Takes `text` over. */
static uint16_t intern(struct errors *x, char *text) {
    uint16_t *slot = x->slot_count == 0 ? NULL : find(x, text);
    if (slot != NULL && *slot != 0) {
        free(text);
        return *slot;
    }
    if (x->count == ERRORS_OTHER - 1 || !reserve(x)) {
        free(text);
        return ERRORS_OTHER;
    }
    x->texts[x->count++] = text;
    *find(x, text) = (uint16_t)x->count;
    return (uint16_t)x->count;
}

uint16_t errors_number(struct errors *x, const char *text) {
    if (text == NULL || text[0] == '\0')
        return 0;
    char *copy = clean(text);
    if (copy == NULL)
        return ERRORS_OTHER;
    pthread_mutex_lock(&x->lock);
    uint16_t number = intern(x, copy);
    pthread_mutex_unlock(&x->lock);
    return number;
}

const char *errors_text(struct errors *x, uint16_t number) {
    if (number == ERRORS_OTHER)
        return "(other errors)";
    pthread_mutex_lock(&x->lock);
    const char *text = number > 0 && number <= x->count ? x->texts[number - 1] : NULL;
    pthread_mutex_unlock(&x->lock);
    return text;
}
