#include "engine/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/record.h"

#define TEXT_BYTES 8192 /* more than the lines that we look for are away from the beginning */

int64_t proc_open_files(void) {
    struct stat st;
    /* Since Linux 6.2 the size of the directory is the count; before, it is 0. */
    if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
        return st.st_size;
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL)
        return RECORD_UNKNOWN;
    int64_t n = -3; /* ".", ".." and the one that we read with */
    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n;
}

static bool read_text(const char *path, char out[TEXT_BYTES]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t used = 0;
    ssize_t n;
    while (used + 1 < TEXT_BYTES && (n = read(fd, out + used, TEXT_BYTES - 1 - used)) > 0)
        used += (size_t)n;
    out[used] = '\0';
    close(fd);
    return used > 0;
}

/* The line that begins with the label; NULL if there is none. */
static const char *find_line(const char *text, const char *label) {
    size_t n = strlen(label);
    while (text != NULL && strncmp(text, label, n) != 0) {
        text = strchr(text, '\n');
        text = text == NULL ? NULL : text + 1;
    }
    return text;
}

/* The number behind a word of the line "LABEL word number word number ..."; 0 without it. */
static int64_t number_behind(const char *text, const char *label, const char *word) {
    const char *line = find_line(text, label);
    const char *end = line == NULL ? NULL : line + strcspn(line, "\n");
    const char *at = line == NULL ? NULL : strstr(line, word);
    return at == NULL || at > end ? 0 : strtoll(at + strlen(word), NULL, 10);
}

int64_t proc_ports(void) {
    char text[TEXT_BYTES];
    if (!read_text("/proc/net/sockstat", text) || find_line(text, "TCP:") == NULL)
        return RECORD_UNKNOWN;
    int64_t n = number_behind(text, "TCP:", " inuse ") + number_behind(text, "TCP:", " tw ");
    if (read_text("/proc/net/sockstat6", text))
        n += number_behind(text, "TCP6:", " inuse ");
    return n;
}

/* Two lines begin with "Tcp:": names and, in the same order, numbers. */
int64_t proc_retransmits(void) {
    char text[TEXT_BYTES], *names_rest = NULL, *numbers_rest = NULL;
    if (!read_text("/proc/net/snmp", text))
        return RECORD_UNKNOWN;
    const char *names = find_line(text, "Tcp:");
    const char *numbers = names == NULL ? NULL : find_line(names + 1, "Tcp:");
    if (numbers == NULL)
        return RECORD_UNKNOWN;
    text[(numbers - text) + (ptrdiff_t)strcspn(numbers, "\n")] = '\0';
    text[(numbers - text) - 1] = '\0';
    char *name = strtok_r(text + (names - text), " ", &names_rest);
    char *number = strtok_r(text + (numbers - text), " ", &numbers_rest);
    for (; name != NULL && number != NULL; name = strtok_r(NULL, " ", &names_rest)) {
        if (strcmp(name, "RetransSegs") == 0)
            return strtoll(number, NULL, 10);
        number = strtok_r(NULL, " ", &numbers_rest);
    }
    return RECORD_UNKNOWN;
}
