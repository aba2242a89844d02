#!/usr/bin/env bats
# coldswarm report --format latex: what pdflatex makes of it, hostile names and all (in the second tier).

bats_require_minimum_version 1.5.0

setup() {
    COLDSWARM=${COLDSWARM:-$BATS_TEST_DIRNAME/../../build/release/coldswarm}
    COLDSWARM=$(realpath "$COLDSWARM")
    cd "$BATS_TEST_TMPDIR"
}

make_run() {
    python3 "$BATS_TEST_DIRNAME/make_run.py" "$@"
}

# a document of FILE... in text.txt; fails where TeX complains
typeset_these() {
    {
        printf '%s\n' '\documentclass{article}' "$preamble" '\usepackage[landscape,margin=1cm]{geometry}' \
            '\usepackage{booktabs,siunitx}' '\begin{document}'
        printf '\\input{%s}\n\n' "$@"
        printf '%s\n' '\clearpage reached the end' '\end{document}'
    } >document.tex
    pdflatex -no-shell-escape -interaction=nonstopmode -halt-on-error document.tex >tex.out </dev/null || { tail -30 tex.out; return 1; }
    pdftotext -layout document.pdf text.txt
    grep -q 'reached the end' text.txt
}

# bats test_tags=more
@test "the tables of a run are typeset, numbers as they are" {
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

# bats test_tags=more
@test "hostile names are typeset as they are, and nothing runs" {
    make_run run.db hostile
    "$COLDSWARM" report run.db --format latex >tables.tex
    # The second document makes " a shorthand, as babel does for German.
    for preamble in '' '\usepackage[T1]{fontenc}\begingroup\lccode`\~=34 \lowercase{\endgroup\def~}{\errmessage{a shorthand}}\AtBeginDocument{\catcode34=13 }'; do
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

# bats test_tags=more
@test "the tables of the server's side are typeset" {
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db --hostile
    "$COLDSWARM" report run.db --format latex >tables.tex
    typeset_these tables.tex
    grep -q 'Table .*: Cold and warm (ms) of the run' text.txt
    grep -q 'tab:coldswarm-server-cold-starts}' tables.tex
}

# bats test_tags=more
@test "figures are drawn by pgfplots and as PDF" {
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db --seconds 20
    "$COLDSWARM" report run.db --out out >/dev/null
    preamble='\usepackage{pgfplots}\pgfplotsset{compat=1.17}\newcommand{\coldswarmdir}{out}'
    typeset_these out/latex/figure_*.tex
    tr -d ' \n' <text.txt | grep -q 95thpercentile
    [ "$(ls out/latex/figure_*.tex | wc -l)" -eq 11 ]
    # A gnuplot that can makes as many PDFs, and a page of all.
    if gnuplot -e 'set terminal pdfcairo' 2>/dev/null; then
        for f in out/*.svg; do
            [ "$(head -c 5 "${f%.svg}.pdf")" = "%PDF-" ]
        done
    fi
    # The points of a line are those of the figure's data.
    python3 - <<'END'
import csv
rows = [r for r in csv.DictReader(open("out/data/latency_distribution.csv")) if r["endpoint"] == "Aggregated"]
points = [line.split() for line in open("out/latex/figure_latency_distribution_0.dat")]
assert len(points) == len(rows) > 20
for p, r in zip(points, rows):
    assert abs(float(p[0]) - float(r["inverse"])) < 1e-6 * float(r["inverse"]) and abs(float(p[1]) - float(r["latency_ms"])) < 1e-6 * float(p[1])
END
    make_run plain.db
    "$COLDSWARM" report plain.db --out out >/dev/null
    [ ! -e out/latex/figure_instance_count.tex ]
    [ ! -e out/latex/figure_cold_starts_cold.dat ]
    [ ! -e out/instance_count.pdf ]
}

# bats test_tags=more
@test "hostile names in the legend of a figure" {
    make_run run.db hostile
    mkdir -p none
    PATH="$PWD/none" "$COLDSWARM" report run.db --out out >/dev/null 2>&1
    preamble='\usepackage{pgfplots}\pgfplotsset{compat=1.17}\newcommand{\coldswarmdir}{out}'
    typeset_these out/latex/figure_*.tex
    [ ! -e pwned ]
}

# bats test_tags=more
@test "what a report says beside its numbers is typeset, whole" {
    python3 "$BATS_TEST_DIRNAME/make_served_run.py" run.db held
    "$COLDSWARM" report run.db --format latex >tables.tex
    typeset_these tables.tex
    tr -s '\n ' ' ' <text.txt | sed 's/- //g' | grep -qF 'Starved users: 102 of 200 got at most one response while the others continued (no response: 98, one: 4, median of the others: 100).'
}
