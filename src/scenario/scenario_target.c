/* The address that requests go to. */
#include "scenario/scenario_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/loader.h"
#include "util/host.h"
#include "util/url.h"

#define TARGET_HELP "write it like http://127.0.0.1:8080"

static const char *check_prefix(const char *path) {
    for (const char *p = path; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80 || strchr(" \"<>\\^`{|}", *p) != NULL)
            return "its path contains a character that must be percent-encoded";
    return NULL;
}

/* Its host as it is sent; the same scheme and path. */
static int normal_form(const char *text, struct buf *out, struct err *e) {
    size_t scheme = url_scheme(text);
    bool https = scheme == 8 && strncasecmp(text, "https", 5) == 0;
    const char *rest = text + scheme;
    size_t n = strcspn(rest, "/?#");
    if (text[0] == '\0')
        return err_set(e, "it is empty; " TARGET_HELP);
    if (loader_control(text, strlen(text)) >= 0)
        return err_set(e, "it contains a control character (a line end?)");
    if (scheme > 0 && !https && !(scheme == 7 && strncasecmp(text, "http", 4) == 0))
        return err_set(e, "only http:// and https:// are supported");
    buf_str(out, https ? "https://" : "http://");
    if (host_authority(rest, n, out, e) != 0)
        return -1;
    const char *wrong = check_prefix(rest + n);
    if (rest[n + strcspn(rest + n, "?#")] != '\0')
        wrong = "it cannot contain a query or fragment; give them in the \"path\" of a task";
    if (wrong != NULL)
        return err_set(e, "%s", wrong);
    buf_str(out, rest + n);
    while (out->len > 0 && out->data[out->len - 1] == '/')
        out->data[--out->len] = '\0';
    return buf_ok(out) ? 0 : err_set(e, "it is too long");
}

/* Writes the target with its scheme, its host as it is sent and without slashes at its end to *out
 * (caller frees). The error is a part of a sentence. */
static int normalise(const char *text, char **out, struct err *e) {
    struct buf b;
    buf_init(&b, LOADER_TEXT_MAX);
    int result = normal_form(text, &b, e);
    char *normal = result == 0 ? buf_take(&b) : NULL;
    buf_done(&b);
    if (result == 0 && normal == NULL)
        return err_memory(e, NULL);
    *out = normal;
    return result;
}

static int normal_target(const char *target, char **out, struct err *e) {
    struct err why = {""};
    return normalise(target, out, &why) == 0
               ? 0
               : err_set(e, "\"%s\" cannot be the target: %s", target, why.text);
}

int scenario_check_target(const char *target, struct err *e) {
    char *normal = NULL;
    int result = normal_target(target, &normal, e);
    free(normal);
    return result;
}

int scenario_set_target(struct scenario *s, const char *target, struct err *e) {
    char *normal = NULL, *source = NULL;
    if (normal_target(target, &normal, e) != 0)
        return -1;
    source = strdup(target);
    if (source == NULL) {
        free(normal);
        return err_memory(e, "the target");
    }
    free(s->target);
    free(s->target_source);
    s->target = normal;
    s->target_source = source;
    return 0;
}

int target_read(struct loader *r, const struct json *v) {
    char *text = NULL, *normal = NULL;
    if (v == NULL)
        return 0;
    if (loader_text(r, v, PLACE_PLAIN, &text, NULL) != 0)
        return -1;
    struct err why;
    int result = normalise(text, &normal, &why);
    free(text);
    if (result != 0)
        return loader_fail(r, v->at, "\"%.200s\" cannot be the target: %s", v->text, why.text);
    r->s->target = normal;
    r->s->target_source = strdup(v->text);
    return r->s->target_source == NULL ? loader_memory(r) : 0;
}

bool scenario_is_whole_url(const struct scenario_request *q) {
    return q->path[0] != '/' && !q->whole_path;
}

bool scenario_needs_target(const struct scenario *s) {
    for (size_t i = 0; i < s->request_count; i++)
        if (!scenario_is_whole_url(&s->requests[i]))
            return true;
    return s->scrape != NULL && s->scrape[0] == '/';
}

/* "scheme://host:port", in small letters; false where it is none. */
static bool origin_write(const char *url, struct buf *out) {
    size_t scheme = url_scheme(url), n = url_origin(url) - scheme;
    struct err ignored;
    if (scheme == 0)
        return false;
    buf_add(out, url, scheme);
    if (host_authority(url + scheme, n, out, &ignored) != 0)
        return false;
    for (size_t i = 0; i < out->len; i++)
        out->data[i] = (char)tolower((unsigned char)out->data[i]);
    const char *host = buf_text(out) + scheme, *bracket = strrchr(host, ']');
    if (strchr(bracket == NULL ? host : bracket, ':') == NULL)
        buf_str(out, strncmp(buf_text(out), "https:", 6) == 0 ? ":443" : ":80");
    return buf_ok(out);
}

bool scenario_same_origin(const char *a, const char *b) {
    struct buf x, y;
    buf_init(&x, LOADER_TEXT_MAX);
    buf_init(&y, LOADER_TEXT_MAX);
    bool same =
        origin_write(a, &x) && origin_write(b, &y) && strcmp(buf_text(&x), buf_text(&y)) == 0;
    buf_done(&x);
    buf_done(&y);
    return same;
}

#define HOSTS_SHOWN 5

/* Where the scheme, host and port of request i's URL end, and whether an earlier request has the
 * same. */
static size_t origin_of(const struct scenario *s, size_t i, bool *again) {
    const char *url = s->requests[i].path;
    size_t n = url_origin(url);
    *again = false;
    for (size_t k = 0; k < i; k++)
        *again = *again || (strncmp(s->requests[k].path, url, n) == 0 &&
                            strchr("/?#", s->requests[k].path[n]) != NULL);
    return n;
}

/* Its source where the scenario has one; else what its whole URLs begin with. */
int target_name(struct scenario *s) {
    struct buf text, shown;
    size_t hosts = 0;
    if (s->target_source != NULL || scenario_needs_target(s))
        return 0;
    buf_init(&text, LOADER_TEXT_MAX);
    buf_init(&shown, LOADER_TEXT_MAX);
    for (size_t i = 0; i < s->request_count; i++) {
        bool again;
        size_t n = origin_of(s, i, &again);
        if (again || ++hosts > HOSTS_SHOWN)
            continue;
        buf_str(&text, hosts > 1 ? ", " : "");
        buf_add(&text, s->requests[i].path, n);
    }
    if (hosts > HOSTS_SHOWN)
        buf_printf(&text, " and %zu more", hosts - HOSTS_SHOWN);
    /* Unlike a target's source, a URL may hold what came from the environment. */
    scenario_mask(s, buf_text(&text), &shown);
    s->target_source = buf_take(&shown);
    buf_done(&text);
    buf_done(&shown);
    return s->target_source == NULL ? -1 : 0;
}
