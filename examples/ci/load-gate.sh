#!/bin/sh
# load-gate.sh: a load test as a gate of a pipeline. Runs the scenario against $TARGET, and checks the run against the scenario's
# thresholds and, if there are any, against earlier runs of the same scenario. README.md explains the exit codes.
#
#   TARGET     the URL of the service
#   SCENARIO   scenario.json beside this script, unless set
#   COLDSWARM  the program: coldswarm, unless set
#   KEEP       true: a run that passes becomes a baseline of later runs, as on the main branch
#
# Writes run.db (every request), gate.xml (JUnit) and the folder baseline, in the current folder.
set -u

: "${TARGET:?load-gate.sh: set TARGET to the URL of the service}"
scenario=${SCENARIO:-$(dirname "$0")/scenario.json}
coldswarm=${COLDSWARM:-coldswarm}
baselines=5

# Runs of another scenario cannot be compared, so its text decides which baselines count.
id=$(sha256sum <"$scenario") || exit 2
id=$(printf %.12s "$id")

# check [OPTION...]: the gate, with what it needs to know of earlier runs.
check() {
    for db in baseline/"$id"-*.db; do
        [ ! -e "$db" ] || set -- "$@" --baseline "$db"
    done
    case $* in
    *--baseline*) set -- "$@" --max-regression 'response_time p(95) 10%' --max-regression 'http_req_failed rate 1%' ;;
    esac
    "$coldswarm" gate run.db "$@"
}

rm -f run.db gate.xml
code=0
"$coldswarm" run "$scenario" --host "$TARGET" --seed 1 --out run.db --quiet </dev/null || code=$?
# With 1, 4 and 99 there is a complete run, and the gate decides: some failed requests may be within the thresholds.
case $code in
0 | 1 | 4 | 99) ;;
*) exit "$code" ;;
esac

code=0
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    check --junit gate.xml --github --format markdown >>"$GITHUB_STEP_SUMMARY" || code=$?
else
    check --junit gate.xml || code=$?
fi

if [ "$code" -eq 0 ] && [ "${KEEP:-}" = true ]; then
    mkdir -p baseline
    cp run.db "baseline/$id-$(date -u +%Y%m%dT%H%M%SZ).db" || exit 3
    # The newest ones of this scenario stay.
    for db in $(ls -r baseline/"$id"-*.db | tail -n "+$((baselines + 1))") $(ls baseline/*.db | grep -v "^baseline/$id-"); do
        rm -f "$db"
    done
fi
exit "$code"
