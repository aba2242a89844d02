#!/bin/sh
# part.sh DEST SCENARIO [OPTION...]: runs the part of a load that the launcher says, with these options of `coldswarm run`. The run file is
# on the local disk while it is written, because SQLite's log is not for network file systems. When the part has ended, however it ended, the
# file is copied into the folder DEST, which all parts may share. Its name has the host and the process in it.
# A signal is passed on to coldswarm, which then ends in order. The exit code is that of coldswarm, or 3 if the file could not be copied.
set -u
[ $# -ge 2 ] || { echo "usage: part.sh DEST SCENARIO [OPTION...]" >&2; exit 2; }
dest=$1
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/coldswarm-part-XXXXXX") || exit 3
pid=
trap '[ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null' INT TERM HUP
"${COLDSWARM:-coldswarm}" run "$@" --shard auto --out "$work/part.db" &
pid=$!
wait "$pid"
code=$?
# A signal ends the first wait early.
while kill -0 "$pid" 2>/dev/null; do
    wait "$pid"
    code=$?
done
trap '' INT TERM HUP
name=part-$(uname -n)-$$.db
# Under another name first, so that nobody merges half a file. After a kill, the newest requests are in the -wal.
for end in -wal ""; do
    [ -s "$work/part.db$end" ] || continue
    mkdir -p "$dest" && cp "$work/part.db$end" "$dest/.$name$end" && mv "$dest/.$name$end" "$dest/$name$end" || {
        echo "part.sh: $work/part.db$end could not be copied to $dest; it stays where it is" >&2
        exit 3
    }
done
rm -rf "$work"
exit "$code"
