#include "cli/show.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/program.h"
#include "util/buf.h"
#include "util/fits.h"

/* Lines longer than 100 columns are hard to read however wide the window is. */
enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 50, WIDTH_MAX = 100 };

static size_t width_of(FILE *to) {
    struct winsize size = {0};
    if (!isatty(fileno(to)) || ioctl(fileno(to), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_DEFAULT;
    return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}

static struct program all(void) {
    return (struct program){.commands = commands, .count = command_count};
}

/* Prints and frees. */
static int print(struct buf *b, FILE *to, int code) {
    struct err e;
    if (buf_fits(b, &e, NULL, "the text") != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else
        fputs(buf_text(b), to);
    buf_done(b);
    return code;
}

int show_overview(FILE *to, bool brief, int code) {
    struct buf b;
    struct program p = all();
    buf_init(&b, PROGRAM_TEXT_MAX_BYTES);
    help_overview(&b, &p, brief, width_of(to));
    return print(&b, to, code);
}

int show_help(const struct command *c) {
    struct buf b;
    buf_init(&b, PROGRAM_TEXT_MAX_BYTES);
    help_command(&b, c, width_of(stdout));
    return print(&b, stdout, EXIT_OK);
}

int show_version(bool json) {
    struct buf b;
    buf_init(&b, PROGRAM_TEXT_MAX_BYTES);
    (json ? program_version_json : program_version)(&b);
    return print(&b, stdout, EXIT_OK);
}

int show_manpage(const struct command *c) {
    struct buf b;
    struct program p = all();
    buf_init(&b, PROGRAM_TEXT_MAX_BYTES);
    if (c == NULL)
        manpage_render(&b, &p);
    else
        manpage_render_command(&b, c);
    return print(&b, stdout, EXIT_OK);
}

int show_completion(completion_fn *render) {
    struct buf b;
    struct program p = all();
    buf_init(&b, PROGRAM_TEXT_MAX_BYTES);
    render(&b, &p);
    return print(&b, stdout, EXIT_OK);
}
