#include "cli/tags.h"

#include <string.h>

#include "util/buf.h"

#define TAGS_MAX 100
#define TAGS_BYTES_MAX 4096

/* "a, b" or "a b" in one option, or the option several times: Locust's way and ours. What comes to
 * nothing, as an unset variable of a shell, is refused: without tags all would run. */
static int split_tags(const struct args *a, const char *option, struct buf *room,
                      const char *tags[TAGS_MAX], size_t *n, struct err *e) {
    const char *const *given;
    size_t count = opt_list(a, option, &given);
    for (size_t i = 0; i < count; i++) {
        if (given[i][strspn(given[i], ", ")] == '\0')
            return err_set(e, "--%s \"%.100s\" contains no tag", option, given[i]);
        buf_printf(room, "%s ", given[i]);
    }
    if (!buf_ok(room))
        return err_set(e, "--%s: too many tags; the limit is %d bytes", option, TAGS_BYTES_MAX);
    char *at = room->data;
    *n = 0;
    for (char *rest = NULL, *word = at == NULL ? NULL : strtok_r(at, ", ", &rest); word != NULL;
         word = strtok_r(NULL, ", ", &rest)) {
        if (*n == TAGS_MAX)
            return err_set(e, "--%s: too many tags; the limit is %d", option, TAGS_MAX);
        tags[(*n)++] = word;
    }
    return 0;
}

int tags_select(const struct args *a, struct scenario *s, struct err *e) {
    const char *with[TAGS_MAX], *without[TAGS_MAX];
    struct buf room[2];
    buf_init(&room[0], TAGS_BYTES_MAX);
    buf_init(&room[1], TAGS_BYTES_MAX);
    size_t with_count = 0, without_count = 0;
    int status = split_tags(a, "tags", &room[0], with, &with_count, e) != 0 ||
                         split_tags(a, "exclude-tags", &room[1], without, &without_count, e) != 0
                     ? -1
                     : scenario_select(s, with, with_count, without, without_count, e);
    buf_done(&room[0]);
    buf_done(&room[1]);
    return status;
}
