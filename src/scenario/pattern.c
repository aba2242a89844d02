#include "scenario/pattern.h"

#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* A match may take this many steps: some ten milliseconds at most, where a good pattern needs a few
 * per byte. */
#define MATCH_LIMIT 500000
#define DEPTH_LIMIT 5000
#define HEAP_LIMIT_KIB 16384
#define JIT_STACK_START 32768
#define JIT_STACK_MAX (1024 * 1024)

struct pattern {
    pcre2_code *code;
    char *text;
    uint32_t groups;
};

void pattern_work_done(struct pattern_work *w) {
    pcre2_match_data_free(w->data);
    pcre2_match_context_free(w->context);
    pcre2_jit_stack_free(w->stack);
    *w = (struct pattern_work){0};
}

int pattern_compile(const char *text, size_t n, struct pattern **out, struct err *e) {
    int code;
    PCRE2_SIZE at;
    PCRE2_UCHAR message[200];
    if (n > PATTERN_BYTES_MAX)
        return err_set(e, "the regular expression is longer than %d bytes", PATTERN_BYTES_MAX);
    struct pattern *p = calloc(1, sizeof *p);
    if (p == NULL || (p->text = strndup(text, n)) == NULL) {
        free(p);
        return err_memory(e, NULL);
    }
    /* Subjects come from anywhere: what is not UTF-8 in them matches nothing, instead of being
     * undefined. */
    p->code = pcre2_compile((PCRE2_SPTR)text, n,
                            PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &code,
                            &at, NULL);
    if (p->code == NULL) {
        pcre2_get_error_message(code, message, sizeof message);
        pattern_free(p);
        return err_set(e, "invalid regular expression at character %zu: %s", (size_t)at + 1,
                       (const char *)message);
    }
    /* Only faster: where there is no JIT the interpreter does the same. */
    pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
    pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &p->groups);
    if (p->groups > PATTERN_GROUPS_MAX) {
        pattern_free(p);
        return err_set(e, "the regular expression has more than %d groups", PATTERN_GROUPS_MAX);
    }
    *out = p;
    return 0;
}

void pattern_free(struct pattern *p) {
    if (p == NULL)
        return;
    pcre2_code_free(p->code);
    free(p->text);
    free(p);
}

const char *pattern_text(const struct pattern *p) {
    return p->text;
}

uint32_t pattern_groups(const struct pattern *p) {
    return p->groups;
}

int pattern_group(const struct pattern *p, const char *name) {
    int n = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR)name);
    return n > 0 ? n : -1;
}

static int work_ready(struct pattern_work *w) {
    if (w->data != NULL)
        return 0;
    w->data = pcre2_match_data_create(PATTERN_GROUPS_MAX + 1, NULL);
    w->context = pcre2_match_context_create(NULL);
    w->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX, NULL);
    if (w->data == NULL || w->context == NULL) {
        pattern_work_done(w);
        return -1;
    }
    pcre2_set_match_limit(w->context, MATCH_LIMIT);
    pcre2_set_depth_limit(w->context, DEPTH_LIMIT);
    pcre2_set_heap_limit(w->context, HEAP_LIMIT_KIB);
    if (w->stack != NULL)
        pcre2_jit_stack_assign(w->context, NULL, w->stack);
    return 0;
}

int pattern_match(const struct pattern *p, struct bytes subject, uint32_t number,
                  struct pattern_work *w, struct bytes *group, struct err *e) {
    PCRE2_UCHAR message[200];
    if (work_ready(w) != 0)
        return err_memory(e, NULL);
    int found = pcre2_match(p->code, (PCRE2_SPTR)(subject.len == 0 ? "" : subject.data),
                            subject.len, 0, 0, w->data, w->context);
    if (found == PCRE2_ERROR_NOMATCH)
        return 0;
    if (found == PCRE2_ERROR_MATCHLIMIT || found == PCRE2_ERROR_DEPTHLIMIT ||
        found == PCRE2_ERROR_HEAPLIMIT || found == PCRE2_ERROR_JIT_STACKLIMIT)
        return err_set(e,
                       "the regular expression needs too many steps on this text; write it without "
                       "nested or overlapping repetitions");
    if (found < 0) {
        pcre2_get_error_message(found, message, sizeof message);
        return err_set(e, "the regular expression failed: %s", (const char *)message);
    }
    if (group != NULL) {
        const PCRE2_SIZE *at = pcre2_get_ovector_pointer(w->data);
        size_t from = at[2 * number], to = at[2 * number + 1];
        /* \K inside a lookahead can end a match before its start. */
        *group = number >= (uint32_t)found || from == PCRE2_UNSET || to < from
                     ? (struct bytes){NULL, 0}
                     : (struct bytes){subject.data + from, to - from};
    }
    return 1;
}
