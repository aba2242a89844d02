#include "cli/reflecting.h"

#include <string.h>

#include "cli/grpc_asker.h"
#include "grpc/grpc_frame.h"
#include "grpc/reflection.h"
#include "scenario/scenario.h"
#include "util/buf.h"

#define QUESTION_MAX_BYTES ((size_t)32 << 10)

/* A question, in the version of reflection that the server knows. */
struct reflecting {
    struct grpc_asker *asker;
    struct reflection *types;
    bool alpha; /* the server does not know v1 */
    struct buf question;
};

static int ask(struct reflecting *x, struct err *e) {
    struct grpc_asked asked = {.status = GRPC_OK};
    struct bytes question = {buf_text(&x->question), x->question.len};
    if (!x->alpha) {
        if (grpc_asker_call(x->asker, REFLECTION_V1, question, true, &asked, e) != 0)
            return -1;
        x->alpha = asked.status == GRPC_UNIMPLEMENTED;
    }
    if (x->alpha && grpc_asker_call(x->asker, REFLECTION_V1ALPHA, question, true, &asked, e) != 0)
        return -1;
    if (asked.status == GRPC_UNIMPLEMENTED)
        return err_set(e, "the server has no server reflection (UNIMPLEMENTED); write \"proto\" or "
                          "\"descriptor_set\"");
    if (asked.outcome != OUTCOME_OK)
        return err_set(e, "%s", asked.why);
    return reflection_answer(x->types, asked.answer.data, asked.answer.len, e);
}

/* The service's file, and then what it imports. */
static int ask_all(struct reflecting *x, const char *service, struct err *e) {
    const char *file;
    reflection_ask_symbol(&x->question, service);
    if (ask(x, e) != 0)
        return -1;
    while ((file = reflection_missing(x->types)) != NULL) {
        buf_clear(&x->question);
        reflection_ask_file(&x->question, file);
        if (ask(x, e) != 0)
            return -1;
    }
    return 0;
}

static int types_of(void *context, const struct scenario *s, const char *service,
                    proto_set_file_fn *file, void *file_context, struct proto_set **out,
                    struct err *e) {
    struct reflecting x = {0};
    struct proto_set *set = NULL;
    if (grpc_asker_open(s, context, &x.asker, e) != 0)
        return -1;
    buf_init(&x.question, QUESTION_MAX_BYTES);
    x.types = reflection_new();
    int result = x.types == NULL ? err_memory(e, NULL) : ask_all(&x, service, e);
    if (result == 0)
        result = reflection_types(x.types, grpc_asker_target(x.asker), &set, e);
    if (result == 0)
        result = reflection_files(x.types, file, file_context, e);
    if (result == 0)
        *out = set;
    else {
        proto_set_free(set);
        err_prefix(e, "cannot get the types of %s from %s by server reflection", service,
                   grpc_asker_target(x.asker));
    }
    reflection_free(x.types);
    buf_done(&x.question);
    grpc_asker_close(x.asker);
    return result;
}

void reflecting_begin(const char *host) {
    scenario_set_reflection(types_of, (void *)(uintptr_t)host);
}
