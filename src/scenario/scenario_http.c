#include "scenario/scenario.h"

const char *scenario_http_version_text(enum scenario_http_version version) {
    static const char *const texts[] = {"1.1", "2", "2-prior-knowledge", "2-only"};
    return texts[version];
}
