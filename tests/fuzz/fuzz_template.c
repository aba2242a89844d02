/* A letter for the place and a text: it is refused with its line and column, or what it renders to
 * can stand in its place, whatever the values are. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "scenario/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *env(const char *name, void *context) {
    (void)context;
    return name[0] == 'A' ? "a\"\\/%&+ \xc3\xa4" : name[0] == 'B' ? "\r\nX: y" : NULL;
}

static void check_place(enum text_place place, const struct buf *b) {
    const char *text = b->len == 0 ? "" : b->data;
    struct buf json;
    struct json_doc *d = NULL;
    for (size_t i = 0; i < b->len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (place == PLACE_PATH || place == PLACE_QUERY || place == PLACE_FORM)
            CHECK(c > 0x20 && c < 0x7f && strchr("\"<>\\^`{|}#", c) == NULL);
        if (place == PLACE_HEADER)
            CHECK(c >= 0x20 && c != 0x7f);
        if (place == PLACE_QUOTED)
            CHECK(c != '"' && c != '\r' && c != '\n' && c != '\0');
        if (place == PLACE_FILE)
            CHECK(c != '\0');
    }
    if (place != PLACE_JSON)
        return;
    buf_init(&json, b->len + 2);
    buf_char(&json, '"');
    buf_add(&json, text, b->len);
    buf_char(&json, '"');
    CHECK(json_parse("t", json.data, json.len, &d, NULL) == 0 && json_root(d)->kind == JSON_STRING);
    json_free(d);
    buf_done(&json);
}

static void render(const struct template *t, enum text_place place) {
    static const struct bytes variables[][2] = {
        {{"v", 1}, {"/../\"%&+ ", 9}}, {{"\r\nX: y", 6}, {"\0\xff", 2}}, {{NULL, 0}, {"", 0}}};
    struct template_work work;
    struct rng rng;
    template_work_init(&work);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        struct buf out;
        struct err e = {""};
        rng_seed(&rng, i, 1);
        struct template_values v = {.variables = variables[i],
                                    .user_id = 1,
                                    .now_real_ns = INT64_C(1700000000000000000),
                                    .rng = &rng,
                                    .work = &work};
        buf_init(&out, 1 << 20);
        if (template_render(t, &v, &out, &e) == 0)
            check_place(place, &out);
        else
            CHECK(e.text[0] != '\0');
        buf_done(&out);
    }
    template_work_done(&work);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct json_doc *d = NULL;
    struct scenario s = {0};
    struct scope scope = {0};
    struct template *t = NULL;
    struct err e = {""};
    struct buf json;
    uint32_t slot;
    if (size == 0 || data[0] > PLACE_FILE + '0' || data[0] < '0')
        return 0;
    enum text_place place = (enum text_place)(data[0] - '0');
    buf_init(&json, 16 << 20);
    buf_char(&json, '"');
    json_escape(&json, (const char *)data + 1, size - 1);
    buf_char(&json, '"');
    if (json_parse("t", json.data, json.len, &d, NULL) == 0) {
        struct loader r = {.doc = d, .folder = "/", .env = env, .s = &s, .e = &e};
        CHECK(scope_variable(&r, &scope, "a", 0, &slot) == 0);
        CHECK(scope_variable(&r, &scope, "bc", 0, &slot) == 0);
        if (template_read(&r, json_root(d), &scope, place, "it", &t) != 0) {
            CHECK(t == NULL && strncmp(e.text, "t:", 2) == 0);
        } else {
            CHECK(e.text[0] == '\0' && strlen(t->text) <= t->len);
            render(t, place);
        }
    }
    for (size_t i = 0; i < s.secret_count; i++)
        free(s.secrets[i]);
    for (size_t i = 0; i < s.env_count; i++)
        free(s.env_names[i]);
    free(s.secrets);
    free(s.env_names);
    template_free(t);
    scope_done(&scope);
    json_free(d);
    buf_done(&json);
    return 0;
}
