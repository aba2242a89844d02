#!/usr/bin/env bats
# docs/many-machines.md: what a thousand hosts cost follows from the unit costs in the same table.

load ../support/helpers

@test "the costs of a thousand hosts are those that the unit costs give" {
    python3 - "$ROOT/docs/many-machines.md" <<'END'
import re
import sys

text = open(sys.argv[1], encoding="utf-8").read()
head = re.search(r"^\| what \| unit cost, measured \| formula \| (\d+) hosts, (\d+)/s, (\d+) s \|$", text, re.M)
hosts, rate, seconds = map(int, head.groups())
rows = {}
for line in text[head.end():].split("\n\n")[0].strip().splitlines()[1:]:
    what, unit, formula, result = (cell.strip() for cell in line.strip("|").split("|"))
    number = re.match(r"[\d.]+", unit)
    rows[what] = (float(number.group()) if number else None, unit, formula, result)


def give(word, value, unit):
    """The only row whose name has this word gives this value, as the page rounds it."""
    (row,) = [x for what, x in rows.items() if word in what]
    said = re.match(r"([\d.]+) (.+)", row[3])
    digits = len(said[1].partition(".")[2])
    assert said[2] == unit and f"{value:.{digits}f}" == said[1], (word, value, unit, row[3])
    used.append(row)


def cost(word):
    (row,) = [x for what, x in rows.items() if word in what]
    return row[0]


used = []
requests = hosts * rate * seconds
size = requests * cost("files")
give("rows", requests / 1e9, "billion")
give("files", size / 1e9, "GB")
give("copying", size * 8 / (cost("copying") * 1e9) / 60, "minutes")
give("collecting", size / (cost("collecting") * 1e6) / 60, "minutes")
give("`coldswarm merge`", requests * cost("`coldswarm merge`") / 1e6 / 60, "minutes")
give("`report` of the merged", requests * cost("`report` of the merged") / 1e6 / 60, "minutes")
give("`report part", requests * cost("`report part") / 1e6 / 60, "minutes")
give("memory", hosts * cost("memory"), "MB")
give("rank 0", hosts * cost("rank 0"), "% of a core")
assert len(used) == len(rows), set(rows)
# A report of parts merges and reads.
assert abs(cost("`report part") - cost("`coldswarm merge`") - cost("`report` of the merged")) < 1e-9
END
}
