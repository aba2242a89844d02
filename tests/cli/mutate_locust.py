#!/usr/bin/env python3
"""mutate_locust.py PROGRAM SEED COUNT FILE...: changes locustfiles at random, COUNT times, and converts each.

Whatever is in them, `convert` must end with a scenario that it finds valid, or with a message that is about the file: never with a traceback,
a message about its own reader, a scenario that is not valid, or not at all. A file that does not pass is kept as mutant.py.
"""
import ast
import copy
import random
import subprocess
import sys

SECONDS = 180  # the reader's own limit is 60 s, of a machine that may be busy
WRONG = ("Traceback", "reader of locustfiles failed", "python3 failed", "not valid yet", "please report", "takes more than")
ODD = ["None", "True", "-1", "0", "1e308", "''", "'/'", "'${env.HOME}'", "'\\x00\\ue000'", "b'\\xff'", "[]", "{}", "()", "[[]] * 3", "{1: {2: 3}}", "...",
       "lambda *a, **k: a", "random.choice([])", "random.randint(5, 1)", "self", "self.client", "undefined", "range(10 ** 9)", "'x' * 10 ** 9",
       "open('/etc/passwd').read()", "__import__('os')", "(yield)", "[x for x in range(3)]", "f'{1:>{2}}'", "int('9' * 5000)", "1 / 0", "not self"]


def places(tree, kind):
    """(owner, field, index or None) of each node of this kind."""
    for node in ast.walk(tree):
        for field, value in ast.iter_fields(node):
            if isinstance(value, kind):
                yield node, field, None
            elif isinstance(value, list):
                yield from ((node, field, i) for i, v in enumerate(value) if isinstance(v, kind))


def put(place, value):
    owner, field, i = place
    if i is None:
        setattr(owner, field, value)
    else:
        getattr(owner, field)[i] = value


def get(place):
    owner, field, i = place
    return getattr(owner, field) if i is None else getattr(owner, field)[i]


def mutate(draw, tree):
    tree = copy.deepcopy(tree)
    for _ in range(draw.randint(1, 4)):
        what = draw.randrange(6)
        expressions = [p for p in places(tree, ast.expr) if isinstance(getattr(get(p), "ctx", ast.Load()), ast.Load)]
        statements = [p for p in places(tree, ast.stmt) if p[2] is not None]
        if what == 0:
            put(draw.choice(expressions), ast.parse(draw.choice(ODD), mode="eval").body)
        elif what == 1:
            put(draw.choice(expressions), copy.deepcopy(get(draw.choice(expressions))))
        elif what == 2:
            owner, field, i = draw.choice(statements)
            del getattr(owner, field)[i]
            if not getattr(owner, field) and field == "body":
                getattr(owner, field).append(ast.Pass())
        elif what == 3:
            owner, field, i = draw.choice(statements)
            getattr(owner, field).insert(i, copy.deepcopy(get(draw.choice(statements))))
        elif what == 4:
            put(draw.choice(statements), copy.deepcopy(get(draw.choice(statements))))
        else:
            calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
            call = draw.choice(calls)
            draw.shuffle(call.args)
            call.keywords = call.keywords[draw.randint(0, 1):]
    return ast.unparse(ast.fix_missing_locations(tree))


def main():
    program, seed, count, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    trees = [ast.parse(open(f).read()) for f in files]
    draw, good, made = random.Random(seed), 0, 0
    while made < count:
        try:
            text = mutate(draw, draw.choice(trees))
        except (ValueError, IndexError, RecursionError):
            continue  # no file of Python
        made += 1
        if draw.random() < 0.1:  # some are not, any more
            at = draw.randrange(len(text))
            text = text[:at] + draw.choice("(\"'\n\t:\\@#\0é") + text[at + 1:]
        with open("mutant.py", "w", encoding="utf-8", errors="surrogateescape") as f:
            f.write(text)
        ran = subprocess.run([program, "convert", "--from", "locust", "mutant.py", "-o", "mutant.json", "--force"], capture_output=True,
                             text=True, errors="replace", timeout=SECONDS)
        last = ran.stderr.strip().split("\n")[-1]
        assert ran.returncode in (0, 2) and last, (made, ran.returncode, ran.stderr)
        assert not any(w in ran.stderr for w in WRONG) or "cannot open" in last or "No such file" in last, (made, last)
        assert ran.returncode == 2 or last.startswith("read "), (made, last)
        good += ran.returncode == 0
    print(f"{made} changed files, {good} scenarios")
    assert good > count // 3, good


main()
