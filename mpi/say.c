#include "say.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/text.h"

void say_line(const char *text) {
    struct buf shown;
    buf_init(&shown, SIZE_MAX / 2);
    text_printable(&shown, text, strlen(text));
    fprintf(stderr, "coldswarm-mpi: %s\n", buf_text(&shown));
    buf_done(&shown);
}
