/* What a request asks of the load: {"users": 50, "spawn_rate": 10}, or a form, as Locust's page and
 * scripts send it. */
#include <string.h>

#include "util/words.h"
#include "web/web_body.h"
#include "web/web_internal.h"

static double *place_of(struct change_asked *a, const char *key) {
    if (strcmp(key, "users") == 0 || strcmp(key, "user_count") == 0)
        return &a->users;
    if (strcmp(key, "spawn_rate") == 0)
        return &a->spawn_rate;
    return strcmp(key, "rate") == 0 ? &a->rate : NULL;
}

/* Other keys are Locust's, such as host. */
static int take(void *context, const struct web_member *m, struct err *why) {
    const char *at = m->value;
    double *to = place_of(context, m->key);
    if (to == NULL)
        return 0;
    bool good = m->kind == WEB_FORM || m->kind == WEB_NUMBER;
    if (!good || !words_double(&at, to) || *at != '\0')
        return err_set(why, "%s must be a number", m->key);
    return 0;
}

bool web_read_load(const struct web_load *load, const char *body, size_t n,
                   struct control_change *out, struct err *why) {
    struct change_asked a = {CHANGE_NOTHING, CHANGE_NOTHING, CHANGE_NOTHING};
    if (web_body_read(body, n, take, &a, why) != 0)
        return false;
    return change_make(&a, &load->of, out, why);
}
