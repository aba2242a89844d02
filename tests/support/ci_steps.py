#!/usr/bin/env python3
"""ci_steps.py WHAT FILE: the shell of a pipeline's file, as its server runs it.

  github FILE   runs the steps with `run` as GitHub's runner does: each in bash -e, with the environment of workflow, job and step. A step
                with `uses` is done only for the cache: restored from and saved to the folder $CACHE. ${{ }} are looked up in $CONTEXT,
                a JSON object; an expression that it lacks is an error.
  gitlab FILE   runs the script of the job load-test as GitLab's runner does: all lines in one bash -eo pipefail, with the cache in $CACHE
                by its policy, and the variables of the first rule whose condition is true, by $CONTEXT.

Exit code: that of the first step that failed. Only for tests/cli/ci.bats; tests with the tag more use the servers' own parsers.
"""
import json
import os
import re
import shutil
import subprocess
import sys

import yaml

CONTEXT = json.loads(os.environ["CONTEXT"])
CACHE = os.environ["CACHE"]


def value(expression):
    return CONTEXT[expression.strip()]  # KeyError: the file asks for something that the test did not think of


def expand(text):
    return re.sub(r"\$\{\{(.*?)\}\}", lambda m: str(value(m.group(1))), str(text))


def restore(path):
    if os.path.isdir(os.path.join(CACHE, path)):
        shutil.copytree(os.path.join(CACHE, path), path, dirs_exist_ok=True)


def save(path):
    shutil.rmtree(os.path.join(CACHE, path), ignore_errors=True)
    shutil.copytree(path, os.path.join(CACHE, path))


def github(document):
    job = document["jobs"]["load-test"]
    result = 0
    for step in job["steps"]:
        condition = step.get("if", "success()")
        wanted = condition == "always()" or result == 0 and (condition == "success()" or value(condition) is True)
        if not wanted:
            continue
        if "run" in step:
            env = dict(os.environ)
            for level in (document, job, step):
                env.update({k: expand(v) for k, v in (level.get("env") or {}).items()})
            code = subprocess.run(["bash", "-e", "-c", step["run"]], env=env, check=False).returncode
            result = result or code
        elif step["uses"].startswith("actions/cache/restore@"):
            restore(step["with"]["path"])
        elif step["uses"].startswith("actions/cache/save@"):
            save(step["with"]["path"])
    return result


def gitlab(document):
    job = document["load-test"]
    env = dict(os.environ, **job.get("variables", {}))
    rule = next(r for r in job["rules"] if value(r["if"]))
    env.update(rule.get("variables", {}))
    policy = env[job["cache"]["policy"].lstrip("$")]
    if "pull" in policy:
        for path in job["cache"]["paths"]:
            restore(path.rstrip("/"))
    code = subprocess.run(["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])], env=env, check=False).returncode
    if code == 0 and "push" in policy:
        for path in job["cache"]["paths"]:
            save(path.rstrip("/"))
    return code


with open(sys.argv[2], encoding="utf-8") as f:
    sys.exit({"github": github, "gitlab": gitlab}[sys.argv[1]](yaml.safe_load(f)))
