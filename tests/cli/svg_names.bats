#!/usr/bin/env bats
# Whatever an endpoint is called, every picture that shows its name is well-formed XML and nothing of it runs.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# of_group N: a report and a comparison of endpoints of that group, and all their pictures.
of_group() {
    python3 "$BATS_TEST_DIRNAME/make_named_run.py" base.db 1 "$1"
    python3 "$BATS_TEST_DIRNAME/make_named_run.py" new.db 2 "$1"
    run -0 "$COLDSWARM" report new.db --out out
    [[ $output != *warning* ]]
    run -0 "$COLDSWARM" compare base.db --with new.db --out compared
    [ "$(grep -c '<svg' out/report.html)" -gt 3 ]
    [ "$(grep -c '^"' out/data/latency_distribution.dat)" -eq 7 ]
    [ "$(grep -c '^"' compared/data/shift.dat)" -gt 3 ]
    run -0 xmllint --noout --nonet out/*.svg compared/*.svg out/report.html
    [ -z "$output" ]
    [ ! -e pwned ] && [ ! -e out/data/pwned ] && [ ! -e compared/data/pwned ]
}

# legend SVG: the names in it as a reader of XML reads them, sorted.
legend() {
    python3 - "$1" <<'END'
import sys, xml.etree.ElementTree as t
texts = [e.text.strip() for e in t.parse(sys.argv[1]).iter() if e.tag.endswith("text") and e.text and e.text.strip()]
print("|".join(sorted(x for x in texts if "GET" in x or "]]" in x or "Symbol" in x)) + "|")
END
}

@test "names that end or begin markup" {
    of_group 0
    # All of them are read as they are, but for the double quote.
    [ "$(legend out/latency_distribution.svg)" = "GET &<>''|GET &amp;&#0;&#xFFFE;|GET </text><script>x</script>|GET ]]>|GET ]]>…>]]>]]>|GET a]]>b<![CDATA[c|" ]
    [[ $(legend compared/shift.svg) == *"]]>|"* ]]
}

@test "names with control characters, bytes that are no UTF-8, and writing from right to left" {
    of_group 1
}

@test "names that are gnuplot's own language, and very long ones" {
    of_group 2
    names=$(legend out/latency_distribution.svg)
    [[ $names == *'|GET back\slash\n]]>\|'* && $names == *'GET {/Symbol a}^2_b@c &{x} ~d{.e}|'* ]]
}
