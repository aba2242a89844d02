/* keys: the table, schema.json and the loader know the same keys. */
#include "scenario/helpers.h"

#include "scenario/capture.h"
#include "scenario/check.h"
#include "scenario/feeder.h"
#include "scenario/keys.h"
#include "scenario/reading.h"
#include "util/file.h"
#include "util/json.h"

#define LOAD "{\"users\":1,\"duration\":1}"

/* Parts that are read on their own. */
static int read_feeder(struct loader *r, const struct json *v) {
    struct feeder *f = NULL;
    int result = feeder_read(r, v->first, NULL, &f);
    feeder_free(f);
    return result;
}

static int read_captures(struct loader *r, const struct json *v) {
    struct scope scope = {0};
    struct capture_list l = {0};
    int result = captures_read(r, v, &scope, &l);
    captures_done(&l);
    scope_done(&scope);
    return result;
}

static int read_checks(struct loader *r, const struct json *v) {
    struct check_list l = {0};
    int result = checks_read(r, v, &l);
    checks_done(&l);
    return result;
}

/* Where a section stands in the schema (NULL: its top), and what stands before and after its
 * members: a scenario, or what `read` reads. */
static const struct {
    const char *definition, *before, *after;
    int (*read)(struct loader *r, const struct json *v);
} sections[SECTION_COUNT] = {
    [SECTION_TOP] = {NULL, "{", "}", NULL},
    [SECTION_LOAD] = {"load", "{\"load\":{", "},\"tasks\":[{}]}", NULL},
    [SECTION_STAGE] = {"stage", "{\"load\":{\"stages\":[{", "}]},\"tasks\":[{}]}", NULL},
    [SECTION_WAIT] = {"wait", "{\"wait\":{", "},\"load\":" LOAD ",\"tasks\":[{}]}", NULL},
    [SECTION_AUTH] = {"auth", "{\"auth\":{", "},\"load\":" LOAD ",\"tasks\":[{}]}", NULL},
    [SECTION_BASIC] = {"basic", "{\"auth\":{\"basic\":{", "}},\"load\":" LOAD ",\"tasks\":[{}]}",
                       NULL},
    [SECTION_HTTP] = {"http", "{\"http\":{", "},\"load\":" LOAD ",\"tasks\":[{}]}", NULL},
    [SECTION_DNS] = {"dns", "{\"http\":{\"dns\":{", "}},\"load\":" LOAD ",\"tasks\":[{}]}", NULL},
    [SECTION_LOADS] = {"loads", "{\"loads\":[{", "}]}", NULL},
    [SECTION_CLASS] = {"class", "{\"load\":" LOAD ",\"users\":[{", "}]}", NULL},
    [SECTION_STEP] = {"step", "{\"load\":" LOAD ",\"tasks\":[{\"name\":\"n\",\"steps\":[{", "}]}]}",
                      NULL},
    [SECTION_TASK] = {"task", "{\"load\":" LOAD ",\"tasks\":[{", "}]}", NULL},
    [SECTION_THRESHOLD] = {"threshold",
                           "{\"load\":" LOAD ",\"tasks\":[{}],\"thresholds\":{\"http_reqs\":[{",
                           "}]}}", NULL},
    [SECTION_PART] = {"part", "{\"load\":" LOAD ",\"tasks\":[{\"multipart\":[{", "}]}]}", NULL},
    [SECTION_FEEDER] = {"feeder", "{\"f\":{", "}}", read_feeder},
    [SECTION_PROMPTS] = {"prompts", "{\"f\":{\"prompts\":{", "}}}", read_feeder},
    [SECTION_CAPTURE] = {"capture", "{\"c\":{", "}}", read_captures},
    [SECTION_CHECK] = {"check", "[{", "}]", read_checks},
    [SECTION_CHECK_BODY] = {"check_body", "[{\"body\":{", "}}]", read_checks},
    [SECTION_CHECK_SIZE] = {"check_size", "[{\"size\":{", "}}]", read_checks},
    [SECTION_CHECK_TIME] = {"check_time", "[{\"time\":{", "}}]", read_checks},
    [SECTION_STREAM] = {"stream", "{\"load\":" LOAD ",\"tasks\":[{\"stream\":{", "}}]}", NULL},
    [SECTION_CANCEL] = {"cancel_after",
                        "{\"load\":" LOAD
                        ",\"tasks\":[{\"stream\":{\"format\":\"sse\",\"cancel_after\":{",
                        "}}}]}", NULL},
};

/* Members that a section cannot do without, and the keys beside which they may not stand. */
static const struct {
    enum scenario_section section;
    const char *key, *value, *not_with;
} needed[] = {
    {SECTION_TOP, "load", LOAD, ",loads,"},
    {SECTION_TOP, "tasks", "[{}]", ",users,"},
    {SECTION_LOADS, "name", "\"n\"", ""},
    {SECTION_LOADS, "load", LOAD, ""},
    {SECTION_LOADS, "tasks", "[{}]", ",users,"},
    {SECTION_CLASS, "name", "\"n\"", ""},
    {SECTION_CLASS, "tasks", "[{}]", ""},
    {SECTION_LOAD, "users", "1",
     ",stages,start_users,rate,start_rate,arrivals,max_users,spread,queue_timeout,trace,speed,from,"
     "to,"
     "loop,"},
    {SECTION_LOAD, "duration", "1", ",stages,start_users,start_rate,trace,speed,from,to,loop,"},
    {SECTION_LOAD, "rate", "1",
     ",users,spawn_rate,duration,stages,start_users,start_rate,trace,speed,from,to,loop,"},
    {SECTION_LOAD, "stages", "[]",
     ",users,spawn_rate,duration,rate,arrivals,max_users,spread,queue_timeout,trace,speed,from,to,"
     "loop,"},
    {SECTION_LOAD, "trace", "\"trace.jsonl\"",
     ",users,spawn_rate,duration,stages,start_users,rate,start_rate,arrivals,max_users,spread,"
     "queue_timeout,"},
    {SECTION_STAGE, "users", "1", ",rate,"},
    {SECTION_STAGE, "duration", "1", ""},
    {SECTION_BASIC, "user", "\"u\"", ""},
    {SECTION_BASIC, "password", "\"p\"", ""},
    {SECTION_THRESHOLD, "threshold", "\"count>1\"", ""},
    {SECTION_PART, "name", "\"n\"", ""},
    {SECTION_PART, "value", "\"v\"", ",file,"},
    {SECTION_FEEDER, "csv", "\"part.bin\"",
     ",jsonl,files,messages,custom,mooncake,sharegpt,prompts,"},
    {SECTION_FEEDER, "mode", "\"once\"", ",prompts,"},
    {SECTION_PROMPTS, "words", "[10,20]", ""},
    {SECTION_CAPTURE, "regex", "\"a\"", ""},
    {SECTION_CHECK, "header", "\"X\"", ",status,grpc_status,json,jsonpath,body,text,size,time,"},
    {SECTION_CHECK, "exists", "true", ",status,grpc_status,body,text,size,time,"},
    {SECTION_STREAM, "format", "\"sse\"", ""},
};

/* A load's trace is read before anything else is. */
static void write_trace(void) {
    static const char line[] = "{\"timestamp\":0}\n";
    write_file("trace.jsonl", line, sizeof line - 1);
}

static struct json_doc *schema(void) {
    struct buf b;
    struct err e = {""};
    struct json_doc *d = NULL;
    buf_init(&b, 1 << 20);
    if (file_read("scenarios/schema.json", &b, &e) != 0 ||
        json_parse("schema.json", buf_text(&b), b.len, &d, &e) != 0)
        fail_msg("%s", e.text);
    buf_done(&b);
    return d;
}

static const struct json *definition(const struct json_doc *d, enum scenario_section section) {
    const struct json *at = json_root(d);
    if (sections[section].definition != NULL)
        at = json_get(json_get(at, "$defs"), sections[section].definition);
    assert_non_null(at);
    return at;
}

static const struct scenario_key *find(enum scenario_section section, const char *name) {
    for (size_t i = 0; i < scenario_key_count; i++)
        if (scenario_keys[i].section == section && strcmp(scenario_keys[i].name, name) == 0)
            return &scenario_keys[i];
    return NULL;
}

/* Follows "$ref": "#/$defs/x". */
static const struct json *resolve(const struct json_doc *d, const struct json *v) {
    const struct json *ref = json_get(v, "$ref");
    return ref == NULL ? v : json_get(json_get(json_root(d), "$defs"), strrchr(ref->text, '/') + 1);
}

static void test_schema_has_the_table(void **state) {
    (void)state;
    struct json_doc *d = schema();
    for (size_t i = 0; i < scenario_key_count; i++) {
        const struct scenario_key *k = &scenario_keys[i];
        const struct json *property =
            json_get(json_get(definition(d, k->section), "properties"), k->name);
        if (property == NULL)
            fail_msg("\"%s\" in %s: not in the schema", k->name, scenario_section_text(k->section));
        if (json_get(property, "description") == NULL &&
            json_get(resolve(d, property), "description") == NULL)
            fail_msg("\"%s\" in %s has no description", k->name, scenario_section_text(k->section));
    }
    json_free(d);
}

static void test_table_has_the_schema(void **state) {
    (void)state;
    struct json_doc *d = schema();
    for (int s = 0; s < SECTION_COUNT; s++) {
        const struct json *object = definition(d, (enum scenario_section)s);
        const struct json *closed = json_get(object, "additionalProperties");
        assert_true(closed != NULL && closed->kind == JSON_BOOL && !closed->boolean);
        for (const struct json *m = json_get(object, "properties")->first; m != NULL; m = m->next)
            if (find((enum scenario_section)s, m->key) == NULL)
                fail_msg("the loader does not know \"%s\" of %s", m->key,
                         scenario_section_text((enum scenario_section)s));
        /* What the schema requires, exists. */
        const struct json *required = json_get(object, "required");
        for (const struct json *m = required == NULL ? NULL : required->first; m != NULL;
             m = m->next)
            assert_non_null(json_get(json_get(object, "properties"), m->text));
    }
    json_free(d);
}

/* Reads a scenario with `"key": value` in its section; *at becomes the value's column. */
static void attempt(const struct scenario_key *k, const char *value, struct err *e, size_t *at) {
    struct buf b;
    struct scenario *s = NULL;
    char word[64];
    snprintf(word, sizeof word, ",%s,", k->name);
    buf_init(&b, 10000);
    buf_printf(&b, "%s\"%s\":", sections[k->section].before, k->name);
    *at = b.len + 1;
    buf_str(&b, value);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i].section == k->section && strcmp(needed[i].key, k->name) != 0 &&
            strstr(needed[i].not_with, word) == NULL)
            buf_printf(&b, ",\"%s\":%s", needed[i].key, needed[i].value);
    buf_str(&b, sections[k->section].after);
    e->text[0] = '\0';
    if (sections[k->section].read != NULL) {
        struct reading x;
        reading_init(&x, buf_text(&b));
        sections[k->section].read(&x.r, json_root(x.doc));
        *e = x.e;
        reading_done(&x);
    } else {
        scenario_parse("s.json", test_folder(), buf_text(&b), b.len, test_env, NULL, &s, e);
    }
    scenario_free(s);
    buf_done(&b);
}

/* A key in the table that the loader never looks at would be accepted and ignored: a value of a
 * wrong type must be refused, at its own place. */
static void test_loader_reads_every_key(void **state) {
    (void)state;
    test_folder();
    write_trace();
    for (size_t i = 0; i < scenario_key_count; i++) {
        const struct scenario_key *k = &scenario_keys[i];
        struct err e;
        size_t at;
        char place[64];
        if (strcmp(k->name, "json") == 0) /* any value is good for json */
            continue;
        attempt(k, "null", &e, &at);
        snprintf(place, sizeof place, "s.json:1:%zu: \"%s\" must be ", at, k->name);
        if (strncmp(e.text, place, strlen(place)) != 0)
            fail_msg("\"%s\": null in %s: %s", k->name, scenario_section_text(k->section), e.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_has_the_table),
        cmocka_unit_test(test_table_has_the_schema),
        cmocka_unit_test(test_loader_reads_every_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
