#!/bin/bash
# Package:   libsqlite3-0 3.40.1-2+deb12u2 (Debian 12)
# Behaviour: reading all rows of a table by sqlite3_step() and sqlite3_column_int64() costs more than letting SQLite call a function of
#            one's own with the columns as its arguments ("SELECT 1 FROM t WHERE take(a, b, ...)", where take() returns NULL). Each
#            sqlite3_column_*() takes the connection's mutex and stores an error code, and each sqlite3_step() leaves and enters the
#            virtual machine; the function gets its values as they are, in one call a row.
# Seen:      20 000 rows of ten whole numbers, instructions as valgrind counts them, without making the table: 3 350 a row by steps,
#            1 860 by the function, which is 0.56 of them. Both add up the same numbers.
# Everything it installs goes into a throw-away layer over / in a temporary folder (an overlay; needs root): the system stays as it is.
if [ -z "${IN_LAYER:-}" ]; then
    LAYER=$(mktemp -d); export LAYER IN_LAYER=1; code=0
    unshare --mount --fork --kill-child bash -euc '
        mount -t tmpfs tmpfs "$LAYER"; mkdir "$LAYER/up" "$LAYER/work" "$LAYER/root"
        mount -t overlay overlay -o "lowerdir=/,upperdir=$LAYER/up,workdir=$LAYER/work" "$LAYER/root"
        for d in dev proc sys; do mount --rbind "/$d" "$LAYER/root/$d"; done
        printf "#!/bin/sh\nexit 101\n" >"$LAYER/root/usr/sbin/policy-rc.d"; chmod +x "$LAYER/root/usr/sbin/policy-rc.d"
        cp "$0" "$LAYER/root/tmp/finding.sh"; exec chroot "$LAYER/root" /bin/bash /tmp/finding.sh' "$0" || code=$?
    rmdir "$LAYER"; exit "$code"
fi
set -eu
package=libsqlite3-0 version=3.40.1-2+deb12u2
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] && [ -e /usr/include/sqlite3.h ] && command -v gcc >/dev/null && command -v valgrind >/dev/null || {
    apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades \
        $package=$version libsqlite3-dev=$version gcc libc6-dev valgrind >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/rows.c" <<'END'
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static sqlite3_int64 sum;

static void take(sqlite3_context *c, int n, sqlite3_value **v) {
    for (int i = 0; i < n; i++)
        sum += sqlite3_value_int64(v[i]);
    sqlite3_result_null(c);
}

int main(int argc, char **argv) {
    sqlite3 *db;
    sqlite3_stmt *st = NULL;
    const char *how = argc > 1 ? argv[1] : "";
    sqlite3_open(":memory:", &db);
    sqlite3_exec(db,
                 "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c, d, e, f, g, h, i, j);"
                 "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t "
                 "SELECT i, i * 7, i * 11, i * 13, i * 17, i * 19, i * 23, i * 29, i * 31, i * 37, i * 41 FROM n",
                 NULL, NULL, NULL);
    sqlite3_create_function(db, "take", 10, SQLITE_UTF8, NULL, take, NULL, NULL);
    if (strcmp(how, "step") == 0)
        sqlite3_prepare_v2(db, "SELECT a, b, c, d, e, f, g, h, i, j FROM t", -1, &st, NULL);
    if (strcmp(how, "function") == 0)
        sqlite3_prepare_v2(db, "SELECT 1 FROM t WHERE take(a, b, c, d, e, f, g, h, i, j)", -1, &st, NULL);
    int columns = st == NULL ? 0 : sqlite3_column_count(st);
    while (st != NULL && sqlite3_step(st) == SQLITE_ROW)
        for (int i = 0; i < columns; i++)
            sum += sqlite3_column_int64(st, i);
    printf("%lld\n", sum);
    return 0;
}
END
gcc -O2 -o "$dir/rows" "$dir/rows.c" -lsqlite3
# instructions HOW: how many the program takes; its sum goes to $dir/HOW.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$dir/rows" "$1" 2>"$dir/log" >"$dir/$1"
    sed -n 's/.*Collected : //p' "$dir/log"
}
made=$(instructions none) steps=$(instructions step) called=$(instructions function)
cmp -s "$dir/step" "$dir/function" || fail "the two ways read other numbers"
steps=$(((steps - made) / 20000)) called=$(((called - made) / 20000))
echo "seen: $steps instructions a row by steps, $called by a function"
[ $((called * 100)) -lt $((steps * 75)) ] || fail "the function takes 0.75 of the steps' instructions, or more"
echo "as described ($package $version)"
