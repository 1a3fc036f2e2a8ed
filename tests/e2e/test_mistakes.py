"""A hundred mistakes, and what the program says to each: tests/mistakes.txt is what it must say, word for word.

INGOT_BLESS=1 writes that file anew: read it as those who made the mistake would."""
import os
import re

import mistakes
from ingot_program import REPOSITORY, ingot

EXPECTED = REPOSITORY / "tests" / "mistakes.txt"


def shown(title, files, args, folder, env=None, hide=()):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = ingot(*args, cwd=folder, env=env)
    said = (done.out + done.err).replace(str(folder), "…")
    for secret, stands_for in hide:
        said = said.replace(secret, stands_for)
    said = re.sub(r"\d+\.\d s\b", "0.0 s", said)
    said = "\n".join(line for line in said.splitlines() if not line.startswith('{"event":"progress"'))
    text = "".join("    " + line + "\n" for line in files.get("p.yaml", "").splitlines()) if len(args) > 1 and args[1] == "p.yaml" else ""
    return done.code, f"## {title}\n{text}$ ingot {' '.join(args)}\n{said}\nexit {done.code}\n\n"


def compare(section, answers):
    """Each part of the file by itself, so that each test can bless its own."""
    parts = re.split(r"(?m)^# (.+)\n\n", EXPECTED.read_text())[1:] if EXPECTED.exists() else []
    known = dict(zip(parts[::2], parts[1::2]))
    text = "".join(answers)
    if os.environ.get("INGOT_BLESS"):
        known[section] = text
        EXPECTED.write_text("".join(f"# {name}\n\n{part}" for name, part in sorted(known.items())))
    assert text == known.get(section), "see tests/mistakes.txt; INGOT_BLESS=1 writes what is said now"


def check(section, cases, tmp_path, **options):
    answers, forgiven = [], []
    for number, (title, files, args) in enumerate(cases):
        code, text = shown(title, files, args, tmp_path / f"m{number}", **options)
        answers.append(text)
        if code == 0:
            forgiven.append(title)
    compare(section, answers)
    assert not forgiven, forgiven


def test_in_yaml(tmp_path):
    check("In the pipeline", mistakes.YAML, tmp_path)


def test_in_arguments(tmp_path):
    check("On the command line", mistakes.ARGUMENTS, tmp_path)


def test_in_data(tmp_path):
    check("In the data", mistakes.DATA, tmp_path)


def test_there_are_a_hundred():
    assert len(mistakes.YAML) + len(mistakes.ARGUMENTS) + len(mistakes.DATA) + len(in_postgres("", "")) >= 100


def in_postgres(url, role_url):
    """Rights and connections: each with what the server is told first."""
    to = mistakes.GOOD.replace("fruit", "fruit, connection: %s")

    def into(title, setup, text=to, where=url):
        return setup, (title, {"p.yaml": text % f"'{where}'", **mistakes.CSV}, ["run", "p.yaml"])

    upsert = to.replace("table: fruit", "table: fruit, mode: upsert, key: id")
    return [
        into("a server that is not there", "", where="postgresql://me@127.0.0.1:1/shop"),
        into("a database that is not there", "", where=re.sub(r"/[^/]*$", "/no_such_database", url)),
        into("a user that is not there", "", where=re.sub(r"//[^@]*@", "//nobody@", url)),
        into("no right to create tables", "", where=role_url),
        into("no right to insert", "create table fruit (id integer, name text, price numeric(10,2))", where=role_url),
        into("a similar table is there", "create table fruits (id integer)"),
        into("upsert without an index", "create table fruit (id integer, name text, price numeric(10,2))", upsert),
        into("a type that cannot hold it", "create table fruit (id date, name text, price numeric(10,2))"),
        into("a column that the table lacks", "create table fruit (id integer, name text)"),
        into("a NOT NULL column that is not loaded", "create table fruit (id integer, name text, price numeric(10,2), shop text not null)"),
        into("a view", "create view fruit as select 1 as id, 'x' as name, 1.5 as price"),
        into("a column that is generated", "create table fruit (id integer generated always as identity, name text, price numeric(10,2))"),
        into("a view reads what is to be widened", "create table fruit (id smallint, name text, price numeric(10,2)); create view v as select id from fruit",
             to.replace("table: fruit", "table: fruit, alter: widen")),
        into("a column and the one that it was", "create table fruit (id integer, name text, label text, price numeric(10,2))",
             to.replace("name: text", "name: { type: text, was: label }")),
    ]


def test_in_rights_and_connections(tmp_path, postgres):
    postgres.execute("do $$ begin create role stranger login; exception when duplicate_object then null; end $$; revoke create on schema public from public")
    stranger = re.sub(r"//[^@/]*@", "//stranger@", postgres.url) if "@" in postgres.url else postgres.url.replace("//", "//stranger@", 1)
    hide = [(postgres.database, "shop"), (re.search(r"[:=](\d{4,5})\b", postgres.url).group(1), "5432")]
    answers, forgiven = [], []
    for number, (setup, (title, files, args)) in enumerate(in_postgres(postgres.url, stranger)):
        postgres.execute("drop schema if exists ingot cascade; drop schema public cascade; create schema public; grant usage on schema public to public;" + setup)
        code, text = shown(title, files, args, tmp_path / f"m{number}", hide=hide)
        text = text.replace(postgres.database, "shop")
        answers.append(re.sub(r"//[^@/' ]*@?(127[^/' ]*|localhost[^/' ]*|/tmp[^' ]*|\[[^/' ]*)", "//…", text))
        if code == 0:
            forgiven.append(title)
    postgres.execute("drop schema public cascade; create schema public; grant all on schema public to public")
    compare("In rights and connections", answers)
    assert not forgiven, forgiven
