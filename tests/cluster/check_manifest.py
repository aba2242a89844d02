#!/usr/bin/env python3
"""check_manifest.py FILE.yaml…: whether the manifests have only keys that Kubernetes knows, with values of the right kind.

A manifest is written as a literal of its type, and TypeScript refuses what the type does not have. The types are those of the npm package
kubernetes-models, made of Kubernetes' own schema; Kubeflow's are in mpijob.ts. Exit code 1, with the compiler's words, if one is refused.
"""
import json
import os
import subprocess
import sys
import tempfile

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {
    ("batch/v1", "Job"): ("IJob", "kubernetes-models/batch/v1/Job"),
    ("kubeflow.org/v2beta1", "MPIJob"): ("IMPIJob", "./mpijob"),
}


def main():
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        for n, path in enumerate(sys.argv[1:]):
            with open(path) as f:
                text = f.read()
            for k, document in enumerate(yaml.safe_load_all(text)):
                name, module = TYPES[document["apiVersion"], document["kind"]]
                module = module.replace("./", "../")
                with open(os.path.join(folder, f"m{n}_{k}.ts"), "w") as f:
                    f.write(f'// {path}\nimport type {{ {name} }} from "{module}";\nexport const manifest: {name} = {json.dumps(document, indent=1)};\n')
        done = subprocess.run([os.path.join(HERE, "node_modules/.bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022",
                               "--module", "esnext", "--moduleResolution", "bundler"]
                              + [os.path.join(folder, x) for x in sorted(os.listdir(folder))], stdout=subprocess.PIPE, text=True)
        print(done.stdout, end="")
        return 0 if done.returncode == 0 else 1


sys.exit(main())
