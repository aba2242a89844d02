#include "cli/run_values.h"

#include <stdlib.h>
#include <string.h>

void run_values_publish(struct control *c, const struct scenario *s, const struct bytes *values) {
    for (size_t i = 0; i < s->variable_count; i++)
        if (values[i].data != NULL && values[i].data != s->variables[i].data)
            control_publish(c, s->variable_names[i], values[i].data, values[i].len);
}

static void set(const struct scenario *s, struct bytes *values, size_t i,
                const struct control_value *v) {
    char *copy = malloc(v->n + 1);
    if (copy == NULL)
        return; /* requests that need it cannot be built, and say so */
    memcpy(copy, v->bytes, v->n);
    copy[v->n] = '\0';
    if (values[i].data != s->variables[i].data)
        free((char *)(uintptr_t)values[i].data);
    values[i].data = copy;
    values[i].len = v->n;
}

void run_values_take(const struct control *c, const struct scenario *s, struct bytes *values) {
    for (size_t k = 0; k < c->value_count; k++)
        for (size_t i = 0; i < s->variable_count; i++)
            if (strcmp(s->variable_names[i], c->values[k].name) == 0)
                set(s, values, i, &c->values[k]);
}
