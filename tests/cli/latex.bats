#!/usr/bin/env bats
# coldswarm report --format latex: what pdflatex makes of it, hostile names and all. Skipped where there is no pdflatex
# (scripts/install-deps paper).

bats_require_minimum_version 1.5.0

setup() {
    COLDSWARM=${COLDSWARM:-$BATS_TEST_DIRNAME/../../build/release/coldswarm}
    COLDSWARM=$(realpath "$COLDSWARM")
    cd "$BATS_TEST_TMPDIR"
}

make_run() {
    python3 "$BATS_TEST_DIRNAME/make_run.py" "$@"
}

need_pdflatex() {
    for style in siunitx booktabs; do
        command -v pdflatex >/dev/null && kpsewhich $style.sty >/dev/null || skip "no pdflatex with $style: scripts/install-deps paper"
    done
    command -v pdftotext >/dev/null || skip "no pdftotext: scripts/install-deps paper"
}

# a document of FILE... in text.txt; fails where TeX complains
typeset_these() {
    {
        printf '%s\n' '\documentclass{article}' "$preamble" '\usepackage[landscape,margin=1cm]{geometry}' \
            '\usepackage{booktabs,siunitx}' '\begin{document}'
        printf '\\input{%s}\n' "$@"
        printf '%s\n' 'reached the end' '\end{document}'
    } >document.tex
    pdflatex -no-shell-escape -interaction=nonstopmode -halt-on-error document.tex >tex.out </dev/null || { tail -30 tex.out; return 1; }
    pdftotext -layout document.pdf text.txt
    grep -q 'reached the end' text.txt
}

@test "the tables of a run are typeset, numbers as they are" {
    need_pdflatex
    make_run run.db many
    "$COLDSWARM" report run.db --format latex --intervals >tables.tex
    typeset_these tables.tex
    run -0 cat text.txt
    [[ $output == *"Table 1: Request statistics (times in ms, sizes in bytes) of the run small."* ]]
    [[ $output == *"Table 2: Response time statistics"* ]]
    [[ $output == *"95% from"* ]]
    # The words of a row of the terminal's table are those of the row in the document.
    for name in Aggregated /predict; do
        want=$("$COLDSWARM" report run.db | grep -m 1 " $name " | xargs)
        [ "$(grep -m 1 " $name " text.txt | xargs)" = "$want" ]
    done
}

@test "hostile names are typeset as they are, and nothing runs" {
    need_pdflatex
    make_run run.db hostile
    "$COLDSWARM" report run.db --format latex >tables.tex
    for preamble in '' '\usepackage[T1]{fontenc}\usepackage[ngerman]{babel}'; do
        typeset_these tables.tex
        [ ! -e pwned ]
        run -1 grep -q 'root:' text.txt
        for name in '\input{/etc/passwd}' '\write18{touch pwned}' '2$ 100% ' '#&{} \\ %' '[tl] *' \
            '\end{tabular}\end{document}' '<script>alert(1)</script>' 'a|b' '=CMD()' 'two\x0alines' \
            '\x1b[31mred' 'long-x%x%x%'; do
            grep -qF -- "$name" text.txt || { echo "not there: $name"; cat text.txt; return 1; }
        done
    done
    run -1 grep -q 'Overfull.*16383' document.log
}

@test "each table is a file of its own, and those of an earlier report go" {
    make_run run.db open
    PATH="$PWD/none" "$COLDSWARM" report run.db --out out >/dev/null 2>&1
    [ -s out/latex/requests.tex ]
    [ -s out/latex/service_times.tex ]
    make_run plain.db
    PATH="$PWD/none" "$COLDSWARM" report plain.db --out out >/dev/null 2>&1
    [ ! -e out/latex/service_times.tex ]
    [ -s out/latex/errors.tex ]
    "$COLDSWARM" report plain.db -f latex | diff - out/tables.tex
    grep -v '^%' out/tables.tex | grep -v '^$' | diff - <(cat out/latex/{requests,response_times,errors}.tex)
}

@test "the tables of the server's side are typeset" {
    need_pdflatex
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db --hostile
    "$COLDSWARM" report run.db --format latex >tables.tex
    typeset_these tables.tex
    grep -q 'Table .*: Cold and warm (ms) of the run' text.txt
    grep -q 'tab:coldswarm-server-cold-starts}' tables.tex
}
