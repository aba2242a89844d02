/* near: cmocka's assert_float_equal looks at floats; this one looks at doubles and shows both. */
#ifndef TESTS_NEAR_H
#define TESTS_NEAR_H

#define assert_near(got, want, off)                                                                \
    do {                                                                                           \
        double got_ = (got), want_ = (want);                                                       \
        if (!(got_ - want_ <= (off) && want_ - got_ <= (off)))                                     \
            fail_msg("%s is %.17g, not %.17g", #got, got_, want_);                                 \
    } while (0)

#endif
