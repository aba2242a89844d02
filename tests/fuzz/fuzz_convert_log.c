/* Any bytes as an access log and as a list of URLs: they are refused or become a scenario that the
 * loader takes, and it does not matter in which pieces they are read. */
#include "fuzz/convert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct rest {
    const char *at;
    size_t left, step;
};

static ptrdiff_t more(void *context, char *to, size_t n, struct err *e) {
    struct rest *r = context;
    size_t take = r->left < r->step ? r->left : r->step;
    (void)e;
    if (take > n)
        take = n;
    memcpy(to, r->at, take);
    r->at += take;
    r->left -= take;
    return (ptrdiff_t)take;
}

static void in_pieces(enum convert_from from, const char *text, size_t size, size_t step) {
    struct convert_result whole = {0}, parts = {0};
    struct err a = {""}, b = {""};
    struct convert_options o = {.from = from, .file_stem = "stem"};
    struct rest rest = {text + size / 3, size - size / 3, step};
    size_t begin = 0;
    while (begin < size && strchr(" \t\r\n[\xef\xbb\xbf", text[begin]) != NULL)
        begin++;
    if (begin >= size / 3)
        return; /* the first piece decides whether it is JSON, and cannot tell */
    int first = convert_text(&o, "input", text, size, &whole, &a);
    o.more = more;
    o.more_context = &rest;
    int second = convert_text(&o, "input", text, size / 3, &parts, &b);
    bool same = first == second && (first != 0 || strcmp(whole.scenario, parts.scenario) == 0);
    if (!same)
        abort();
    convert_done(&whole);
    convert_done(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 65536)
        return 0;
    fuzz_convert(CONVERT_ACCESS_LOG, data, size);
    fuzz_convert(CONVERT_URLS, data, size);
    in_pieces(CONVERT_ACCESS_LOG, (const char *)data, size, 7);
    in_pieces(CONVERT_URLS, (const char *)data, size, 1000);
    return 0;
}
