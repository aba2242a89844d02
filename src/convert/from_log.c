/* Access logs and lists of URLs: reads entries and counts them, in bounded memory. */
#include "convert/from_log.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "convert/from.h"
#include "convert/source_url.h"
#include "util/line_reader.h"

#define LINE_MAX_BYTES ((size_t)1 << 20) /* a server logs 32 kB of a request at most, as \xNN */
#define CHUNK ((size_t)1 << 18)
#define LOOK_MAX ((size_t)1 << 16) /* bytes at the beginning that tell what it is */

static void count_skipped(struct log_reader *l, enum log_kind kind, uint64_t line) {
    if (l->skipped[kind]++ == 0)
        l->first[kind] = line;
}

/* Finds or adds the group. Returns LOG_GROUPS_MAX if there are too many. */
static size_t group_of(struct log_reader *l, const char *method, size_t method_bytes,
                       const char *host, size_t host_bytes, bool known, bool https) {
    struct pointer_search at;
    struct log_group *g = l->group_count > 0 ? l->groups[l->last_group] : NULL;
    if (g != NULL && host_bytes == 0 && g->host[0] == '\0' && strlen(g->method) == method_bytes &&
        memcmp(g->method, method, method_bytes) == 0)
        return l->last_group;
    buf_clear(&l->key);
    buf_add(&l->key, method, method_bytes);
    buf_char(&l->key, known ? https ? 's' : 'p' : '?');
    for (size_t i = 0; i < host_bytes; i++)
        buf_char(&l->key, host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] | 32) : host[i]);
    const char *lower = buf_text(&l->key) + method_bytes + 1;
    for (size_t *i = pointer_map_first(&l->by_group, l->key.data, l->key.len, &at); i != NULL;
         i = pointer_map_next(&l->by_group, &at)) {
        g = l->groups[*i];
        if (g->scheme_known == known && g->https == https && strcmp(g->host, lower) == 0 &&
            strlen(g->method) == method_bytes && memcmp(g->method, method, method_bytes) == 0)
            return l->last_group = *i;
    }
    if (l->group_count == LOG_GROUPS_MAX)
        return LOG_GROUPS_MAX;
    size_t *number = draft_alloc(l->d, sizeof *number);
    g = draft_alloc(l->d, sizeof *g);
    if (number == NULL || g == NULL)
        return LOG_GROUPS_MAX;
    *number = l->group_count;
    g->method = (char *)(uintptr_t)draft_copy(l->d, method, method_bytes);
    g->host = (char *)(uintptr_t)draft_copy(l->d, lower, host_bytes);
    g->scheme_known = known;
    g->https = https;
    if (!pointer_map_add(&l->by_group, l->key.data, l->key.len, number))
        l->failed = true;
    l->groups[l->group_count] = g;
    return l->last_group = l->group_count++;
}

static bool contains(const char *text, size_t n, const char *word) {
    size_t m = strlen(word);
    for (size_t i = 0; i + m <= n; i++)
        if ((text[i] | 32) == word[0] && strncasecmp(text + i, word, m) == 0)
            return true;
    return false;
}

static bool is_bot(const char *agent, size_t n) {
    static const char *const words[] = {"bot", "crawl", "spider", "slurp"};
    for (size_t i = 0; i < sizeof words / sizeof *words && agent != NULL; i++)
        if (contains(agent, n, words[i]))
            return true;
    return false;
}

static void keep_time(struct log_reader *l, uint32_t group) {
    const struct log_request *r = &l->request;
    if (!r->has_time) {
        l->untimed++;
        return;
    }
    if (l->last_us < l->first_us) {
        l->first_us = l->last_us = r->at_us;
        l->whole_seconds = true;
    }
    l->first_us = r->at_us < l->first_us ? r->at_us : l->first_us;
    l->last_us = r->at_us > l->last_us ? r->at_us : l->last_us;
    l->whole_seconds = l->whole_seconds && r->whole_seconds;
    if (!l->o->times || l->too_many_times)
        return;
    if (l->time_count == LOG_TIMES_MAX) {
        l->too_many_times = true;
        return;
    }
    if (l->time_count == l->time_cap) {
        size_t cap = l->time_cap == 0 ? 1024 : l->time_cap * 2;
        struct log_time *more = realloc(l->times, cap * sizeof *more);
        if (more == NULL) {
            l->failed = true;
            return;
        }
        l->times = more;
        l->time_cap = cap;
    }
    l->times[l->time_count++] = (struct log_time){r->at_us, group};
}

/* One request: its host is in its URL, or else in a field of its own, or not in the log. */
static enum log_kind count_request(struct log_reader *l, const char *body, size_t body_bytes) {
    struct log_request *r = &l->request;
    const char *host = r->host, *path = r->target;
    size_t host_bytes = r->host_bytes, path_bytes = r->target_bytes;
    bool known = r->scheme_known, https = r->https, whole = false;
    struct url u;
    if (r->target[0] != '/') {
        if (source_url(r->target, r->target_bytes, NULL, &u) != NULL || u.scheme[0] == '\0')
            return LOG_STRANGE;
        host = u.host;
        host_bytes = u.host_bytes;
        known = true;
        https = u.scheme[4] == 's';
        whole = u.user != NULL;
        path = u.path;
        path_bytes = u.path_bytes;
    } else if (host_bytes > 0 &&
               (source_url(host, host_bytes, NULL, &u) != NULL || u.host_bytes != host_bytes)) {
        host_bytes = 0; /* a field of the client's own making */
    }
    size_t group = group_of(l, r->method, r->method_bytes, host_bytes > 0 ? host : "", host_bytes,
                            known && host_bytes > 0, https && known && host_bytes > 0);
    if (group == LOG_GROUPS_MAX) {
        l->ungrouped++;
        return LOG_REQUEST;
    }
    buf_clear(&l->text);
    if (whole)
        buf_add(&l->text, r->target, r->target_bytes);
    else
        log_text(&l->text, &l->secrets, path, path_bytes);
    if (body != NULL) {
        buf_char(&l->text, LOG_BODY);
        buf_add(&l->text, body, body_bytes);
    }
    if (!buf_ok(&l->text))
        return LOG_TOO_LONG;
    l->requests++;
    l->groups[group]->requests++;
    l->bots += is_bot(r->agent, r->agent_bytes);
    keep_time(l, (uint32_t)group);
    if (!log_tally_add(&l->tally, (uint32_t)group, buf_text(&l->text), l->text.len, r->status))
        l->failed = true;
    return LOG_REQUEST;
}

static void log_line(struct log_reader *l, const char *line, size_t n, uint64_t number) {
    enum log_kind kind = log_request_line(&l->request, line, n);
    if (kind == LOG_REQUEST)
        kind = count_request(l, NULL, 0);
    if (kind != LOG_REQUEST)
        count_skipped(l, kind, number);
}

static size_t word_bytes(const char *text, size_t n) {
    const char *space = n > 0 ? memchr(text, ' ', n) : NULL;
    return space == NULL ? n : (size_t)(space - text);
}

static bool is_method(const char *text, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text[i] < 'A' || text[i] > 'Z')
            return false;
    return n > 2 && n < 20;
}

/* A header or the body's file of the target before it, as vegeta's lists have them. */
static bool is_part_of_target(const char *line, size_t n) {
    const char *colon = n > 0 ? memchr(line, ':', n) : NULL;
    if (n > 0 && line[0] == '@')
        return true;
    for (const char *p = line; colon != NULL && p < colon; p++)
        if (!((*p | 32) >= 'a' && (*p | 32) <= 'z') && *p != '-' && !(*p >= '0' && *p <= '9'))
            return false;
    return colon != NULL && colon > line && colon + 1 < line + n && colon[1] == ' ';
}

/* "URL", "METHOD URL" (vegeta) or "URL POST body" (siege). */
static void url_line(struct log_reader *l, const char *line, size_t n, uint64_t number) {
    struct log_request *r = &l->request;
    const char *body = NULL;
    size_t body_bytes = 0, word;
    while (n > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        n--;
    }
    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
        n--;
    if (n == 0 || line[0] == '#')
        return;
    log_request_clear(r);
    r->method = "GET";
    r->method_bytes = 3;
    word = word_bytes(line, n);
    if (word < n && is_method(line, word)) {
        r->method = line;
        r->method_bytes = word;
        line += word + 1;
        n -= word + 1;
    } else if (word + 5 <= n && memcmp(line + word, " POST", 5) == 0 &&
               (word + 5 == n || line[word + 5] == ' ')) {
        r->method = "POST";
        r->method_bytes = 4;
        body = line + word + (word + 5 == n ? 5 : 6);
        body_bytes = (size_t)(line + n - body);
        n = word;
    }
    r->target = line;
    r->target_bytes = n;
    enum log_kind kind = n > LOG_TARGET_MAX ? LOG_TOO_LONG : LOG_REQUEST;
    bool url = (n > 0 && line[0] == '/') || (n > 7 && strncasecmp(line, "http://", 7) == 0) ||
               (n > 8 && strncasecmp(line, "https://", 8) == 0);
    if (!url && l->requests > 0 && is_part_of_target(line, n)) {
        l->headers++;
        return;
    }
    if (!url || memchr(line, ' ', n) != NULL)
        kind = LOG_STRANGE;
    if (kind == LOG_REQUEST)
        kind = count_request(l, body, body_bytes);
    if (kind != LOG_REQUEST)
        count_skipped(l, kind, number);
}

static int json_entry(void *context, enum import_piece piece, const char *text, size_t n,
                      uint64_t line) {
    struct log_reader *l = context;
    struct json_doc *doc = NULL;
    struct err ignored = {""};
    enum log_kind kind = LOG_STRANGE;
    if (piece == IMPORT_NO_MEMORY)
        return err_memory(l->e, "%s", l->name);
    if (piece == IMPORT_TOO_LONG)
        return import_split_too_long(&l->split, l->name, line, l->e);
    if (piece == IMPORT_ENTRY && json_parse("entry", text, n, &doc, &ignored) == 0)
        kind = log_request_json(&l->request, json_root(doc));
    if (kind == LOG_REQUEST)
        kind = count_request(l, NULL, 0);
    if (kind != LOG_REQUEST)
        count_skipped(l, kind, line);
    json_free(doc);
    return l->failed ? err_memory(l->e, "%s", l->name) : 0;
}

static int take_line(void *context, const struct read_line *line, struct err *e) {
    struct log_reader *l = context;
    size_t n = line->n;
    while (n > 0 && line->text[n - 1] == '\r')
        n--;
    if (n > 0)
        (l->urls ? url_line : log_line)(l, line->text, n, line->number);
    return l->failed ? err_memory(e, "%s", l->name) : 0;
}

/* Gives the source to fn piece by piece. */
static int each_piece(struct log_reader *l, const char *text, size_t n,
                      int (*fn)(void *to, const char *bytes, size_t n, struct err *e), void *to,
                      struct err *e) {
    int result = fn(to, text, n, e);
    if (result != 0 || l->o->more == NULL)
        return result;
    char *chunk = malloc(CHUNK);
    ptrdiff_t got;
    if (chunk == NULL)
        return err_memory(e, NULL);
    while (result == 0 && (got = l->o->more(l->o->more_context, chunk, CHUNK, e)) != 0)
        result = got < 0 ? -1 : fn(to, chunk, (size_t)got, e);
    free(chunk);
    return result;
}

static int to_lines(void *to, const char *bytes, size_t n, struct err *e) {
    return line_reader_feed(to, bytes, n, e);
}

static int to_json(void *to, const char *bytes, size_t n, struct err *e) {
    struct log_reader *l = to;
    l->e = e;
    return import_split_feed(&l->split, bytes, n);
}

/* Whether entries are objects of JSON: Envoy's lines begin with a bracket, too. */
static bool is_json(const char *text, size_t n) {
    size_t i = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    bool array = false;
    for (; i < n; i++) {
        if (text[i] == '[' && !array)
            array = true;
        else if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r' && text[i] != '\n')
            return text[i] == '{' || (array && text[i] == ']');
    }
    return false;
}

static int read_all(struct log_reader *l, const char *text, size_t n, struct err *e) {
    int result;
    if (!l->urls && is_json(text, n)) {
        bool cut_short;
        import_split_init(&l->split, IMPORT_LOG_MAX_BYTES, json_entry, l);
        result = each_piece(l, text, n, to_json, l, e);
        if (result == 0)
            result = import_split_end(&l->split, &cut_short);
        if (result == 0 && cut_short)
            count_skipped(l, LOG_STRANGE, l->split.line);
        import_split_done(&l->split);
        return result;
    }
    struct line_reader lines;
    line_reader_init(&lines, l->name, LINE_MAX_BYTES, take_line, l);
    result = each_piece(l, text, n, to_lines, &lines, e);
    if (result == 0)
        result = line_reader_end(&lines, e);
    line_reader_done(&lines);
    return result;
}

int log_read(struct draft *d, const struct convert_options *o, const char *name, const char *text,
             size_t bytes, bool urls, struct err *e) {
    struct log_reader *l = calloc(1, sizeof *l);
    int result = -1;
    if (l == NULL || !log_tally_init(&l->tally, LOG_TALLY_MAX)) {
        free(l);
        return err_memory(e, "%s", name);
    }
    l->d = d;
    l->o = o;
    l->name = name;
    l->e = e;
    l->urls = urls;
    l->last_us = -1;
    log_request_init(&l->request);
    log_secrets_init(&l->secrets, d);
    buf_init(&l->key, 4 * LOG_TARGET_MAX);
    buf_init(&l->text, 4 * LOG_TARGET_MAX);
    result = read_all(l, text, bytes, e);
    if (result == 0)
        result = log_write(l, name, e);
    log_tally_done(&l->tally);
    log_secrets_done(&l->secrets);
    pointer_map_done(&l->by_group);
    log_request_done(&l->request);
    buf_done(&l->key);
    buf_done(&l->text);
    free(l->times);
    free(l);
    return result;
}

/* The first entry decides. */
struct look {
    struct log_request request;
    enum log_kind kind;
};

static int look_at(void *context, enum import_piece piece, const char *text, size_t n,
                   uint64_t line) {
    struct look *k = context;
    struct json_doc *doc = NULL;
    struct err ignored = {""};
    (void)line;
    if (piece == IMPORT_ENTRY && json_parse("entry", text, n, &doc, &ignored) == 0)
        k->kind = log_request_json(&k->request, json_root(doc));
    json_free(doc);
    return k->kind == LOG_OTHER ? 0 : 1; /* other entries may come first */
}

bool log_is_one(const char *text, size_t n) {
    struct look k = {.kind = LOG_STRANGE};
    size_t look = n < LOOK_MAX ? n : LOOK_MAX;
    log_request_init(&k.request);
    if (is_json(text, look)) {
        struct import_split s;
        import_split_init(&s, LOOK_MAX, look_at, &k);
        import_split_feed(&s, text, look);
        import_split_done(&s);
        if (k.kind == LOG_OTHER)
            k.kind = LOG_STRANGE;
    } else {
        /* A few lines of something else may come first. */
        for (size_t at = 0, lines = 0; at < look && lines < 20 && k.kind == LOG_STRANGE; lines++) {
            const char *stop = memchr(text + at, '\n', look - at);
            size_t bytes = stop == NULL ? look - at : (size_t)(stop - text) - at;
            bool end = bytes > 0 && text[at + bytes - 1] == '\r';
            k.kind = log_request_line(&k.request, text + at, bytes - end);
            at += bytes + 1;
        }
    }
    log_request_done(&k.request);
    return k.kind != LOG_STRANGE;
}

bool urls_is_one(const char *text, size_t n) {
    size_t at = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < n) {
        const char *stop = memchr(text + at, '\n', n - at);
        size_t bytes = stop == NULL ? n - at : (size_t)(stop - text) - at;
        const char *line = text + at;
        while (bytes > 0 && (line[bytes - 1] == '\r' || line[bytes - 1] == ' '))
            bytes--;
        if (bytes > 0 && line[0] != '#') {
            size_t word = word_bytes(line, bytes);
            if (word < bytes && is_method(line, word)) {
                line += word + 1;
                bytes -= word + 1;
            }
            bool siege = memmem(line, bytes, " POST", 5) != NULL;
            return ((bytes > 7 && strncasecmp(line, "http://", 7) == 0) ||
                    (bytes > 8 && strncasecmp(line, "https://", 8) == 0)) &&
                   (siege || memchr(line, ' ', bytes) == NULL);
        }
        at += (stop == NULL ? n - at : (size_t)(stop - text) - at) + 1;
    }
    return false;
}
