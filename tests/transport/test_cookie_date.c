/* Dates of RFC 6265 5.1.1, held against seconds that calendar.timegm() of Python 3.11 worked out,
 * and refusals by the letter of the RFC. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "transport/cookie_date.h"

static void dates_are_read_in_any_form(void **state) {
    (void)state;
    static const struct {
        const char *text;
        long long seconds;
    } cases[] = {
        /* The three forms of RFC 9110 5.6.7, one moment. */
        {"Sun, 06 Nov 1994 08:49:37 GMT", 784111777},
        {"Sunday, 06-Nov-94 08:49:37 GMT", 784111777},
        {"Sun Nov  6 08:49:37 1994", 784111777},
        /* Any order, any separators, any case; weekday and zone mean nothing. */
        {"08:49:37 1994 nov 6", 784111777},
        {"6/NOV/1994;8:49:37", 784111777},
        {"6-NOVember-1994~08:49:37+0200", 784111777},
        {"Mon Nov 6 1994 08:49:37 PST", 784111777},
        {"\t6!Nov\"1994#08:49:37", 784111777},
        {"6 Nov 1994 08:49:37 10:20:30", 784111777},
        {"06th Nov 1994AD 08:49:37xyz", 784111777},
        {"8:9:7 6 Nov 1994", 784109347},
        /* Two digits: 70 to 99 are 19xx, 0 to 69 are 20xx. */
        {"Thu, 01-Jan-70 00:00:00 GMT", 0},
        {"Fri, 31-Dec-99 23:59:59 GMT", 946684799},
        {"Sat, 01-Jan-00 00:00:00 GMT", 946684800},
        {"Tue, 31-Dec-69 23:59:59 GMT", 3155759999},
        {"01 Jan 070 00:00:00", 0},
        /* Before 1970, as far as the RFC goes. */
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Mon, 01 Jan 1601 00:00:00 GMT", -11644473600},
        /* Leap days, and the last of a year. */
        {"Tue, 29 Feb 2028 12:00:00 GMT", 1835438400},
        {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        time_t t = 12345;
        bool date = cookie_date((struct bytes){cases[i].text, strlen(cases[i].text)}, &t);
        if (!date || t != cases[i].seconds)
            print_message("%s: %s, %lld\n", cases[i].text, date ? "read" : "refused", (long long)t);
        assert_true(date && t == cases[i].seconds);
    }
}

static void what_is_no_date_is_refused(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "0",
        "Thu, 01 Jan 1970",           /* no time */
        "Thu, 01 Jan 00:00:00 GMT",   /* no year */
        "Thu, Jan 1970 00:00:00 GMT", /* no day */
        "01 1970 00:00:00",           /* no month */
        "01 Jan 1600 00:00:00",       /* too early */
        "01 Jan 20270 00:00:00",      /* five digits are no year */
        "01 Jan 7 00:00:00",          /* nor is one */
        "001 Jan 1970 00:00:00",      /* three are no day */
        "00 Jan 1970 00:00:00",       /* no such days */
        "32 Jan 1970 00:00:00",
        "31 Apr 2027 00:00:00",
        "29 Feb 2027 00:00:00",
        "29 Feb 1900 00:00:00",
        "01 Jan 1970 24:00:00", /* no such times */
        "01 Jan 1970 00:60:00",
        "01 Jan 1970 00:00:60",
        "01 Jan 1970 00:00",
        "01 Jan 1970 000:00:00",
        "01 Ja 1970 00:00:00",
        "01.01.1970 00:00:00",
        "1970-01-01T00:00:00Z", /* ISO 8601 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        time_t t = 12345;
        if (cookie_date((struct bytes){cases[i], strlen(cases[i])}, &t))
            fail_msg("\"%s\" was read as %lld", cases[i], (long long)t);
        assert_int_equal(t, 12345);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_in_any_form),
        cmocka_unit_test(what_is_no_date_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
