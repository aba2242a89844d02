#!/usr/bin/env bats
# examples/ci: the pipelines' own shell lines, run against a real service: what passes, what fails, and what becomes a baseline.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    mkdir -p "$BATS_TEST_TMPDIR/repository/ci" "$BATS_TEST_TMPDIR/cache" "$BATS_TEST_TMPDIR/artifacts"
    cd "$BATS_TEST_TMPDIR/repository"
    cp "$ROOT/examples/ci/load-gate.sh" ci/
    unset GITHUB_STEP_SUMMARY KEEP SCENARIO TARGET
    export CACHE=$BATS_TEST_TMPDIR/cache ARTIFACTS=$BATS_TEST_TMPDIR/artifacts
    scenario 60000
}

# scenario LIMIT-MS [DURATION]: about 150 requests a second, by users: such a load is not late, however slow the machine is.
scenario() {
    cat >ci/scenario.json <<JSON
{ "load": { "users": 4, "spawn_rate": 100, "duration": "${2:-2s}" }, "wait": { "constant": "20ms" },
  "tasks": [{ "name": "/", "path": "/" }], "thresholds": { "http_req_failed": ["rate<0.01"], "response_time": ["p(95)<$1"] } }
JSON
}

# As the pipelines get it: by its address and hash.
program() {
    export COLDSWARM_URL=file://$COLDSWARM
    COLDSWARM_SHA256=$(sha256sum <"$COLDSWARM" | cut -d ' ' -f 1)
    export COLDSWARM_SHA256
}

gate() {
    run env TARGET="$URL" "$@" ci/load-gate.sh
    echo "$output"
}

@test "the example's own scenario is right" {
    run "$COLDSWARM" validate "$ROOT/examples/ci/scenario.json" --host http://127.0.0.1:1
    [ "$status" -eq 0 ]
}

@test "load-gate.sh: passes, fails a threshold, cannot run; without a target it says so" {
    start_target --get-service-time 3ms
    local duration
    # More time where the machine stalls.
    for duration in 2s 10s 60s; do
        scenario 60000 $duration
        gate COLDSWARM="$COLDSWARM" KEEP=false
        [ "$status" -eq 0 ]
        [ "$(sql run.db 'SELECT count(*) > 50 FROM requests')" = 0 ] || break
    done
    [ "$(sql run.db 'SELECT count(*) > 50 FROM requests')" = 1 ]
    xmllint --noout gate.xml
    [ "$(xmllint --xpath 'count(//failure)' gate.xml)" = 0 ]
    [ ! -e baseline ]
    scenario 1
    gate COLDSWARM="$COLDSWARM" KEEP=true
    [ "$status" -eq 99 ]
    [ "$(xmllint --xpath 'count(//failure)' gate.xml)" = 1 ]
    [ ! -e baseline ]
    sed -i 's/"path"/"pth"/' ci/scenario.json
    gate COLDSWARM="$COLDSWARM"
    [ "$status" -eq 2 ]
    [[ $output == *'unknown key "pth"'* ]]
    [ ! -e run.db ] && [ ! -e gate.xml ]
    run env -u TARGET ci/load-gate.sh
    [ "$status" -eq 2 ]
    [[ $output == *"set TARGET to the URL of the service"* ]]
    gate COLDSWARM="$COLDSWARM" SCENARIO=none.json
    [ "$status" -eq 2 ]
}

@test "failed requests are for the thresholds to judge, and a run that is not reliable ends with 4" {
    start_target --get-service-time 1ms --fail-rate 0.9 # one of a few fails, too
    sed -i 's/"http_req_failed": .*\], //' ci/scenario.json
    gate COLDSWARM="$COLDSWARM"
    [ "$status" -eq 0 ]
    [ "$(sql run.db 'SELECT exit_code FROM run')" = 1 ]
    # What the run ends with: another program in its place.
    printf '#!/bin/sh\n[ "$1" = run ] || exec "%s" "$@"\n"%s" "$@"\nsqlite3 run.db "UPDATE run SET verdict = %s, exit_code = 4"\nexit 4\n' \
        "$COLDSWARM" "$COLDSWARM" "'INVALID'" >late
    chmod +x late
    gate COLDSWARM=./late KEEP=true
    [ "$status" -eq 4 ]
    [ ! -e baseline ]
}

@test "baselines: five stay, those of another scenario do not count, and a regression fails" {
    local i id
    # A program whose runs are known: of the times of the baseline, or 1.3 times as long.
    python3 "$ROOT/tests/cli/make_pair.py" base.db failing=0
    python3 "$ROOT/tests/cli/make_pair.py" new.db failing=0 factor=1.3 seed=2
    printf '#!/bin/sh\n[ "$1" = run ] || exec "%s" "$@"\ncp "$RUN" run.db\n' "$COLDSWARM" >known
    chmod +x known
    URL=http://127.0.0.1:1
    id=$(sha256sum <ci/scenario.json | cut -c 1-12)
    mkdir baseline
    for i in 1 2 3 4 5; do cp base.db "baseline/$id-2020010${i}T000000Z.db"; done
    cp base.db baseline/000000000000-20200109T000000Z.db
    gate COLDSWARM=./known RUN=new.db KEEP=true
    [ "$status" -eq 99 ]
    [[ $output == *"response_time p(95) 10%: FAILED"* ]]
    [ "$(xmllint --xpath 'count(//failure)' gate.xml)" = 1 ]
    [ "$(ls baseline | wc -l)" -eq 6 ]
    gate COLDSWARM=./known RUN=base.db KEEP=true
    [ "$status" -eq 0 ]
    [ "$(ls baseline | grep -c "^$id-")" -eq 5 ] && [ "$(ls baseline | wc -l)" -eq 5 ]
    [ -e "baseline/$id-20200102T000000Z.db" ] && [ ! -e "baseline/$id-20200101T000000Z.db" ]
    # Another scenario has no baseline yet, and replaces them.
    scenario 61000
    start_target
    gate COLDSWARM="$COLDSWARM" KEEP=true
    [ "$status" -eq 0 ]
    [ "$(ls baseline | wc -l)" -eq 1 ]
}

# The lines of the YAML files by a reader of ours; by the servers' own in the second tier, below.
@test "GitHub Actions: the steps of the workflow, with cache, summary and annotations" {
    start_target --get-service-time 5ms
    program
    export GITHUB_STEP_SUMMARY=$BATS_TEST_TMPDIR/summary
    context() {
        printf '{"vars.LOAD_TEST_TARGET": "%s", "vars.COLDSWARM_URL": "%s", "vars.COLDSWARM_SHA256": "%s", "env.KEEP == '"'true'"'": %s,
            "github.ref_name == github.event.repository.default_branch": "%s"}' "$URL" "$COLDSWARM_URL" "$COLDSWARM_SHA256" "$1" "$1"
    }
    workflow() {
        rm -rf baseline coldswarm
        run env CONTEXT="$(context "$1")" python3 "$ROOT/tests/support/ci_steps.py" github "$ROOT/examples/ci/github-actions.yml"
        echo "$output"
    }
    workflow true
    [ "$status" -eq 0 ]
    [ "$(ls "$CACHE/baseline" | wc -l)" -eq 1 ]
    grep -q '^| ok ' "$GITHUB_STEP_SUMMARY"
    stop_target
    start_target --fail-rate 1
    workflow false
    [ "$status" -eq 99 ]
    [[ $output == *"::error"*"http_req_failed"* && $output == *"::notice title=Baseline"* ]]
    grep -q '^| FAILED ' "$GITHUB_STEP_SUMMARY"
    [ "$(ls "$CACHE/baseline" | wc -l)" -eq 1 ]
    # A program with another hash does not run.
    COLDSWARM_SHA256=${COLDSWARM_SHA256//[0-9]/a}
    workflow false
    [ "$status" -eq 1 ]
    [[ $output == *"coldswarm: FAILED"* ]]
}

@test "GitLab CI: the script of the job, with its cache" {
    start_target --get-service-time 5ms
    program
    export TARGET=$URL
    job() { # BRANCH: main or merge request
        rm -rf baseline coldswarm
        run env CONTEXT="{\"\$CI_PIPELINE_SOURCE == \\\"merge_request_event\\\"\": $([ "$1" = main ] && echo false || echo true), \"\$CI_COMMIT_BRANCH == \$CI_DEFAULT_BRANCH\": true}" \
            python3 "$ROOT/tests/support/ci_steps.py" gitlab "$ROOT/examples/ci/gitlab-ci.yml"
        echo "$output"
    }
    job main
    [ "$status" -eq 0 ]
    [ "$(ls "$CACHE/baseline" | wc -l)" -eq 1 ]
    stop_target
    start_target --fail-rate 1
    export TARGET=$URL
    job merge
    [ "$status" -eq 99 ]
    [[ $output == *"Against the baseline"* ]]
    [ -s gate.xml ] && [ -s run.db ]
    [ "$(ls "$CACHE/baseline" | wc -l)" -eq 1 ]
}

# bats test_tags=more
@test "Jenkins: the pipeline runs, with baselines as artifacts; a threshold fails it, and 4 makes it unstable" {
    start_target --get-service-time 5ms
    program
    export TARGET=$URL JOB_NAME=shop
    # Debian's groovy looks for java elsewhere if several are installed.
    JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")
    export JAVA_HOME
    pipeline() {
        rm -rf baseline coldswarm run.db gate.xml
        run "$@" groovy "$ROOT/tests/support/jenkinsfile.groovy" "$ROOT/examples/ci/Jenkinsfile"
        echo "$output"
    }
    pipeline
    [ "$status" -eq 0 ]
    [[ $output == *"build: SUCCESS" ]]
    [ "$(ls "$ARTIFACTS/baseline" | wc -l)" -eq 1 ]
    [ -s "$ARTIFACTS/run.db" ] && [ -s "$ARTIFACTS/gate.xml" ]
    stop_target
    start_target --fail-rate 1
    export TARGET=$URL
    pipeline env CHANGE_ID=7
    [[ $output == *"ERROR: The load test did not pass: exit code 99"*"build: FAILURE" ]]
    [ "$(ls "$ARTIFACTS/baseline" | wc -l)" -eq 1 ]
    printf '#!/bin/sh\nexit 4\n' >ci/load-gate.sh
    pipeline
    [[ $output == *"build: UNSTABLE" ]]
    # A step that Jenkins does not have is an error.
    sed 's/junit(/junitt(/' "$ROOT/examples/ci/Jenkinsfile" >Jenkinsfile
    run groovy "$ROOT/tests/support/jenkinsfile.groovy" Jenkinsfile
    [ "$status" -ne 0 ]
    [[ $output == *"junitt"* ]]
}

# bats test_tags=more
@test "GitHub's own parser takes the workflow, and finds a mistake in it" {
    node "$ROOT/tests/ci/workflow.mjs" "$ROOT/examples/ci/github-actions.yml"
    sed 's/runs-on:/runs_on:/' "$ROOT/examples/ci/github-actions.yml" >bad.yml
    run node "$ROOT/tests/ci/workflow.mjs" bad.yml
    [ "$status" -eq 1 ]
    [[ $output == *"Unexpected value 'runs_on'"* ]]
    sed 's/vars.LOAD_TEST_TARGET/varz.LOAD_TEST_TARGET/' "$ROOT/examples/ci/github-actions.yml" >bad.yml
    run node "$ROOT/tests/ci/workflow.mjs" bad.yml
    [ "$status" -eq 1 ]
    [[ $output == *"Unrecognized named-value: 'varz'"* ]]
}

# bats test_tags=more
@test "GitLab's schema takes the job, and finds a mistake in it" {
    mkdir home
    git init -q .
    git remote add origin git@gitlab.example:group/project.git
    # gitlab-ci-local has the schema of GitLab, but takes no variable as the policy of a cache, as GitLab does since 16.1.
    sed 's/policy: \$CACHE_POLICY/policy: pull-push/' "$ROOT/examples/ci/gitlab-ci.yml" >.gitlab-ci.yml
    list() {
        HOME=$PWD/home "$ROOT/tests/ci/node_modules/.bin/gitlab-ci-local" --list-all --cwd . --file "$1"
    }
    run list .gitlab-ci.yml
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"json schema validated"*"load-test"* ]]
    sed 's/exit_codes:/exit_kodes:/' .gitlab-ci.yml >bad.yml
    run list bad.yml
    [ "$status" -eq 1 ]
    [[ $output == *"'exit_kodes' property is not expected to be here"* ]]
}
