/* The address that requests go to. */
#include "scenario/target.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scenario/reader.h"

#define TARGET_HELP "write it like http://127.0.0.1:8080"

/* The length of "scheme://" where there is one, else 0. */
static size_t scheme_length(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    return n > 0 && strncmp(text + n, "://", 3) == 0 ? n + 3 : 0;
}

static const char *check_port(const char *port, size_t n) {
    long value = 0;
    if (n == 0 || n > 5 || strspn(port, "0123456789") < n)
        return "the port after ':' must be a number from 1 to 65535";
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (port[i] - '0');
    return value < 1 || value > 65535 ? "the port after ':' must be a number from 1 to 65535"
                                      : NULL;
}

const char *target_check_authority(const char *text, size_t n) {
    if (memchr(text, '@', n) != NULL)
        return "a user and password do not belong in it; give them in \"auth\"";
    size_t host = 0;
    if (n > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', n);
        host = close == NULL ? 0 : (size_t)(close - text) + 1;
        if (host < 4 || strspn(text + 1, "0123456789abcdefABCDEF:.%") < host - 2)
            return "what stands in [ ] must be an IPv6 address";
    } else {
        while (host < n && text[host] != ':')
            host++;
        for (size_t i = 0; i < host; i++)
            if (strchr(" \"<>\\^`{|}[]%", text[i]) != NULL)
                return "the host has a character that no host name may hold";
    }
    if (host == 0)
        return "it has no host; " TARGET_HELP;
    if (host == n)
        return NULL;
    if (text[host] != ':')
        return "only a port may follow the host; " TARGET_HELP;
    return check_port(text + host + 1, n - host - 1);
}

static const char *check_prefix(const char *path) {
    for (const char *p = path; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80 || strchr(" \"<>\\^`{|}", *p) != NULL)
            return "its path holds a character that must be percent-encoded";
    return NULL;
}

const char *target_normalise(const char *text, char **out) {
    size_t scheme = scheme_length(text);
    bool https = scheme == 8 && strncasecmp(text, "https", 5) == 0;
    if (text[0] == '\0')
        return "it is empty; " TARGET_HELP;
    if (reader_control(text, strlen(text)) >= 0)
        return "it holds a control character (a line end?)";
    if (scheme > 0 && !https && !(scheme == 7 && strncasecmp(text, "http", 4) == 0))
        return "only http:// and https:// can be tested";
    const char *rest = text + scheme;
    size_t n = strcspn(rest, "/?#");
    const char *wrong = target_check_authority(rest, n);
    if (wrong == NULL && rest[n + strcspn(rest + n, "?#")] != '\0')
        wrong = "a query or fragment does not belong in it; give them in a task's \"path\"";
    if (wrong == NULL)
        wrong = check_prefix(rest + n);
    if (wrong != NULL)
        return wrong;
    struct buf b;
    buf_init(&b, READER_TEXT_MAX);
    buf_str(&b, https ? "https://" : "http://");
    buf_str(&b, rest);
    while (b.len > 0 && b.data[b.len - 1] == '/')
        b.data[--b.len] = '\0';
    *out = buf_take(&b);
    return *out == NULL ? "it is too long" : NULL;
}

int scenario_set_target(struct scenario *s, const char *target, struct err *e) {
    char *normal = NULL, *source = strdup(target);
    const char *wrong = source == NULL ? "out of memory" : target_normalise(target, &normal);
    if (wrong != NULL) {
        free(source);
        return err_set(e, "\"%s\" cannot be the target: %s", target, wrong);
    }
    free(s->target);
    free(s->target_source);
    s->target = normal;
    s->target_source = source;
    return 0;
}

int target_read(struct reader *r, const struct json *v) {
    char *text = NULL, *normal = NULL;
    if (v == NULL)
        return 0;
    if (reader_text(r, v, PLACE_PLAIN, &text, NULL) != 0)
        return -1;
    const char *wrong = target_normalise(text, &normal);
    free(text);
    if (wrong != NULL)
        return reader_fail(r, v->at, "\"%.200s\" cannot be the target: %s", v->text, wrong);
    r->s->target = normal;
    r->s->target_source = strdup(v->text);
    return r->s->target_source == NULL ? reader_memory(r) : 0;
}
