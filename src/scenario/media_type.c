#include "scenario/media_type.h"

#include <string.h>
#include <strings.h>

const char *media_type(const char *file) {
    static const struct {
        const char *end, *type;
    } types[] = {
        {".png", "image/png"},         {".jpg", "image/jpeg"},      {".jpeg", "image/jpeg"},
        {".gif", "image/gif"},         {".webp", "image/webp"},     {".svg", "image/svg+xml"},
        {".json", "application/json"}, {".csv", "text/csv"},        {".txt", "text/plain"},
        {".pdf", "application/pdf"},   {".xml", "application/xml"}, {".html", "text/html"}};
    size_t n = strlen(file);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t m = strlen(types[i].end);
        if (n > m && strcasecmp(file + n - m, types[i].end) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}
