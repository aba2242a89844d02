#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stats/billing.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/json.h"
#include "util/text.h"

#define PRICES_BYTES_MAX 1048576u

extern const char embed_stats_prices_json[];

static int member(const struct json_doc *d, const struct json *in, const char *key,
                  enum json_kind kind, const struct json **out, struct err *e) {
    const struct json *v = json_get(in, key);
    if (v != NULL && v->kind == kind) {
        *out = v;
        return 0;
    }
    if (v == NULL)
        json_fail(d, in->at, e, "\"%s\" is missing; it must be %s", key, json_kind_text(kind));
    else
        json_fail(d, v->at, e, "\"%s\" must be %s, not %s", key, json_kind_text(kind),
                  json_kind_text(v->kind));
    return -1;
}

struct word {
    const char *key;
    char *to;
    size_t room;
};

static int read_words(const struct json_doc *d, const struct json *in, const struct word *words,
                      size_t n, struct err *e) {
    for (size_t i = 0; i < n; i++) {
        const struct json *v;
        if (member(d, in, words[i].key, JSON_STRING, &v, e) != 0)
            return -1;
        if (v->len >= words[i].room || json_has_nul(v->text, v->len))
            return json_fail(d, v->at, e, "\"%s\" must be shorter than %zu bytes, without a NUL",
                             words[i].key, words[i].room);
        memcpy(words[i].to, v->text, v->len + 1);
    }
    return 0;
}

struct amount {
    const char *key;
    double *to;
};

static int read_amounts(const struct json_doc *d, const struct json *in, const char *group,
                        const struct amount *amounts, size_t n, struct err *e) {
    const struct json *of;
    if (member(d, in, group, JSON_OBJECT, &of, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const struct json *v;
        if (member(d, of, amounts[i].key, JSON_NUMBER, &v, e) != 0)
            return -1;
        if (!json_double(v, amounts[i].to) || *amounts[i].to < 0)
            return json_fail(d, v->at, e, "\"%s\" must be a number of 0 or more", amounts[i].key);
    }
    return 0;
}

/* A misspelt key must not be a price that is silently missing. */
static int only_these(const struct json_doc *d, const struct json *in, const char *what,
                      const char *const *keys, size_t n, struct err *e) {
    for (const struct json *v = in->first; v != NULL; v = v->next) {
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known = known || strcmp(v->key, keys[i]) == 0;
        if (known)
            continue;
        const char *near = text_nearest(v->key, keys, n);
        return json_fail(d, v->key_at, e, "%s has no \"%.60s\"%s%s%s", what, v->key,
                         near != NULL ? "; did you mean \"" : "", near != NULL ? near : "",
                         near != NULL ? "\"?" : "");
    }
    return 0;
}

/* "gpu" may be left out, and so may any of the GPUs. */
static int read_gpus(const struct json_doc *d, const struct json *tier, double out[GPU_KINDS],
                     struct err *e) {
    const char *names[GPU_KINDS - 1];
    const struct json *gpus = json_get(tier, "gpu");
    for (int i = 0; i < GPU_KINDS; i++)
        out[i] = (double)NAN;
    if (gpus == NULL)
        return 0;
    if (member(d, tier, "gpu", JSON_OBJECT, &gpus, e) != 0)
        return -1;
    for (int i = GPU_NONE + 1; i < GPU_KINDS; i++)
        names[i - 1] = gpu_kinds[i].name;
    if (only_these(d, gpus, "\"gpu\"", names, GPU_KINDS - 1, e) != 0)
        return -1;
    for (int i = GPU_NONE + 1; i < GPU_KINDS; i++) {
        const struct amount price = {gpu_kinds[i].name, &out[i]};
        if (json_get(gpus, gpu_kinds[i].name) != NULL &&
            read_amounts(d, tier, "gpu", &price, 1, e) != 0)
            return -1;
    }
    return 0;
}

static int has_region(const struct json_doc *d, const struct json *tier, const char *region,
                      bool *out, struct err *e) {
    const struct json *regions;
    if (member(d, tier, "regions", JSON_ARRAY, &regions, e) != 0)
        return -1;
    *out = false;
    for (const struct json *r = regions->first; r != NULL; r = r->next) {
        if (r->kind != JSON_STRING) {
            json_fail(d, r->at, e, "a region must be a string");
            return -1;
        }
        *out = *out || (r->len == strlen(region) && memcmp(r->text, region, r->len) == 0);
    }
    return 0;
}

/* A region has one price: a second tier that lists it would be ignored. */
static int other_tier(const struct json_doc *d, const struct json *first, const char *region,
                      struct err *e) {
    for (const struct json *t = first->next; t != NULL; t = t->next) {
        bool here = false;
        if (t->kind != JSON_OBJECT)
            return json_fail(d, t->at, e, "a tier must be an object");
        if (has_region(d, t, region, &here, e) != 0)
            return -1;
        if (here)
            return json_fail(d, t->at, e,
                             "a tier above has the region \"%s\" too; remove it from one of them",
                             region);
    }
    return 0;
}

static int find_tier(const struct json_doc *d, const char *region, const struct json **out,
                     struct err *e) {
    const struct json *tiers, *root = json_root(d);
    if (member(d, root, "tiers", JSON_ARRAY, &tiers, e) != 0)
        return -1;
    for (const struct json *t = tiers->first; t != NULL; t = t->next) {
        bool here;
        if (t->kind != JSON_OBJECT) {
            json_fail(d, t->at, e, "a tier must be an object");
            return -1;
        }
        if (has_region(d, t, region, &here, e) != 0)
            return -1;
        if (here) {
            *out = t;
            return other_tier(d, t, region, e);
        }
    }
    json_fail(
        d, tiers->at, e,
        "no tier has the region \"%s\"; add it to the \"regions\" of a tier in your own price list",
        region);
    return -1;
}

static int read_list(const struct json_doc *d, const char *region, struct billing_prices *p,
                     struct err *e) {
    static const char *const list_keys[] = {"what", "source", "date", "currency", "tiers"};
    static const char *const tier_keys[] = {"name",          "note",           "regions",
                                            "request_based", "instance_based", "gpu"};
    const struct json *tier = NULL, *root = json_root(d);
    if (root->kind != JSON_OBJECT)
        return json_fail(d, root->at, e, "a price list must be an object");
    const struct word of_list[] = {{"source", p->source, sizeof p->source},
                                   {"date", p->date, sizeof p->date},
                                   {"currency", p->currency, sizeof p->currency}};
    const struct word of_tier[] = {{"name", p->tier, sizeof p->tier},
                                   {"note", p->note, sizeof p->note}};
    const struct amount request[] = {{"cpu_active", &p->cpu_active},
                                     {"cpu_idle", &p->cpu_idle},
                                     {"memory_active", &p->memory_active},
                                     {"memory_idle", &p->memory_idle},
                                     {"million_requests", &p->million_requests},
                                     {"free_cpu", &p->free_cpu_request},
                                     {"free_memory", &p->free_memory_request},
                                     {"free_requests", &p->free_requests}};
    const struct amount instance[] = {{"cpu", &p->cpu_instance},
                                      {"memory", &p->memory_instance},
                                      {"free_cpu", &p->free_cpu_instance},
                                      {"free_memory", &p->free_memory_instance}};
    if (read_words(d, root, of_list, sizeof of_list / sizeof *of_list, e) != 0 ||
        only_these(d, root, "a price list", list_keys, sizeof list_keys / sizeof *list_keys, e) !=
            0 ||
        find_tier(d, region, &tier, e) != 0 ||
        only_these(d, tier, "a tier", tier_keys, sizeof tier_keys / sizeof *tier_keys, e) != 0 ||
        read_gpus(d, tier, p->gpu, e) != 0 ||
        read_words(d, tier, of_tier, sizeof of_tier / sizeof *of_tier, e) != 0 ||
        read_amounts(d, tier, "request_based", request, sizeof request / sizeof *request, e) != 0)
        return -1;
    return read_amounts(d, tier, "instance_based", instance, sizeof instance / sizeof *instance, e);
}

int billing_prices_parse(struct billing_prices *out, const char *name, const char *text,
                         size_t bytes, const char *region, struct err *e) {
    struct json_doc *d = NULL;
    if (json_parse(name, text, bytes, &d, e) != 0)
        return -1;
    struct billing_prices p = {0};
    int rc = read_list(d, region, &p, e);
    json_free(d);
    if (rc == 0)
        *out = p;
    return rc;
}

int billing_prices_load(struct billing_prices *out, const char *path, const char *region,
                        struct err *e) {
    if (path == NULL)
        return billing_prices_parse(out, "the built-in price list", embed_stats_prices_json,
                                    strlen(embed_stats_prices_json), region, e);
    struct buf b;
    buf_init(&b, PRICES_BYTES_MAX);
    int rc = file_read(path, &b, e);
    if (rc == 0)
        rc = billing_prices_parse(out, path, buf_text(&b), b.len, region, e);
    buf_done(&b);
    return rc;
}
