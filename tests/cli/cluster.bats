#!/usr/bin/env bats
# examples/cluster: a part as a job of a cluster, whose file is on the local disk until it has ended; and manifests that have no wrong key.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts

setup() {
    cd "$BATS_TEST_TMPDIR"
    export COLDSWARM
    mkdir local
}

# job DEST OPTION...: the job of one part, as a launcher starts it. Sets JOB, its process.
job() {
    TMPDIR=$PWD/local "$ROOT/examples/cluster/part.sh" "$@" >out 2>err 3>&- &
    JOB=$!
}

# begin DEST OPTION...: the same, for a load that starts soon; returns when it has sent something. A machine that was too busy to be there in
# time tries again, with more time.
begin() {
    local wait db ended
    for wait in 3 20 60; do
        job "$@" --start-at "$(date -u -d "+$wait seconds" +%FT%TZ)"
        ended=
        until db=$(compgen -G 'local/*/part.db') && [ "$(sql "$db" "select count(*) > 5 from requests" 2>/dev/null)" = 1 ]; do
            [ -z "$ended" ] || break
            kill -0 "$JOB" 2>/dev/null || ended=1 # one look more: it may have sent and gone since
            pause
        done
        [ -n "$ended" ] && grep -q 'was to start\|that was .* s ago' err || break
    done
    [ -z "$ended" ] || [ -n "$db" ] || { cat err; return 1; }
}

ended_with() {
    local code=0
    wait "$JOB" || code=$?
    [ "$code" -eq "$1" ] || { echo "exit code $code"; cat err; return 1; }
}

@test "the jobs of all parts leave their files in one folder, and nothing on the local disk" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 40, \"duration\": \"1s\", \"max_users\": 6 }, $TASKS }" >s.json
    local wait at i code late jobs
    for wait in 3 20 60; do
        at=$(date -u -d "+$wait seconds" +%FT%TZ) late=0 jobs=()
        rm -rf parts
        for i in 0 1 2; do
            export JOB_COMPLETION_INDEX=$i COLDSWARM_SHARDS=3
            job parts s.json --seed 7 --start-at "$at" --quiet
            jobs+=("$JOB")
        done
        for i in "${jobs[@]}"; do
            code=0
            wait "$i" || code=$?
            [ $code -ne 2 ] || late=1
        done
        [ $late -eq 1 ] || break
    done
    [ "$(ls parts | grep -c '^part-.*[.]db$')" = 3 ]
    [ -z "$(ls local)" ]
    status=0 output=
    "$COLDSWARM" merge m.db parts/*.db >merged || status=$?
    ended 0 m.db
    [ "$(sql m.db "select count(*) from requests")" = 40 ]
}

@test "a job that is told to end: the part ends in order, and its file is copied; one that cannot be copied stays" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 50, \"duration\": \"1h\", \"max_users\": 4 }, $TASKS }" >s.json
    export JOB_COMPLETION_INDEX=0 COLDSWARM_SHARDS=2
    local signal
    for signal in TERM HUP; do
        rm -rf parts
        begin parts s.json --seed 7 --quiet
        kill -$signal "$JOB"
        ended_with 143
        [ "$(sql parts/*.db "select exit_code from run")" = 143 ]
        [ -z "$(ls local)" ]
    done
    # coldswarm itself is killed: what it had written is copied too, with its log.
    rm -rf parts
    begin parts s.json --seed 7 --quiet
    kill -KILL "$(pgrep -P "$JOB")"
    ended_with 137
    [ -s "$(echo parts/*.db-wal)" ]
    run -4 "$COLDSWARM" merge --partial m.db parts/*.db
    [ "$(sql m.db "select count(*) > 5 from requests")" = 1 ]
    # The folder is a file.
    : >nowhere
    begin nowhere s.json --seed 7 --quiet -t 1s
    ended_with 3
    grep -q "could not be copied to nowhere; it stays where it is" err
    [ "$(sql local/*/part.db "select count(*) > 5 from requests")" = 1 ]
}

@test "a start that is past: the job has the exit code, and no file" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 50, \"duration\": \"1s\", \"max_users\": 4 }, $TASKS }" >s.json
    export JOB_COMPLETION_INDEX=0 COLDSWARM_SHARDS=2
    job parts s.json --seed 7 --start-at 2001-01-01T00:00:00Z
    ended_with 2
    [ ! -e parts ] && [ -z "$(ls local)" ]
}

# bats test_tags=plain
@test "a run file on a network file system: a warning that names it" {
    start_target
    echo '#include <sys/vfs.h>
        int statfs(const char *path, struct statfs *s) { (void)path; *s = (struct statfs){.f_type = TYPE}; return 0; }' >statfs.c
    local type name
    for type in 0x6969:NFS 0x0BD00BD0:Lustre 0xFF534D42:CIFS; do
        name=${type#*:}
        cc -shared -fPIC -DTYPE="${type%:*}" -o $name.so statfs.c
        LD_PRELOAD=$PWD/$name.so "$COLDSWARM" run --host "$URL" -t 100ms -u 1 -r 9 -o $name/new/a.db --quiet >out 2>err || true
        grep -q "warning: $name/new/a.db is on $name: the log of an SQLite file needs a local disk" err
    done
    "$COLDSWARM" run --host "$URL" -t 100ms -u 1 -r 9 -o here.db --quiet >out 2>err || true
    fails grep -q warning err
}

# bats test_tags=more
@test "manifests have only keys that Kubernetes and Kubeflow know, and a mistake is refused" {
    check() {
        python3 "$ROOT/tests/cluster/check_manifest.py" "$@"
    }
    check "$ROOT"/examples/cluster/*.yaml
    local wrong file
    for wrong in indexed-job:completions:/completion: indexed-job:emptyDir/emtpyDir indexed-job:'completions: 4/completions: "4"' \
        mpijob:slotsPerWorker/slotPerWorker mpijob:mountPath/mountpath mpijob:WaitForWorkersReady/WaitForWorkers; do
        file=${wrong%%:*}
        sed "s/${wrong#*:}/" "$ROOT/examples/cluster/$file.yaml" >wrong.yaml
        run -1 check wrong.yaml
        [[ $output == *"error TS"* ]]
    done
    # What one place says twice is equal.
    python3 - "$ROOT/examples/cluster/indexed-job.yaml" <<'END'
import sys, yaml
job = yaml.safe_load(open(sys.argv[1]))["spec"]
[container] = job["template"]["spec"]["containers"]
shards = {e["name"]: e.get("value") for e in container["env"]}["COLDSWARM_SHARDS"]
assert int(shards) == job["completions"] == job["parallelism"] and job["backoffLimit"] == 0
assert {m["name"] for m in container["volumeMounts"]} == {v["name"] for v in job["template"]["spec"]["volumes"]}
END
}
