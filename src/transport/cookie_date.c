#include "transport/cookie_date.h"

#include <string.h>
#include <strings.h>

#define YEAR_FIRST 1601

/* What has been found so far; -1: not yet. */
struct parts {
    int hour, minute, second, day, month, year;
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* RFC 6265's delimiter: what separates the words of a date. */
static bool is_delimiter(char c) {
    unsigned char u = (unsigned char)c;
    return u == 0x09 || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) ||
           (u >= 0x5b && u <= 0x60) || (u >= 0x7b && u <= 0x7e);
}

/* Takes `least` to `most` digits off the front, with no further digit behind them; -1: they are not
 * there. */
static int number(struct bytes *b, size_t least, size_t most) {
    size_t n = 0;
    int value = 0;
    while (n < b->len && n < most && is_digit(b->data[n]))
        value = value * 10 + (b->data[n++] - '0');
    if (n < least || (n < b->len && is_digit(b->data[n])))
        return -1;
    b->data += n;
    b->len -= n;
    return value;
}

static bool take_colon(struct bytes *b) {
    if (b->len == 0 || *b->data != ':')
        return false;
    b->data++;
    b->len--;
    return true;
}

/* 1*2DIGIT ":" 1*2DIGIT ":" 1*2DIGIT, and then anything but a digit. */
static bool take_time(struct bytes word, struct parts *p) {
    int hour = number(&word, 1, 2);
    if (hour < 0 || !take_colon(&word))
        return false;
    int minute = number(&word, 1, 2);
    if (minute < 0 || !take_colon(&word))
        return false;
    int second = number(&word, 1, 2);
    if (second < 0)
        return false;
    p->hour = hour;
    p->minute = minute;
    p->second = second;
    return true;
}

static int month_of(struct bytes word) {
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    for (int i = 0; word.len >= 3 && i < 12; i++)
        if (strncasecmp(word.data, names + (size_t)i * 3, 3) == 0)
            return i;
    return -1;
}

/* Each word is the first thing that it can be and that is still missing. */
static void take_word(struct bytes word, struct parts *p) {
    struct bytes rest = word;
    if (p->hour < 0 && take_time(word, p))
        return;
    if (p->day < 0 && (p->day = number(&rest, 1, 2)) >= 0)
        return;
    if (p->month < 0 && (p->month = month_of(word)) >= 0)
        return;
    rest = word;
    if (p->year < 0)
        p->year = number(&rest, 2, 4);
}

static int days_of(int month, int year) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 1 && leap ? 29 : days[month];
}

bool cookie_date(struct bytes text, time_t *out) {
    struct parts p = {-1, -1, -1, -1, -1, -1};
    size_t at = 0;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len && !is_delimiter(text.data[end]))
            end++;
        if (end > at)
            take_word((struct bytes){text.data + at, end - at}, &p);
        at = end + 1;
    }
    if (p.hour < 0 || p.day < 0 || p.month < 0 || p.year < 0)
        return false;
    if (p.year <= 99)
        p.year += p.year >= 70 ? 1900 : 2000;
    if (p.year < YEAR_FIRST || p.hour > 23 || p.minute > 59 || p.second > 59 || p.day < 1 ||
        p.day > days_of(p.month, p.year))
        return false;
    struct tm t = {.tm_year = p.year - 1900,
                   .tm_mon = p.month,
                   .tm_mday = p.day,
                   .tm_hour = p.hour,
                   .tm_min = p.minute,
                   .tm_sec = p.second};
    *out = timegm(&t);
    return true;
}
