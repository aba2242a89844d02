#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/program.h"
#include "util/buf.h"
#include "util/text.h"

/* A text of usual length needs no memory, because it may be the memory that has run out. */
#define USUAL_BYTES 1024
#define PRINTED_BYTES 4 /* of one byte at most: \xNN */

int command_error(int code, const char *text) {
    char room[USUAL_BYTES * PRINTED_BYTES + 1];
    struct buf shown = {.data = room, .cap = sizeof room, .max = sizeof room - 1};
    size_t n = strlen(text);
    bool usual = n <= USUAL_BYTES;
    room[0] = '\0';
    if (!usual)
        buf_init(&shown, PROGRAM_TEXT_MAX_BYTES);
    text_printable(&shown, text, n);
    fprintf(stderr, "coldswarm: %s\n", buf_text(&shown));
    if (!usual)
        buf_done(&shown);
    return code;
}
