#include "util/array.h"

#include <stdint.h>
#include <stdlib.h>

#include "util/memory.h"

#define ROOM_MIN 16

void *array_room(void *items, size_t *room, size_t wanted, size_t item_bytes) {
    if (wanted <= *room && items != NULL)
        return items;
    size_t more = *room > SIZE_MAX / 2 ? wanted : *room * 2;
    if (more < wanted)
        more = wanted;
    if (more < ROOM_MIN)
        more = ROOM_MIN;
    if (more > SIZE_MAX / item_bytes)
        return NULL;
    void *grown = realloc(items, more * item_bytes);
    if (grown == NULL)
        memory_note();
    else
        *room = more;
    return grown;
}
