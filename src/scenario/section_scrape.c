/* "scrape": the address of the target's own metrics. */
#include "scenario/section.h"

#include <stdlib.h>
#include <string.h>

#include "util/host.h"
#include "util/url.h"

#define HELP "write it like \"http://127.0.0.1:8000/metrics\", or \"/metrics\" of the target"

/* NULL, or what is wrong with a path and its query. */
static const char *path_wrong(const char *path) {
    for (const char *p = path; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80 || strchr(" \"<>\\^`{|}", *p) != NULL)
            return "contains a character that must be percent-encoded";
    return strchr(path, '#') != NULL ? "cannot contain a fragment" : NULL;
}

/* Writes the URL with its host as it is sent; a path stays as it is. */
static int write_url(const char *text, struct buf *out, struct err *e) {
    size_t scheme = url_scheme(text), origin = url_origin(text);
    struct url parts;
    struct err why = {""};
    if (text[0] == '\0')
        return err_set(e, "is empty; " HELP);
    if (text[0] != '/' && scheme == 0)
        return err_set(e, "must be a URL, or a path that begins with /; " HELP);
    if (scheme > 0 && !url_split(text, strlen(text), &parts))
        return err_set(e, "must begin with http:// or https://; " HELP);
    if (scheme > 0) {
        buf_add(out, text, scheme);
        if (host_authority(text + scheme, origin - scheme, out, &why) != 0)
            return err_set(e, "is no address: %s", why.text);
        text += origin;
    }
    const char *wrong = path_wrong(text);
    if (wrong != NULL)
        return err_set(e, "%s", wrong);
    buf_str(out, text);
    return 0;
}

int scrape_read(struct loader *r, const struct json *v) {
    char *text = NULL;
    struct buf url;
    struct err why = {""};
    if (v == NULL)
        return 0;
    if (loader_text(r, v, PLACE_PLAIN, &text, NULL) != 0)
        return -1;
    buf_init(&url, LOADER_TEXT_MAX);
    int result = loader_control(text, strlen(text)) >= 0
                     ? err_set(&why, "contains a control character (a line end?)")
                     : write_url(text, &url, &why);
    free(text);
    result = result == 0 ? loader_take(r, v->at, &url, &r->s->scrape)
                         : loader_fail(r, v->at, "\"scrape\" %s", why.text);
    buf_done(&url);
    return result;
}
