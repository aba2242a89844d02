# For suites of coldswarm-mpi whose ranks are processes of this machine. Load it behind helpers.bash.

PROGRAM=$(dirname "$COLDSWARM")/mpicc.openmpi/coldswarm-mpi
# Leaks are not looked for: the libraries of MPI have thousands, in modules that they have unloaded by then.
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"

# mpi_here: from setup(), in the folder of the test. Parts write to tmp.
mpi_here() {
    mkdir tmp
    export COLDSWARM TMPDIR=$PWD/tmp
}

MPIRUN=(mpirun --allow-run-as-root --oversubscribe --bind-to none -x COLDSWARM -x TMPDIR)

# here N OPTION...: coldswarm-mpi run with N ranks.
here() {
    local n=$1
    shift
    "${MPIRUN[@]}" -n "$n" "$PROGRAM" run "$@" 3>&-
}
