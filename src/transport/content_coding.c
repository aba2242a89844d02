#include "transport/content_coding.h"

#include <brotli/decode.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "util/codings.h"

#define PIECE_BYTES 16384

/* What a layer has seen of its stream. */
enum progress {
    PROGRESS_NOTHING, /* no byte yet */
    PROGRESS_WITHIN,  /* more must come */
    PROGRESS_WHOLE    /* it may end here */
};

struct layer {
    enum codings_kind kind;
    enum progress progress;
    bool padded; /* gzip: zeros have begun */
    z_stream *zlib;
    BrotliDecoderState *brotli;
    unsigned char first; /* of deflate, until the second byte tells what it is */
    struct layer *inner; /* takes what this one gives; NULL: the sink does */
    struct content_coding *coding;
};

struct content_coding {
    struct layer layers
        [CONTENT_CODING_LAYERS_MAX]; /* the outermost, which is the last that was applied, first */
    size_t count;
    content_coding_sink *sink;
    void *context;
    uint64_t decoded, most;
    char *why; /* of the call in progress */
};

static const char *word(enum codings_kind kind) {
    return kind == CODINGS_GZIP ? "gzip" : kind == CODINGS_DEFLATE ? "deflate" : "br";
}

/* ---- one layer ---- */

static int bad(const struct layer *l) {
    snprintf(l->coding->why, CONTENT_CODING_TEXT_BYTES,
             "the body is not %s, contrary to its header", word(l->kind));
    return -1;
}

static int no_memory(char why[CONTENT_CODING_TEXT_BYTES]) {
    snprintf(why, CONTENT_CODING_TEXT_BYTES, "not enough memory to decode the body");
    return -1;
}

static int feed(struct layer *l, const unsigned char *bytes, size_t n);

/* What a layer has decoded. */
static int give(struct layer *l, const unsigned char *bytes, size_t n) {
    struct content_coding *c = l->coding;
    if (n == 0)
        return 0;
    c->decoded += n;
    if (c->decoded > c->most) {
        snprintf(c->why, CONTENT_CODING_TEXT_BYTES, "the body decodes to more than %" PRIu64 " MiB",
                 c->most >> 20);
        return -1;
    }
    if (l->inner != NULL)
        return feed(l->inner, bytes, n);
    c->sink(c->context, (const char *)bytes, n);
    return 0;
}

static int begin_zlib(struct layer *l, int window) {
    l->zlib = calloc(1, sizeof *l->zlib);
    if (l->zlib != NULL && inflateInit2(l->zlib, window) == Z_OK)
        return 0;
    free(l->zlib);
    l->zlib = NULL;
    return no_memory(l->coding->why);
}

/* After the end of a gzip member: the next one, padding, or nothing. */
static int after_member(struct layer *l, const unsigned char *at, size_t n) {
    for (size_t i = 0; i < n && (l->padded || *at == 0); i++) {
        l->padded = true;
        if (at[i] != 0)
            return bad(l);
    }
    return l->padded || inflateReset(l->zlib) == Z_OK ? 0 : bad(l);
}

static int feed_zlib(struct layer *l, const unsigned char *bytes, size_t n) {
    unsigned char out[PIECE_BYTES];
    z_stream *z = l->zlib;
    z->next_in = (Bytef *)(uintptr_t)bytes;
    z->avail_in = (uInt)n;
    bool more = true; /* of the output, though the input is all taken */
    while (z->avail_in > 0 || more) {
        if (l->progress == PROGRESS_WHOLE) {
            if (z->avail_in == 0)
                return 0;
            if (l->kind != CODINGS_GZIP)
                return bad(l);
            if (after_member(l, z->next_in, z->avail_in) != 0)
                return -1;
            if (l->padded)
                return 0;
            l->progress = PROGRESS_WITHIN;
        }
        z->next_out = out;
        z->avail_out = sizeof out;
        int code = inflate(z, Z_NO_FLUSH);
        more = z->avail_out == 0;
        if (give(l, out, sizeof out - z->avail_out) != 0)
            return -1;
        if (code == Z_STREAM_END)
            l->progress = PROGRESS_WHOLE;
        else if (code == Z_BUF_ERROR)
            return 0;
        else if (code != Z_OK)
            return code == Z_MEM_ERROR ? no_memory(l->coding->why) : bad(l);
    }
    return 0;
}

/* RFC 1950 has two bytes in front, a multiple of 31; no deflate stream that an encoder makes begins
 * so. */
static int feed_deflate(struct layer *l, const unsigned char *bytes, size_t n) {
    if (l->zlib != NULL)
        return feed_zlib(l, bytes, n);
    if (l->progress == PROGRESS_NOTHING) {
        l->progress = PROGRESS_WITHIN;
        l->first = *bytes++;
        if (--n == 0)
            return 0;
    }
    bool wrapped =
        (l->first & 0x0f) == 8 && l->first >> 4 <= 7 && (l->first * 256 + *bytes) % 31 == 0;
    if (begin_zlib(l, wrapped ? MAX_WBITS : -MAX_WBITS) != 0 || feed_zlib(l, &l->first, 1) != 0)
        return -1;
    return feed_zlib(l, bytes, n);
}

static int feed_brotli(struct layer *l, const unsigned char *bytes, size_t n) {
    unsigned char out[PIECE_BYTES];
    if (l->brotli == NULL && (l->brotli = BrotliDecoderCreateInstance(NULL, NULL, NULL)) == NULL)
        return no_memory(l->coding->why);
    for (;;) {
        if (l->progress == PROGRESS_WHOLE)
            return n == 0 ? 0 : bad(l);
        unsigned char *to = out;
        size_t room = sizeof out;
        BrotliDecoderResult code =
            BrotliDecoderDecompressStream(l->brotli, &n, &bytes, &room, &to, NULL);
        l->progress = code == BROTLI_DECODER_RESULT_SUCCESS ? PROGRESS_WHOLE : PROGRESS_WITHIN;
        if (give(l, out, sizeof out - room) != 0)
            return -1;
        if (code == BROTLI_DECODER_RESULT_ERROR)
            return bad(l);
        if (code == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
            return 0;
    }
}

static int feed(struct layer *l, const unsigned char *bytes, size_t n) {
    if (n == 0)
        return 0;
    if (l->kind == CODINGS_BROTLI)
        return feed_brotli(l, bytes, n);
    if (l->kind == CODINGS_DEFLATE)
        return feed_deflate(l, bytes, n);
    if (l->zlib == NULL && begin_zlib(l, MAX_WBITS + 16) != 0)
        return -1;
    if (l->progress == PROGRESS_NOTHING)
        l->progress = PROGRESS_WITHIN;
    return feed_zlib(l, bytes, n);
}

/* ---- all of them ---- */

static int add(struct content_coding *c, struct bytes name, char why[CONTENT_CODING_TEXT_BYTES]) {
    enum codings_kind kind = codings_kind(name);
    if (kind == CODINGS_IDENTITY)
        return 0;
    if (kind == CODINGS_UNKNOWN) {
        char shown[33];
        size_t n = 0;
        for (; n < name.len && n < sizeof shown - 1; n++)
            shown[n] = name.data[n] > ' ' && name.data[n] <= '~' ? name.data[n] : '?';
        shown[n] = '\0';
        snprintf(why, CONTENT_CODING_TEXT_BYTES,
                 "coldswarm cannot decode the content coding \"%s\" of the body", shown);
        return -1;
    }
    if (c->count == CONTENT_CODING_LAYERS_MAX) {
        snprintf(why, CONTENT_CODING_TEXT_BYTES, "the body has more than %d codings",
                 CONTENT_CODING_LAYERS_MAX);
        return -1;
    }
    c->layers[c->count++] = (struct layer){.kind = kind, .coding = c};
    return 0;
}

int content_coding_new(struct bytes list, uint64_t most_bytes, content_coding_sink *sink,
                       void *context, struct content_coding **out,
                       char why[CONTENT_CODING_TEXT_BYTES]) {
    struct content_coding *c = calloc(1, sizeof *c);
    if (c == NULL)
        return no_memory(why);
    c->sink = sink;
    c->most = most_bytes;
    c->context = context;
    struct bytes name;
    while (codings_next(&list, &name))
        if (name.len > 0 && add(c, name, why) != 0) {
            content_coding_free(c);
            return -1;
        }
    /* They are listed in the order in which they were applied: the last is undone first. */
    for (size_t i = 0; i < c->count / 2; i++) {
        struct layer first = c->layers[i];
        c->layers[i] = c->layers[c->count - 1 - i];
        c->layers[c->count - 1 - i] = first;
    }
    for (size_t i = 0; i + 1 < c->count; i++)
        c->layers[i].inner = &c->layers[i + 1];
    if (c->count == 0) {
        free(c);
        c = NULL;
    }
    *out = c;
    return 0;
}

void content_coding_free(struct content_coding *c) {
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++) {
        if (c->layers[i].zlib != NULL)
            inflateEnd(c->layers[i].zlib);
        free(c->layers[i].zlib);
        BrotliDecoderDestroyInstance(c->layers[i].brotli);
    }
    free(c);
}

int content_coding_feed(struct content_coding *c, const char *bytes, size_t n,
                        char why[CONTENT_CODING_TEXT_BYTES]) {
    c->why = why;
    return feed(&c->layers[0], (const unsigned char *)bytes, n);
}

int content_coding_end(const struct content_coding *c, char why[CONTENT_CODING_TEXT_BYTES]) {
    if (c->layers[0].progress == PROGRESS_NOTHING)
        return 0;
    for (size_t i = 0; i < c->count; i++) {
        if (c->layers[i].progress == PROGRESS_WHOLE)
            continue;
        snprintf(why, CONTENT_CODING_TEXT_BYTES, "the body ends before its %s does",
                 word(c->layers[i].kind));
        return -1;
    }
    return 0;
}
