"""What editors and shells are given: the JSON Schema, the completions, the manual page; each tried by what reads it."""
import json
import os
import subprocess

import jsonschema
import pytest
import yaml

from ingot_program import INGOT, REPOSITORY, environment, ingot

PIPELINES = sorted([*REPOSITORY.glob("examples/*/*.yaml"), *REPOSITORY.glob("tests/golden/*/pipeline.yaml")])


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it: dates are texts."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def as_json(value):
    """Keys as JSON has them."""
    if isinstance(value, dict):
        return {json.dumps(key) if key is None or isinstance(key, bool) else str(key): as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


def read(text):
    return as_json(yaml.load(text, EditorLoader))


@pytest.fixture(scope="module")
def pipelines():
    schema = json.loads(ingot("json-schema").ok().out)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@pytest.fixture(scope="module")
def projects():
    schema = json.loads(ingot("json-schema", "--project").ok().out)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_schema_takes_every_pipeline_that_check_takes(pipelines):
    accepted = [file for file in PIPELINES if ingot("check", file).code == 0]
    assert len(accepted) > 10
    for file in accepted:
        errors = [error.message for error in pipelines.iter_errors(read(file.read_text()))]
        assert errors == [], file


BASE = "from: a.csv\ncolumns: { id: integer }\n"


@pytest.mark.parametrize("text", [
    "from: [a.csv, b.csv]\ncolumns: { id: integer required, d: { type: date, default: 2024-01-31 } }\n",
    "from: { path: a.csv, header: true, null: NULL, new: all }\ncolumns: { id: { type: integer, required: true } }\n",
    'from: { path: a.csv, header: "false", null: [NULL, "-"] }\ncolumns: { id: integer }\n',
    'from: { path: a.json, max_depth: 7 }\ncolumns: { id: { type: integer, required: "false", default: 7 } }\n',
    BASE + "max_rejects: { count: 3, rate: 1% }\nto: { mode: upsert, key: [id], keep: \"${env.KEEP}\" }\n",
    BASE + "max_rejects: 3\n",
])
def test_schema_and_check_take_the_same_spellings(pipelines, folder, text):
    ingot("check", folder.pipeline(text), env={"KEEP": "first"}).ok()
    pipelines.validate(read(text))


@pytest.mark.parametrize("text", [
    "form: a.csv\ncolumns: { id: integer }\n",
    "from: { paths: a.csv }\ncolumns: { id: integer }\n",
    "from: { path: a.csv, format: xml }\ncolumns: { id: integer }\n",
    "from: { path: a.csv, format: orc }\ncolumns: { id: integer }\n",
    "from: { path: a.json, max_depth: 0 }\ncolumns: { id: integer }\n",
    "from: []\ncolumns: { id: integer }\n",
    "from: a.csv\ncolumns: { id: { type: integer, requird: true } }\n",
    "from: a.csv\ncolumns: { id: { type: integer, required: perhaps } }\n",
    "from: a.csv\ncolumns: { id: { required: true } }\n",
    "from: a.csv\ncolumns: { id: }\n",
    "from: a.csv\ntables: { t: { colums: { id: integer } } }\n",
    BASE + "to: { mode: upsrt }\n",
    BASE + "to: { tabel: t }\n",
    BASE + "to: t\n",
    BASE + "max_rejects: { rat: 1% }\n",
    BASE + "land: x\n",
])
def test_schema_refuses_what_check_refuses(pipelines, folder, text):
    ingot("check", folder.pipeline(text)).failed("invalid_pipeline")
    assert not pipelines.is_valid(read(text))


PROJECT = """connections: { a: "duckdb:a.duckdb", b: { url: "postgresql://b/c" } }
vars: { n: 1, d: 2024-01-31 }
environments: { prod: { connections: { a: "postgresql://d/e" }, vars: { n: 2 } } }
defaults: { connection: a, commit: run, keep: first, max_rejects: { rate: 2% }, unmatched: skip }
"""


def test_schema_of_projects(projects, folder):
    folder.write("ingot.yaml", PROJECT)
    ingot("check", folder.pipeline(BASE)).ok()
    projects.validate(read(PROJECT))


@pytest.mark.parametrize("text", [
    "connection: {}\n", "connections: { a: { uri: x } }\n", "connections: { a: {} }\n", "vars: { n: [1] }\n",
    "environments: { prod: { default: {} } }\n", "defaults: { commit: units }\n", "vars: 1\n",
])
def test_schema_of_projects_refuses_what_check_refuses(projects, folder, text):
    folder.write("ingot.yaml", text)
    ingot("check", folder.pipeline(BASE)).failed("invalid_pipeline")
    assert not projects.is_valid(read(text))


def test_schema_explains_every_option(pipelines):
    schema = pipelines.schema
    assert "Where the records come from." in schema["properties"]["from"]["description"]
    assert schema["definitions"]["to"]["properties"]["mode"]["default"] == "append"
    for name, definition in schema["definitions"].items():
        for key, option in definition["properties"].items():
            assert option["description"], (name, key)
            assert len(option) > 1, (name, key)


# ---- completion -----------------------------------------------------------------------------------------------------

def complete(tmp_path, *words):
    """What bash offers for the last of `words`."""
    script = tmp_path / "ingot.bash"
    script.write_text(ingot("completion", "bash").ok().out)
    quoted = " ".join(f"'{word}'" for word in ("ingot", *words))
    done = subprocess.run(
        ["bash", "--norc", "-uc", f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _ingot; "
         'complete -p ingot >/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize("words, offered", [
    (["ru"], ["run", "runs"]), (["rej"], ["rejects"]), (["rejects", "sh"], ["show"]), (["runs", "sh"], ["show"]),
    (["run", "--st"], ["--strict"]), (["check", "--st"], [""]), (["runs", "show", "--l"], ["--limit"]),
    (["run", "--memory-limit", ""], [""]), (["run", "--temp-dir", ""], ["folder"]),
    (["run", "p"], ["p.yaml", "p q.yml"]), (["runs", "p"], ["p.yaml", "p q.yml"]), (["run", "p.yaml", "f"], ["folder"]),
    (["completion", ""], ["bash", "zsh", "fish", "-h", "--help", "--help-all"]), (["man", "p"], [""]),
])
def test_bash_completes(tmp_path, words, offered):
    (tmp_path / "p.yaml").touch()
    (tmp_path / "p q.yml").touch()
    (tmp_path / "p.csv").touch()
    (tmp_path / "folder").mkdir()
    assert sorted(complete(tmp_path, *words)) == sorted(offered)


def test_zsh_and_fish_read_their_completions(tmp_path):
    for shell, check in (("zsh", ["-n"]), ("fish", ["--no-execute"])):
        script = tmp_path / f"ingot.{shell}"
        script.write_text(ingot("completion", shell).ok().out)
        done = subprocess.run([shell, *check, script], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0 and done.stderr == ""


def test_fish_completes(tmp_path):
    script = tmp_path / "ingot.fish"
    script.write_text(ingot("completion", "fish").ok().out)
    (tmp_path / "p.yaml").touch()
    env = {**environment(), "HOME": str(tmp_path), "PATH": f"{os.path.dirname(INGOT)}:{os.environ['PATH']}"}

    def offered(line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], cwd=tmp_path,
                              env=env, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0 and done.stderr == "", done.stderr
        return {line.split("\t")[0] for line in done.stdout.splitlines()}

    assert offered("ingot rej") == {"rejects"}
    assert {"list", "show", "export", "discard", "replay"} <= offered("ingot rejects ")
    assert "--strict" in offered("ingot run --s") and "--strict" not in offered("ingot check --s")
    assert "p.yaml" in offered("ingot run p")


def test_unknown_shell():
    ingot("completion", "bsh").failed("usage", "bsh", "did you mean bash?")
    ingot("completion").failed("usage")


# ---- the manual page ------------------------------------------------------------------------------------------------

def test_manual_page():
    page = ingot("man").ok().out
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-P-cbou", "-rLL=200n", "-rHY=0"], input=page, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0 and done.stderr == ""
    words = " ".join(done.stdout.split())
    for text in ("rejects show", "--memory-limit BYTES", "EXIT STATUS", "too_many_rejects", "ingot check sales.yaml"):
        assert text in words, text
