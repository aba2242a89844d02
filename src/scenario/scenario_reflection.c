#include "scenario/scenario_internal.h"

static scenario_types_fn *types_of;
static void *types_context;

void scenario_set_reflection(scenario_types_fn *types, void *context) {
    types_of = types;
    types_context = context;
}

int scenario_reflect(const struct scenario *s, const char *service, proto_set_file_fn *file,
                     void *file_context, struct proto_set **out, struct err *e) {
    if (types_of == NULL)
        return err_set(e, "\"reflection\" asks the target, which is not done here; write \"proto\" "
                          "or \"descriptor_set\"");
    return types_of(types_context, s, service, file, file_context, out, e);
}
