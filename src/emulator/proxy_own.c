/* Responses of the front end itself, without an instance or in place of one that failed: the
 * same as Google's. */
#include <string.h>

#include "emulator/proxy_internal.h"

static const struct own {
    int status;
    const char *reason;
    const char *text; /* the whole body; NULL: a page with the two lines below */
    const char *title, *words;
} answers[] = {
    {400, "Bad Request", NULL, "Bad Request",
     "Your client has issued a malformed or illegal request."},
    {403, "Forbidden", NULL, "Forbidden",
     "Your client does not have permission to get URL <code>%s</code> from this server."},
    {408, "Request Timeout", "Request Timeout", NULL, NULL},
    {429, "Too Many Requests", "Rate exceeded.", NULL, NULL},
    {431, "Request Header Fields Too Large", "Request Header Fields Too Large", NULL, NULL},
    {500, "Internal Server Error", NULL, "Server Error",
     "The server encountered an error and could not complete your request."
     "<p>Please try again in 30 seconds."},
    {501, "Not Implemented",
     "This front end does not forward upgrades (WebSocket) or transfer codings other than chunked.",
     NULL, NULL},
    {503, "Service Unavailable", "Service Unavailable", NULL, NULL},
    {504, "Gateway Timeout", "upstream request timeout", NULL, NULL},
    {505, "HTTP Version Not Supported", "HTTP Version Not Supported", NULL, NULL},
};

/* For HTML: the path is the client's. */
static void add_escaped(struct buf *out, struct view v) {
    for (size_t i = 0; i < v.len && i < 512; i++) {
        if (strchr("&<>\"'", v.text[i]) != NULL)
            buf_printf(out, "&#%d;", v.text[i]);
        else
            buf_char(out, v.text[i]);
    }
}

static void add_page(struct buf *out, const struct own *a, struct view target) {
    buf_printf(
        out,
        "<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n"
        "<title>%d %s</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: "
        "%s</h1>\n<h2>",
        a->status, a->reason, a->title);
    const char *hole = strstr(a->words, "%s");
    if (hole == NULL) {
        buf_str(out, a->words);
    } else {
        buf_add(out, a->words, (size_t)(hole - a->words));
        add_escaped(out, target);
        buf_str(out, hole + 2);
    }
    buf_str(out, "</h2>\n<h2></h2>\n</body></html>\n");
}

void own_answer(struct buf *out, int status, struct view target, bool head_only, bool close,
                const struct trace *t) {
    const struct own *a = &answers[0];
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i].status == status)
            a = &answers[i];
    struct buf body;
    buf_init(&body, 8192);
    if (a->text != NULL)
        buf_str(&body, a->text);
    else
        add_page(&body, a, target);
    buf_printf(
        out,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nServer: Google Frontend\r\n",
        a->status, a->reason, a->text != NULL ? "text/plain" : "text/html; charset=UTF-8",
        body.len);
    if (t->id[0] != '\0')
        buf_printf(out, "X-Cloud-Trace-Context: %s;o=%d\r\n", t->id, t->sampled);
    buf_str(out, close ? "Connection: close\r\n\r\n" : "\r\n");
    if (!head_only)
        buf_add(out, buf_text(&body), body.len);
    buf_done(&body);
}
