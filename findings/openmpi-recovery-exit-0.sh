#!/bin/bash
# Package:   openmpi-bin 4.1.4-3+b1 (Debian 12)
# Behaviour: mpirun passes on the exit code of a program, and 137 if one was killed. With --enable-recovery or --continuous, which
#            let the other processes live if one dies, it exits with 0 in all these cases, and also if a process calls MPI_Abort().
#            So a script cannot tell a job that failed from one that did not.
# Seen:      rank 0 of 2 exits with 42: 42, and 0 with either option. It is killed: 137, and 0. MPI_Abort(comm, 42): 42, and 0.
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
package=openmpi-bin version=4.1.4-3+b1
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
dev=$(dpkg-query -W -f '${Version}' libopenmpi-dev 2>/dev/null || true)
[ "$have $dev" = "$version $version" ] && command -v gcc >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades \
        $package=$version libopenmpi-dev=$version gcc libc6-dev >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/abort.c" <<'END'
#include <mpi.h>
int main(int argc, char **argv) {
    int rank;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0)
        MPI_Abort(MPI_COMM_WORLD, 42);
    return MPI_Finalize();
}
END
mpicc.openmpi -o "$dir/abort" "$dir/abort.c"
code_of() { # OPTIONS... -- COMMAND...
    local code=0 options=()
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    timeout 60 mpirun.openmpi --allow-run-as-root --oversubscribe --mca plm isolated "${options[@]}" -n 2 "$@" >"$dir/out" 2>&1 || code=$?
    echo "$code"
}
exits='[ "$OMPI_COMM_WORLD_RANK" != 0 ] || exit 42'
killed='[ "$OMPI_COMM_WORLD_RANK" != 0 ] || kill -KILL $$'
for option in '' --enable-recovery --continuous; do
    seen="$(code_of $option -- sh -c "$exits") $(code_of $option -- sh -c "$killed") $(code_of $option -- "$dir/abort")"
    echo "seen: mpirun ${option:-without either}: exit 42, a kill and MPI_Abort(42) give $seen"
    [ "$seen" = "$([ -z "$option" ] && echo 42 137 42 || echo 0 0 0)" ] || fail "mpirun $option: $seen"
done
echo "as described ($package $version)"
