#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/program.h"
#include "util/buf.h"
#include "util/text.h"

int command_error(int code, const char *text) {
    struct buf shown;
    buf_init(&shown, PROGRAM_TEXT_MAX_BYTES);
    text_printable(&shown, text, strlen(text));
    fprintf(stderr, "coldswarm: %s\n", buf_text(&shown));
    buf_done(&shown);
    return code;
}
