#!/usr/bin/env python3
"""check_dashboard.py DASHBOARD.json: whether it has only what Grafana's own types allow. It is written as a literal of the type Dashboard, from the
npm package @grafana/schema, and TypeScript refuses what the type does not have. Exit code 1, with the compiler's words, if something is refused."""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

with tempfile.TemporaryDirectory(dir=HERE, prefix="tmp") as folder:
    with open(sys.argv[1]) as f:
        dashboard = json.load(f)
    # Of an annotation, each data source adds what it needs.
    with open(os.path.join(folder, "dashboard.ts"), "w") as f:
        f.write('import type { Dashboard, Panel, VariableModel, AnnotationQuery } from "@grafana/schema/dist/esm/raw/dashboard/x/dashboard_types.gen";\n')
        panels, variables, annotations = dashboard["panels"], dashboard["templating"]["list"], dashboard["annotations"]["list"]
        for n, panel in enumerate(panels):
            f.write(f"export const panel{n}: Panel = {json.dumps(panel)};\n")
        for n, variable in enumerate(variables):
            f.write(f"export const variable{n}: VariableModel = {json.dumps(variable)};\n")
        for n, annotation in enumerate(annotations):
            f.write(f"export const annotation{n}: AnnotationQuery & {{ expr: string; titleFormat: string }} = {json.dumps(annotation)};\n")
        rest = {**dashboard, "panels": [], "templating": {"list": []}, "annotations": {"list": []}}
        f.write(f"export const dashboard: Dashboard = {json.dumps(rest)};\n")
    compiler = os.path.join(HERE, "node_modules", "typescript", "bin", "tsc")
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--skipLibCheck"]
    sys.exit(subprocess.run(["node", compiler, *options, os.path.join(folder, "dashboard.ts")]).returncode)
