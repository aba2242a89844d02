#!/usr/bin/env bats
# bats file_tags=more
# Short slices of the long tests of this folder, which `make torture` runs in full: see docs/reliability.md.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    export COLDSWARM TMPDIR=$BATS_TEST_TMPDIR
    cd "$BATS_TEST_DIRNAME"
}

@test "some allocations of each command fail" {
    ./allocations.py --sample 6 --jobs 2
    ./allocations.py --sample 3 --jobs 2 --forever --only report --only merge --only 'run direct' --only 'convert har'
}

@test "a lack of memory is no mistake of the command line or the scenario" {
    ./allocations.py --sample 40 --jobs 2 --only validate --only 'convert curl'
}

@test "some writes of a run fail, and its file goes away" {
    ./writes.py --sample 8 --jobs 2
}

@test "a run is killed, and the power goes" {
    ./power.py --kills 20 --cuts 40 --recorded 3 --jobs 2
}

@test "the network is slow, ends and resets connections" {
    ./network.py --only state --only pieces --only delay --seconds 1 --jobs 4
}

@test "run files are damaged" {
    ./hostile_files.py --only fuzzed --fuzzed 8 --jobs 2
}

@test "the clock is set during a run, and the run is stopped" {
    ./clocks.py --seconds 1.5
}
