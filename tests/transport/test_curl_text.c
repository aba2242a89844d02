/* libcurl's texts of two requests that differ in their numbers alone are one kind. The formats are
 * those of failf() in libcurl 7.88.1 and, where said, of later versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "transport/curl_text.h"

static const char *kind(const char *text) {
    static char out[300];
    curl_text_kind(text, strlen(text), out, sizeof out);
    return out;
}

static void numbers_of_one_request_go(void **state) {
    (void)state;
    static const char *const texts[][3] = {
        {"HTTP/2 stream 1 was not closed cleanly: INTERNAL_ERROR (err 2)",
         "HTTP/2 stream 29131 was not closed cleanly: INTERNAL_ERROR (err 2)",
         "HTTP/2 stream N was not closed cleanly: INTERNAL_ERROR (err 2)"},
        {"HTTP/2 stream 7 was closed cleanly, but before getting  all response header fields, "
         "treated as error",
         "HTTP/2 stream 0 was closed cleanly, but before getting  all response header fields, "
         "treated as error",
         "HTTP/2 stream N was closed cleanly, but before getting  all response header fields, "
         "treated as error"},
        {"HTTP/2 stream 3 was not closed cleanly before end of the underlying stream",
         "HTTP/2 stream 5 was not closed cleanly before end of the underlying stream",
         "HTTP/2 stream N was not closed cleanly before end of the underlying stream"},
        {"Failed to connect to 10.0.0.1 port 8080 after 0 ms: Couldn't connect to server",
         "Failed to connect to 10.0.0.1 port 8080 after 3051 ms: Couldn't connect to server",
         "Failed to connect to 10.0.0.1 port 8080: Couldn't connect to server"},
        {"Connection timeout after 1000 ms", "Connection timeout after 1001 ms",
         "Connection timeout"},
        {"Failed to resolve host 'h2.example' with timeout after 12 ms",
         "Failed to resolve host 'h2.example' with timeout after 9999 ms",
         "Failed to resolve host 'h2.example' with timeout"},
        {"Operation timed out after 250 milliseconds with 17 out of 4096 bytes received",
         "Operation timed out after 251 milliseconds with 0 out of 90 bytes received",
         "Operation timed out with N out of N bytes received"},
        {"transfer closed with 1 bytes remaining to read",
         "transfer closed with 65536 bytes remaining to read",
         "transfer closed with N bytes remaining to read"},
        {"Could only read 100 bytes from the input", "Could only read 7 bytes from the input",
         "Could only read N bytes from the input"},
        {"connection buffer size is too small to store data following HTTP Upgrade response "
         "header: buflen=32768, datalen=40000",
         "connection buffer size is too small to store data following HTTP Upgrade response "
         "header: buflen=32768, datalen=50001",
         "connection buffer size is too small to store data following HTTP Upgrade response "
         "header: buflen=N, datalen=N"},
        {"Connection died, tried 5 times before giving up",
         "Connection died, tried 4 times before giving up",
         "Connection died, tried N times before giving up"},
        /* 8.x */
        {"HTTP/2 stream 1 reset by server (error 0x8 CANCEL)",
         "HTTP/2 stream 3 reset by server (error 0x8 CANCEL)",
         "HTTP/2 stream N reset by server (error 0x8 CANCEL)"},
        {"end of response with 12 bytes missing", "end of response with 9 bytes missing",
         "end of response with N bytes missing"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_string_equal(kind(texts[i][0]), texts[i][2]);
        assert_string_equal(kind(texts[i][1]), texts[i][2]);
    }
}

static void numbers_that_tell_kinds_apart_stay(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "Error in the HTTP2 framing layer",
        "The requested URL returned error: 503",
        "CONNECT tunnel failed, response 407",
        "Maximum (50) redirects followed",
        "Reject response due to more than 5 content encodings",
        "Unsupported HTTP version (1.2) in response",
        ("h2_process_pending_input: nghttp2_session_mem_recv() returned -902:The user callback "
         "function failed"),
        "bind failed with errno 99: Cannot assign requested address",
        "OpenSSL SSL_read: error:0A000126:SSL routines::unexpected eof while reading, errno 0",
        "OpenSSL SSL_connect: Connection reset by peer in connection to 127.0.0.1:8443 ",
        "SSL certificate verify result: unable to get local issuer certificate (20)",
        "Can't complete SOCKS5 connection to example.org. (4)",
        "Can't complete SOCKS4 connection to 10.0.0.7:80. (91), request rejected or failed.",
        "User was rejected by the SOCKS5 server (1 255).",
        "Could not resolve host: web1.example",
        "no chunk, no close, no size. Assume close to signal end",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(kind(texts[i]), texts[i]);
}

static void what_is_given_is_not_passed(void **state) {
    (void)state;
    char out[8];
    curl_text_kind("stream 12345", 9, out, sizeof out);
    assert_string_equal(out, "stream "); /* a byte for the NUL */
    char more[20];
    curl_text_kind("after 12 ms", 8, more, sizeof more); /* what is behind is not looked at */
    assert_string_equal(more, "after 12");
    curl_text_kind("stream 12345", 12, more, 9);
    assert_string_equal(more, "stream N");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_one_request_go),
        cmocka_unit_test(numbers_that_tell_kinds_apart_stay),
        cmocka_unit_test(what_is_given_is_not_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
