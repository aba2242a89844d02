#!/usr/bin/env python3
"""dockerfile.py FILE [STAGE]: reads a Dockerfile as docker does, and prints its stages as JSON: {"from", "name", "steps": [[WORD, TEXT]]}.

Comments and continued lines are joined, as in https://docs.docker.com/reference/dockerfile/. With STAGE (from 0) it prints the shell of that
stage's RUN instructions. A word that is no instruction, or one before the first FROM, is an error.
"""
import json
import re
import sys

WORDS = {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL",
         "USER", "VOLUME", "WORKDIR"}


def stages(path):
    found, text, first = [], "", 0
    with open(path, encoding="utf-8") as f:
        lines = list(f) + [""]
    for number, line in enumerate(lines, 1):
        if re.match(r"\s*#", line) or (text and not line.strip() and number < len(lines)):
            continue
        first = first if text else number
        text += line.rstrip("\n")
        if text.rstrip().endswith("\\"):
            text = text.rstrip()[:-1]
            continue
        word, _, rest = text.strip().partition(" ")
        text = ""
        if not word:
            continue
        if word.upper() not in WORDS:
            sys.exit(f"{path}:{first}: {word} is no instruction")
        if word.upper() == "FROM":
            parts = rest.split()
            found.append({"from": parts[0], "name": parts[2] if len(parts) == 3 and parts[1].upper() == "AS" else None, "steps": []})
        elif not found:
            sys.exit(f"{path}:{first}: {word} is before the first FROM")
        else:
            found[-1]["steps"].append([word.upper(), rest.strip()])
    if text:
        sys.exit(f"{path}:{first}: the last line goes on")
    return found


if len(sys.argv) == 3:
    print("\n".join(text for word, text in stages(sys.argv[1])[int(sys.argv[2])]["steps"] if word == "RUN"))
else:
    json.dump(stages(sys.argv[1]), sys.stdout, indent=1)
