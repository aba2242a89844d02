#!/usr/bin/env bats
# What test_samples.c compares with is what the second reader finds today.

@test "expected is what reader.py finds in the samples" {
    cd "$BATS_TEST_DIRNAME"
    diff <(./reader.py) expected
}
