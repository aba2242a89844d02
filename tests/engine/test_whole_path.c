/* Paths that a value gives whole: what goes out for each value, and what the loader refuses. */
#include "scenario/reading.h"

#include "engine/flow.h"
#include "scenario/template.h"
#include "util/clock.h"

#define HEAD "{\"target\":\"http://EXAMPLE.org:80/pre\",\"load\":{\"users\":1,\"duration\":\"1s\"},"

static struct scenario *load(const char *request, struct err *e) {
    struct scenario *s = NULL;
    struct buf text;
    buf_init(&text, 10000);
    buf_printf(&text, HEAD "\"variables\":{\"v\":\"\",\"w\":\"x y/z\"},\"tasks\":[{%s}]}", request);
    int result =
        scenario_parse("s.json", test_folder(), buf_text(&text), text.len, test_env, NULL, &s, e);
    buf_done(&text);
    return result == 0 ? s : NULL;
}

/* What is sent for this value of ${v}; the error where it cannot be. */
static const char *sent(const char *request, const char *value) {
    static char out[1100];
    struct err e = {""};
    struct scenario *s = load(request, &e);
    struct flow_work w;
    struct flow *f = NULL;
    struct rng rng;
    struct transport_parts room;
    const struct transport_parts *parts = NULL;
    if (s == NULL)
        fail_msg("%s: %s", request, e.text);
    assert_int_equal(flow_work_init(&w, s, &e), 0);
    assert_int_equal(flow_new(s, s->variables, &f, &e), 0);
    rng_seed(&rng, 1, 1);
    f->variables[0] = (struct bytes){value, strlen(value)};
    struct flow_user u = {.flow = f, .rng = &rng};
    if (flow_write(&w, &u, &s->requests[0], &room, &parts, &e) != 0)
        snprintf(out, sizeof out, "! %.900s", e.text);
    else {
        assert_int_equal(strlen(parts->path.data), parts->path.len);
        snprintf(out, sizeof out, "%s", parts->path.data);
    }
    flow_free(f, s);
    flow_work_done(&w);
    scenario_free(s);
    return out;
}

#define WHOLE "\"path\":\"${v}\""
#define SLASH "\"path\":\"/${v}\""
#define NO_PATH                                                                                    \
    "! the path: the value of ${v} is not a path: it begins with neither \"/\" nor http:// nor "   \
    "https://"
#define OTHER                                                                                      \
    "! the path: its value is a URL with a scheme, host or port different from the target; write " \
    "a separate task for that host"

static void a_value_is_the_path(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {WHOLE, "/", "/pre/"},
        {WHOLE, "/shop/cart?id=7", "/pre/shop/cart?id=7"},
        {WHOLE, "/img/a%20b.png", "/pre/img/a%20b.png"},
        {WHOLE, "/a%2Fb%2f%c3%A4", "/pre/a%2Fb%2f%c3%A4"},
        {WHOLE, "//cdn/../x;v=1,2:@!$&'()*+=[]~-._", "/pre//cdn/../x;v=1,2:@!$&'()*+=[]~-._"},
        /* What no request line may hold (RFC 3986 2, RFC 9112 3.2). */
        {WHOLE, "/a b\t\r\nX: y\x7f", "/pre/a%20b%09%0D%0AX:%20y%7F"},
        {WHOLE, "/\xc3\xa4\xff?q=\"<>\\^`{|}", "/pre/%C3%A4%FF?q=%22%3C%3E%5C%5E%60%7B%7C%7D"},
        {WHOLE, "/100%", "/pre/100%25"},
        {WHOLE, "/%zz%1", "/pre/%25zz%251"},
        {WHOLE, "/a?b=1#top", "/pre/a?b=1"},
        {WHOLE, "/a?b=c?d&e=%26", "/pre/a?b=c?d&e=%26"},
        {WHOLE, "", NO_PATH},
        {WHOLE, "shop", NO_PATH},
        {WHOLE, " /shop", NO_PATH},
        {WHOLE, "ftp://example.org/x", NO_PATH},
        {WHOLE, "#top", NO_PATH},
        /* A URL of the target, however it is written, is whole: nothing is put in front. */
        {WHOLE, "http://example.org/a b?c", "/a%20b?c"},
        {WHOLE, "HTTP://Example.ORG:80/a", "/a"},
        {WHOLE, "http://example.org", "/"},
        {WHOLE, "http://example.org?x=1", "/?x=1"},
        {WHOLE, "http://example.org#top", "/"},
        {WHOLE, "https://example.org/a", OTHER},
        {WHOLE, "http://example.org:8080/a", OTHER},
        {WHOLE, "http://example.org.evil/a", OTHER},
        {WHOLE, "http://example.org@evil/a", OTHER},
        {WHOLE, "http:///a", OTHER},
        /* Behind it goes on what the author has written. */
        {"\"path\":\"${v}/reviews?n=${w}\"", "/shop", "/pre/shop/reviews?n=x%20y%2Fz"},
        {WHOLE ",\"query\":{\"n\":\"${w}\"}", "/shop", "/pre/shop?n=x%20y%2Fz"},
        {WHOLE ",\"query\":{\"n\":1}", "/shop?id=7", "/pre/shop?id=7&n=1"},
        {WHOLE ",\"query\":{\"n\":1}", "http://example.org", "/?n=1"},
        {"\"path\":\"${v}?a=b\",\"query\":{\"n\":1}", "/shop", "/pre/shop?a=b&n=1"},
        {"\"path\":\"${random.choice('/a b')}\"", "", "/pre/a%20b"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(sent(rows[i][0], rows[i][1]), rows[i][2]) != 0)
            fail_msg("{%s} with %s: %s, not %s", rows[i][0], rows[i][1],
                     sent(rows[i][0], rows[i][1]), rows[i][2]);
}

static void behind_a_slash_it_is_one_where_it_has_its_own(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {SLASH, "/shop/cart?id=7", "/pre/shop/cart?id=7"},
        {SLASH, "/a b%20", "/pre/a%20b%20"},
        {SLASH ",\"query\":{\"n\":1}", "/shop?id=7", "/pre/shop?id=7&n=1"},
        {SLASH ",\"query\":{\"n\":1}", "shop?id=7", "/pre/shop%3Fid%3D7?n=1"},
        {"\"path\":\"/${v}?a=1\"", "/shop", "/pre/shop?a=1"},
        /* Else it is a part of the path like any other. */
        {SLASH, "", "/pre/"},
        {SLASH, "shop/cart?id=7", "/pre/shop%2Fcart%3Fid%3D7"},
        {SLASH, "http://example.org/", "/pre/http%3A%2F%2Fexample.org%2F"},
        {"\"path\":\"/${v}/users\"", "/shop", "/pre/%2Fshop/users"},
        {"\"path\":\"/x/${v}\"", "/a b?c", "/pre/x/%2Fa%20b%3Fc"},
        {"\"path\":\"/x?next=${v}\"", "/a", "/pre/x?next=%2Fa"},
        {"\"path\":\"/${urlencode(v)}\"", "/a b", "/pre/%2Fa%20b"},
        {"\"path\":\"/${v}${w}\"", "/a", "/pre/%2Fax%20y%2Fz"},
        {"\"path\":\"http://example.org/${v}\"", "/a", "/%2Fa"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(sent(rows[i][0], rows[i][1]), rows[i][2]) != 0)
            fail_msg("{%s} with %s: %s, not %s", rows[i][0], rows[i][1],
                     sent(rows[i][0], rows[i][1]), rows[i][2]);
}

static void the_loader_knows_what_can_be_none(void **state) {
    (void)state;
    static const char *const requests[][2] = {
        {"\"path\":\"shop\"", "\"path\" must begin with \"/\""},
        {"\"path\":\"$${v}\"", "\"path\" must begin with \"/\""},
        {"\"path\":\" ${v}\"", "\"path\" must begin with \"/\""},
        {"\"path\":\"${uuid}\"", "a path cannot begin with this value"},
        {"\"path\":\"${user.id}/x\"", "a path cannot begin with this value"},
        {"\"path\":\"${base64(v)}\"", "a path cannot begin with this value"},
        {"\"path\":\"${random.choice('/a', b)}\"", "a path cannot begin with this value"},
        {"\"path\":\"${v}#x\"", "text after '#' in a URL is never sent"},
        {"\"path\":\"${none}\"", "unknown name \"none\""},
        {"\"path\":\"${env.TOKEN}/x\"",
         "the value of ${env.TOKEN} is not a path: it begins with neither"},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        struct err e = {""};
        struct scenario *s = load(requests[i][0], &e);
        if (s != NULL || strstr(e.text, requests[i][1]) == NULL)
            fail_msg("%s: %s", requests[i][0], s == NULL ? e.text : "accepted");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_the_path),
        cmocka_unit_test(behind_a_slash_it_is_one_where_it_has_its_own),
        cmocka_unit_test(the_loader_knows_what_can_be_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
