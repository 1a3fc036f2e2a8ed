"""Tables that exist are altered as far as the pipeline says: with the first rows, once, and shown before."""
import json
import signal

import pytest

from ingot_program import ingot, reconciles, run

ROWS = "id,a\n1,x\n2,y\n"


def pipeline(folder, columns, to="", rest="", name="p.yaml"):
    return folder.pipeline(f"from: '*.csv'\ncolumns: {{ {columns} }}\nto: {{ table: t{', ' + to if to else ''} }}\n{rest}", name)


def plan(yaml, target, *args):
    return ingot("plan", "--json", yaml, "--set", f"to.connection={target.url}", *args)


def types(target):
    """By column, in lower case, as the catalog writes it."""
    if target.kind == "duckdb":
        return {n: t.lower() for n, t in target.query("select column_name, data_type from duckdb_columns() where table_name = 't' order by column_index")}
    return dict(target.query("select attname, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't'::regclass and attnum > 0 and not attisdropped order by attnum"))


def test_columns_that_the_table_lacks_are_added(folder, target):
    target.execute("create table t (id integer); insert into t values (0)")
    folder.write("1.csv", "id,a,n\n1,x,5\n2,y,\n")
    yaml = pipeline(folder, "id: integer, a: varchar(5), n: bigint required")
    run(yaml, target).failed("target_refused")
    assert "alter: add" in ingot("plan", yaml, "--set", f"to.connection={target.url}").err
    yaml = pipeline(folder, "id: integer, a: varchar(5), n: bigint required", "alter: add")
    said = plan(yaml, target).ok().json["ddl"]
    assert len(said) == (1 if target.kind == "postgres" else 2) and all(s.startswith("ALTER TABLE") for s in said)
    assert list(types(target)) == ["id"]  # a plan changes nothing
    done = run(yaml, target).ok()
    assert done.json["altered"] == said and done.counts["inserted"] == 1 and done.counts["rejected"] == 1
    assert target.rows("t") == [("0", None, None), ("1", "x", "5")]
    folder.write("2.csv", "id,a,n\n3,z,1\n")
    assert run(yaml, target).ok().json["altered"] == []
    assert target.count("t") == 3


def test_a_column_is_renamed_once(folder, target):
    target.execute("create table t (id integer, old varchar(5)); insert into t values (0, 'kept')")
    folder.write("1.csv", ROWS)
    yaml = pipeline(folder, "id: integer, a: { type: varchar(5), was: old }", "mode: append")
    assert "RENAME COLUMN \"old\" TO \"a\"" in plan(yaml, target).ok().json["ddl"][0]
    done = run(yaml, target).ok()
    assert len(done.json["altered"]) == 1 and list(types(target)) == ["id", "a"]
    assert target.rows("t") == [("0", "kept"), ("1", "x"), ("2", "y")]
    folder.write("2.csv", "id,a\n3,z\n")
    assert run(yaml, target).ok().json["altered"] == [] and target.count("t") == 4
    target.execute("alter table t add column old varchar(5)")
    folder.write("3.csv", "id,a\n4,z\n")
    failed = run(yaml, target).failed("target_refused")
    assert "has a column a and a column old, which it was" in failed.err and target.count("t") == 4


def test_a_renamed_key_stays_the_key(folder, target):
    target.execute(f"create table t (k integer{' primary key' if target.kind == 'postgres' else ''}, a varchar(5)); insert into t values (1, 'old')")
    folder.write("1.csv", ROWS)
    done = run(pipeline(folder, "id: { type: integer, was: k }, a: varchar(5)", "mode: upsert, key: id"), target).ok()
    assert (done.counts["inserted"], done.counts["updated"]) == (1, 1)
    assert target.rows("t") == [("1", "x"), ("2", "y")]


def test_a_key_is_not_added(folder, target):
    target.execute("create table t (a varchar(5))")
    folder.write("1.csv", ROWS)
    run(pipeline(folder, "id: integer, a: varchar(5)", "mode: upsert, key: id, alter: add"), target).failed("target_refused", "lacks the key column id")


WIDER = [  # what the table has, what the contract says, a value that only this holds
    ("smallint", "integer", "70000"), ("smallint", "bigint", "70000"), ("integer", "bigint", "3000000000"),
    ("smallint", "numeric(5,0)", "70000"), ("integer", "numeric(12,2)", "1.25"), ("bigint", "numeric(20,1)", "12345678901234567.5"),
    ("numeric(4,1)", "numeric(6,1)", "12345.5"), ("numeric(4,1)", "numeric(5,2)", "1.25"), ("real", "double precision", "0.1"),
]


def test_types_are_widened(folder, target):
    cases = WIDER + ([("varchar(3)", "varchar(5)", "abcde"), ("varchar(3)", "text", "abcde")] if target.kind == "postgres" else [])
    table = ", ".join(f"c{i} {narrow}" for i, (narrow, _, _) in enumerate(cases))
    target.execute(f"create table t (id integer, {table}); insert into t values (0{', 1' * len(cases)})")
    columns = "id: integer, " + ", ".join(f'c{i}: "{wide}"' for i, (_, wide, _) in enumerate(cases))
    names = ",".join(f"c{i}" for i in range(len(cases)))
    folder.write("1.csv", f"id,{names}\n" + "".join(f"{i + 1}{',' * i},{value}{',' * (len(cases) - i - 1)}\n" for i, (_, _, value) in enumerate(cases)))
    before = types(target)
    yaml = pipeline(folder, columns, "alter: widen")
    ddl = plan(yaml, target).ok().json["ddl"]
    assert types(target) == before and len(ddl) == (1 if target.kind == "postgres" else len(cases))
    assert target.kind == "duckdb" or "writes all its rows anew" in ddl[0]
    done = run(yaml, target).ok()
    assert done.counts["inserted"] == len(cases) and done.json["altered"] == ddl
    for i, (narrow, wide, value) in enumerate(cases):
        assert float(target.value(f"select c{i} from t where id = {i + 1}") if not value.isalpha() else 1) == float(value if not value.isalpha() else 1), (narrow, wide)
        assert float(target.value(f"select c{i} from t where id = 0")) == 1
    folder.write("2.csv", f"id,{names}\n99{',' * len(cases)}\n")
    assert run(yaml, target).ok().json["altered"] == []


@pytest.mark.parametrize("to", ["alter: add", "alter: none", ""])
def test_nothing_is_widened_unasked(folder, target, to):
    target.execute("create table t (id smallint)")
    folder.write("1.csv", "id\n70000\n1\n")
    done = run(pipeline(folder, "id: integer", to), target).ok()
    assert (done.counts["inserted"], done.counts["rejected"], done.json["altered"]) == (1, 1, [])
    assert types(target) == {"id": "smallint"}


def test_nothing_is_narrowed(folder, target):
    target.execute("create table t (id bigint, n numeric(10,2))")
    folder.write("1.csv", "id,n\n1,1.5\n")
    before = types(target)
    assert run(pipeline(folder, 'id: smallint, n: "numeric(4,1)"', "alter: widen"), target).ok().json["altered"] == []
    assert types(target) == before


def test_where_nothing_is_loaded_nothing_is_altered(folder, target):
    target.execute("create table t (id smallint)")
    folder.write("1.csv", "id,a\nx,1\n")
    yaml = pipeline(folder, "id: integer, a: integer", "alter: widen", "max_rejects: 0\n")
    run(yaml, target).failed("too_many_rejects")
    assert types(target) == {"id": "smallint"}
    folder.write("1.csv", "id,a\n1,1\n")
    run(yaml, target).ok()
    assert list(types(target)) == ["id", "a"]


def test_a_view_keeps_postgres_from_widening(folder, postgres):
    postgres.execute("create table t (id integer, a text); create view v as select id from t")
    folder.write("1.csv", ROWS)
    yaml = pipeline(folder, "id: bigint, a: text", "alter: widen")
    for command in ("plan", "run"):
        ingot(command, yaml, "--set", f"to.connection={postgres.url}").failed("target_refused", "column id: its type cannot be widened, a view reads it: v")
    run(pipeline(folder, "id: integer, a: text, b: integer", "alter: add", name="q.yaml"), postgres).failed("source_unreadable")
    run(pipeline(folder, "id: integer, b: { type: text, was: a, from: a }", "alter: add", name="q.yaml"), postgres).ok()  # the view does not mind


def test_only_its_owner_alters_a_table(folder, postgres):
    postgres.execute("create table t (id integer); drop role if exists loader; create role loader login password 'x'; grant all on t to loader;"
                     f"grant create on database {postgres.database} to loader; grant create on schema public to loader")
    folder.write("1.csv", ROWS)
    url = postgres.url.replace("://postgres", "://loader:x") if "://postgres" in postgres.url else None
    if url is None:
        pytest.skip("the server's user is another one")
    failed = ingot("plan", pipeline(folder, "id: integer, a: text", "alter: add"), "--set", f"to.connection={url}")
    failed.failed("target_refused", "is not yours, and is to be altered", "ADD COLUMN")
    postgres.execute("drop owned by loader cascade; drop role loader")


def test_an_index_keeps_duckdb_from_altering(folder, duckdb):
    duckdb.execute("create table t (id integer primary key, b varchar)")
    folder.write("1.csv", ROWS)
    run(pipeline(folder, "id: bigint, b: { type: text, from: a }", "alter: widen"), duckdb).failed("target_refused", "DuckDB cannot widen it while the table has an index")
    run(pipeline(folder, "id: integer, a: { type: text, was: b }"), duckdb).failed("target_refused", "DuckDB cannot rename it")


def test_several_connections_and_tables_in_step(folder, postgres):
    """The first batch alters alone; the others are loaded after it."""
    postgres.execute("create table t (id smallint primary key, old text)")
    rows = "".join(f"{i},{'x' * 50}\n" for i in range(60000))
    folder.write("1.csv", "id,a\n" + rows)
    yaml = pipeline(folder, "id: { type: integer }, a: { type: text, was: old }", "mode: upsert, key: id, alter: widen, commit: part, part_size: 400KiB, connections: 3")
    done = run(yaml, postgres).ok()
    assert done.counts["inserted"] == 60000 and len(done.json["altered"]) == 2 and postgres.count("t") == 60000


def test_mistakes(folder):
    folder.write("1.csv", ROWS)
    for columns, message in {
        "a: { type: text, was: a }": "a column was what it is",
        "id: integer, a: { type: text, was: ID }": "was names a column that is declared, too",
        "a: { type: text, was: x }, b: { type: text, was: x }": "two columns were the same",
        "a: 'enum(x, x)'": "an enum names a value twice", "a: enum": "an enum without values", "a: 'enum(x'": "no end of an enum's values",
        "a: { type: 'enum(x, y)', default: z }": "default does not fit",
    }.items():
        ingot("check", pipeline(folder, columns)).failed("invalid_pipeline", message)
    ingot("check", pipeline(folder, "a: text", "alter: wide")).failed("invalid_pipeline", 'did you mean "widen"?')


# ---- drift: add ------------------------------------------------------------------------------------------------------

GROWING = "drift: add\n"


def test_new_fields_become_columns(folder, target):
    folder.write("1.csv", ROWS)
    yaml = pipeline(folder, "id: integer, a: text", "", GROWING)
    assert run(yaml, target).ok().json["added"] == []
    folder.write("2.csv", "id,a,Unit Price,size,empty\n3,z,1.50,7,\n")
    folder.write("3.csv", "id,a,SIZE\n4,w,9\n")  # the same field; and none of the other
    said = plan(yaml, target).ok().json
    assert [(c["name"], c["type"]) for c in said["added"]] == [("unit_price", "numeric(18,2)"), ("size", "bigint")]
    assert len(types(target)) == 2
    done = run(yaml, target).ok()
    assert done.json["added"] == said["added"] and done.json["altered"] == said["ddl"] and done.json["ignored"] == ["empty"]
    assert target.rows("t") == [("1", "x", None, None), ("2", "y", None, None), ("3", "z", "1.50", "7"), ("4", "w", None, "9")]
    kept = target.value("select contract from ingot.contracts")
    assert "unit_price" in kept and "optional: true" in kept
    # Later files: a value that does not fit is a reject; a field that is gone is NULL, and said.
    folder.write("4.csv", "id,a,size\n5,v,big\n6,v,8\n")
    done = run(yaml, target).ok()
    assert (done.counts["inserted"], done.counts["rejected"], done.json["unfed"]) == (1, 1, ["unit_price"]) and done.json["added"] == []
    assert target.query("select code, field from ingot.rejects") == [("not_a_number", "size")]
    # What came first is not loaded again, and the pipeline without `add` ignores them.
    assert ingot("run", yaml, "--set", f"to.connection={target.url}").ok().out.startswith("nothing new")
    folder.write("5.csv", "id,a,size\n7,v,8\n")
    assert run(pipeline(folder, "id: integer, a: text"), target).ok().json["ignored"] == ["size"]


JSON = "from: '*.ndjson'\ncolumns: { id: integer, city: { type: text, from: address.city } }\nto: { table: t }\ndrift: add\n"


def test_new_fields_of_json(folder, target):
    yaml = folder.pipeline(JSON)
    lines = [{"id": 1, "address": {"city": "Bern", "zip": "3000"}, "tags": [1], "at": {"x": 1, "y": 2}, "nothing": None},
             {"id": 2, "address": {"city": "Thun"}, "when": "2024-01-02", "ok": True}]
    folder.write("1.ndjson", "\n".join(map(json.dumps, lines)))
    done = run(yaml, target).ok()
    assert {c["name"]: c["type"] for c in done.json["added"]} == {"address_zip": "text", "tags": "json", "at": "json", "when": "date", "ok": "boolean"}
    assert done.json["ignored"] == ["nothing"] and done.json["created"]
    assert target.query("select city, address_zip, cast(\"when\" as varchar), ok from t order by id") == [("Bern", "3000", None, None), ("Thun", None, "2024-01-02", True)]
    folder.write("2.ndjson", '{"id": 3, "address": {"city": "Chur", "zip": 7000}, "nothing": 1.5}\n')
    done = run(yaml, target).ok()
    assert [c["name"] for c in done.json["added"]] == ["nothing"] and reconciles(done.counts)
    assert target.query("select address_zip, cast(nothing as varchar) from t where id = 3") == [("7000", "1.5")]


def test_a_resumed_plan_keeps_its_columns(folder, target):
    folder.write("1.csv", ROWS)
    yaml = pipeline(folder, "id: integer, a: text", "", GROWING)
    run(yaml, target).ok()
    folder.write("2.csv", "id,a,n\n3,z,7\n")
    killed = run(yaml, target, env={"INGOT_CRASH_AT": "engine.plan_stored"})
    assert killed.code == -signal.SIGKILL and list(types(target)) == ["id", "a"]
    folder.write("3.csv", "id,a,m\n4,w,1\n")
    done = run(yaml, target).ok()
    assert done.json["resumed"] and [c["name"] for c in done.json["added"]] == ["m"]
    assert target.rows("t") == [("1", "x", None, None), ("2", "y", None, None), ("3", "z", "7", None), ("4", "w", None, "1")]
    assert run(yaml, target).ok().json["state"] == "nothing_new"


def test_a_pipeline_without_columns_grows(folder, target):
    folder.write("1.csv", ROWS)
    yaml = folder.pipeline("from: '*.csv'\nto: { table: t }\ndrift: add\n")
    run(yaml, target).ok()
    folder.write("2.csv", "id,a,n\n3,z,7\n")
    assert [c["name"] for c in run(yaml, target).ok().json["added"]] == ["n"]
    folder.write("3.csv", "id,a\n4,w\n")
    run(yaml, target).ok()
    assert target.rows("t") == [("1", "x", None), ("2", "y", None), ("3", "z", "7"), ("4", "w", None)]


def test_what_others_keep_is_not_written_over(folder, target):
    target.execute("create table t (id integer, a varchar, note varchar)")
    folder.write("1.csv", "id,a,Note\n1,x,theirs\n")
    run(pipeline(folder, "id: integer, a: text", "", GROWING), target).failed("target_refused", "would be written into column note of the table")
    assert target.count("t") == 0


def test_keys_that_are_data_are_no_columns(folder, duckdb):
    folder.write("1.ndjson", "\n".join('{"id": %d, "k%d": 1}' % (i, i) for i in range(150)))
    run(folder.pipeline(JSON.replace("from: address.city", "from: id")), duckdb).failed("invalid_pipeline", "150 columns at once")


def test_a_damaged_file_costs_itself(folder, duckdb):
    folder.write("1.ndjson", '{"id": 1, "n": 5}\n')
    folder.write("2.ndjson", b'{"id": 2, "n": 5}\n\xff\x00\n')
    folder.write("3.csv.gz", b"\x1f\x8bbroken")
    done = run(folder.pipeline(JSON.replace("'*.ndjson'", "{ path: ['*.ndjson', '3.csv.gz'], format: ndjson }")), duckdb)
    done.failed("source_unreadable")
    assert duckdb.query("select id, n from t order by id") == [(1, 5), (2, 5)]


# ---- optional, and columns that disappear ----------------------------------------------------------------------------

def test_an_optional_column_may_be_missing(folder, target):
    folder.write("1.csv", "id\n1\n")
    folder.write("2.csv", "id,b\n2,x\n")
    done = run(pipeline(folder, "id: integer, b: { type: text, optional: true, default: none }"), target).ok()
    assert target.rows("t") == [("1", "none"), ("2", "x")] and done.json["unfed"] == []
    failed = run(pipeline(folder, "id: integer, b: text", name="q.yaml"), target).failed("source_unreadable")
    assert "the header lacks a column: b" in failed.err


def test_a_column_that_disappears_is_named(folder, target):
    yaml = folder.pipeline("from: '*.ndjson'\ncolumns: { id: integer, a: text, b: text, c: { type: text, value: a } }\nto: { table: t }\n")
    folder.write("1.ndjson", '{"id": 1, "a": null}\n{"id": 2}\n')
    done = run(yaml, target).ok()
    assert done.json["unfed"] == ["b"]
    folder.write("2.ndjson", '{"id": 1, "b": null}\n')
    said = ingot("run", yaml, "--set", f"to.connection={target.url}").ok().out
    assert "no record had a field for: a\n" in said


# ---- enum ------------------------------------------------------------------------------------------------------------

ENUM = "enum(new, 'in transit', sold)"


def test_an_enum_is_checked(folder, target):
    folder.write("1.csv", "id,s\n1,new\n2,in transit\n3,lost\n4,\n5,\"\"\n6,New\n")
    done = run(pipeline(folder, f'id: integer, s: "{ENUM}", t: {{ type: "enum(n, s)", value: "left(s, 1)" }}'), target).ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (3, 3)
    assert target.query("select line, code, field, coalesce(\"column\", 0) from ingot.rejects order by line") == [
        (3, "not_in_enum", "t", 0), (4, "not_in_enum", "s", 3), (7, "not_in_enum", "s", 3)]
    assert target.rows("t", "id,s,t") == [("1", "new", "n"), ("4", None, None), ("5", None, None)]


def test_an_enum_of_json_and_of_the_target(folder, target):
    if target.kind == "duckdb":
        target.execute("create table t (id integer, s enum('new', 'in transit', 'sold', 'other'))")
    else:
        target.execute("create type s as enum ('new', 'in transit', 'sold', 'other'); create table t (id integer, s s)")
    folder.write("1.ndjson", '{"id": 1, "s": "s\\u006fld"}\n{"id": 2, "s": ""}\n{"id": 3, "s": null}\n{"id": 4, "s": "other"}\n{"id": 5, "s": 1}\n')
    done = run(folder.pipeline(f'from: 1.ndjson\ncolumns: {{ id: integer, s: "{ENUM}" }}\nto: {{ table: t }}\n'), target).ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (2, 3)
    assert target.rows("t") == [("1", "sold"), ("3", None)]
