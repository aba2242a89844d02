#!/usr/bin/env bats
# The built programs have the hardening that SECURITY.md promises, read from them by readelf.

bats_require_minimum_version 1.5.0
# A build with a sanitiser has its own protection.
# bats file_tags=plain

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# hardened PROGRAM
hardened() {
    readelf -hW "$1" | grep -Eq 'Type: +DYN' || { echo "$1 is not position-independent"; return 1; }
    readelf -dW "$1" | grep -E 'FLAGS_1' | grep 'NOW' | grep -q 'PIE' || { echo "$1 binds functions late"; return 1; }
    readelf -lW "$1" | grep -q 'GNU_RELRO' || { echo "$1 has no read-only relocations"; return 1; }
    readelf -lW "$1" | grep -E 'GNU_STACK' | grep -Eq ' RW +0x' || { echo "the stack of $1 is executable"; return 1; }
    readelf -dW "$1" | grep -E 'TEXTREL|RPATH|RUNPATH' && { echo "$1 has relocations in its code, or a path of its own"; return 1; }
    local needed
    needed=$(readelf --dyn-syms -W "$1" | sed -n 's/.* \([a-z_]*\)@GLIBC.*/\1/p' | sort -u)
    grep -qx '__stack_chk_fail' <<<"$needed" || { echo "$1 has no stack protector"; return 1; }
    [ "$(grep -Ec '^__[a-z]+_chk$' <<<"$needed")" -ge 5 ] || { echo "$1 has few fortified functions: $needed"; return 1; }
}

# Both, because coldswarm-mpi is built by another compiler's name.
@test "coldswarm: position-independent, read-only relocations, stack protector, fortified functions" {
    hardened "$COLDSWARM"
}

# bats test_tags=more
@test "coldswarm-mpi too" {
    local program=build/release/mpicc.openmpi/coldswarm-mpi
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CC -u CFLAGS -u SAN make --no-print-directory -s -C "$ROOT" $program
    hardened "$ROOT/$program"
}

@test "what is read is what the flags do: without them, each of these fails" {
    printf '%s\n' '#include <stdio.h>' '#include <string.h>' 'int main(int n, char **v) { char b[64]; strcpy(b, v[n - 1]); puts(b); return 0; }' >a.c
    gcc -O2 -fno-stack-protector -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack -o a a.c
    run hardened ./a
    [[ $status -eq 1 && $output == "./a is not position-independent" ]]
    gcc -O2 -fno-stack-protector -fPIE -pie -Wl,-z,lazy -o a a.c
    run hardened ./a
    [[ $status -eq 1 && $output == "./a binds functions late" ]]
    gcc -O2 -fno-stack-protector -fPIE -pie -Wl,-z,now,-z,norelro -o a a.c
    run hardened ./a
    [[ $status -eq 1 && $output == "./a has no read-only relocations" ]]
    gcc -O2 -fno-stack-protector -fPIE -pie -Wl,-z,now,-z,relro,-z,execstack -o a a.c
    run hardened ./a
    [[ $status -eq 1 && $output == "the stack of ./a is executable" ]]
    gcc -O2 -fno-stack-protector -fPIE -pie -Wl,-z,now,-z,relro -o a a.c
    run hardened ./a
    [[ $status -eq 1 && $output == "./a has no stack protector" ]]
    gcc -O2 -fstack-protector-all -fPIE -pie -Wl,-z,now,-z,relro -o a a.c
    run hardened ./a
    [[ $status -eq 1 && $output == "./a has few fortified functions"* ]]
}

# The program as a whole is marked only if the C library's start code is, and Debian 12's is not.
@test "every object of ours is built for control-flow protection" {
    [ "$(uname -m)" = x86_64 ] || skip "endbr64 is an instruction of x86-64"
    local archive objects marked
    archive=$(dirname "$COLDSWARM")/libcoldswarm.a
    objects=$(ar t "$archive" | wc -l)
    marked=$(readelf -nW "$archive" | grep -c 'x86 feature: IBT, SHSTK')
    [ "$objects" -gt 300 ]
    [ "$marked" = "$objects" ]
    objdump -d --disassemble=main "$COLDSWARM" | grep -A1 '<main>:' | grep -q endbr64
}
