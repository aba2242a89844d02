#!/usr/bin/env python3
"""make_named_run.py OUT.db SEED GROUP: requests of six endpoints whose names would break out of a picture if they could. GROUP: 0, 1 or 2."""
import random
import sys

import rows

NAMES = [
    [b"]]>", b"a]]>b<![CDATA[c", b"]]>" * 20, b"&<>\"'", b"</text><script>x</script>", b"&amp;&#0;&#xFFFE;"],
    [b"\x01\x08\x1b[31m\x7f", b"\xff\xfe\xc3( \xed\xa0\x80 \xf4\x90\x80\x80", "\ufffe\uffff\U0001ffff\x9b".encode(),
     "\u202eleft\u2066 \u05d0\u05d1 \u0627\u2028".encode(), b"", "\u65e5\u672c \U0001f600 e\u0301".encode()],
    [b"{/Symbol a}^2_b@c &{x} ~d{.e}", b"back\\slash\\n]]>\\", b"nul \\0 %s %% 100%", b"x" * 5000 + b"]]>" + b"y" * 5000,
     b"-->]]>?>\n\n\n1 2\r\tend", b"`touch pwned` $(touch pwned) \"; system('touch pwned')"],
]

out, seed, group = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
with rows.File(out, duration_us=12000000, endpoints=[(name, "GET") for name in NAMES[group]], users=((0, 2),)) as f:
    for i in range(1200):
        f.add(sent_us=i * 9900, took_us=int(rng.lognormvariate(9, 0.4)), endpoint=i % 6)
