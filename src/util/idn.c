#include "util/idn.h"

#include <idn2.h>
#include <stdint.h>

bool idn_is_ascii(const char *name, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] >= 0x80)
            return false;
    return true;
}

int idn_labels(const char *name, struct buf *out, struct err *e) {
    uint8_t *labels = NULL;
    int code =
        idn2_lookup_u8((const uint8_t *)name, &labels, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (code != IDN2_OK)
        return err_set(e, "the host \"%.200s\" is not a valid international name: %s", name,
                       idn2_strerror(code));
    buf_str(out, (const char *)labels);
    idn2_free(labels);
    return 0;
}
