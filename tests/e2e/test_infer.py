"""Files that nobody has described: init writes a pipeline for them, load loads them, and a pipeline without columns
infers them once. Whatever is written is valid, and loads the whole file."""
import json

import pytest

from ingot_program import ingot, reconciles, run

SALES = ("id,Unit Price,zip,day,when,mail,note,num\n"
         "1,9.99,01067,2024-02-29,31/12/2024,anna@example.org,,5\n"
         "2,10.00,10115,2024-03-01,01/02/2024,bo@example.org,\"a, \"\"b\"\"\nc\",NA\n"
         "3,0.50,80331,2024-03-02,03/04/2024,cy@example.org,x,7\n")


def init(folder, *args):
    return ingot("init", *args, cwd=folder.path)


def check_loads_all(folder, target, name, text, records, table="t", **options):
    """init writes a pipeline that check takes, and whose run takes every record."""
    file = folder.write(name, text)
    pipeline = folder.path / "made.yaml"
    init(folder, file.name, "--table", table, "-o", "made.yaml", *options.get("args", ())).ok()
    ingot("check", pipeline, "--set", f"to.connection={target.url}").ok()
    done = run(pipeline, target, "--strict", "--create").ok()
    assert (done.counts["read"], done.counts["inserted"]) == (records, records), pipeline.read_text()
    return pipeline.read_text()


def test_init_says_what_it_found(folder):
    folder.write("sales.csv", SALES)
    text = init(folder, "sales.csv", "--key", "id").ok().out
    lines = {line.split(":")[0].strip(): line for line in text.splitlines() if line.startswith("  ")}
    assert text.startswith("from: sales.csv\ncolumns:\n") and text.endswith("to: { table: sales, mode: upsert, key: id }\n")
    assert lines["id"].split("#")[0].strip() == "id: bigint" and "1 … 3; unique: may be a key" in lines["id"]
    assert 'unit_price: { type: "numeric(18,2)", from: "Unit Price" }' in lines["unit_price"] and "0.50 … 10.00" in lines["unit_price"]
    assert "zip: text" in lines["zip"] and 'zeros in front, which a number would lose, first sales.csv:2 "01067"' in lines["zip"]
    assert "day: date" in lines["day"] and "2024-02-29 … 2024-03-02" in lines["day"]
    assert 'when: { type: date, parse: "%d/%m/%Y" }' in lines["when"] and "e.g. " in lines["when"]
    assert "personal? e-mail addresses" in lines["mail"]
    assert "1 empty" in lines["note"] and "up to 8 characters" in lines["note"]
    assert 'bigint with null: ["NA"]' in lines["num"]
    assert len({line.index("#") for line in lines.values() if "from" not in line}) == 1  # aligned


def test_what_init_writes_loads_the_whole_file(folder, target):
    check_loads_all(folder, target, "sales.csv", SALES, 3)
    assert target.rows("t", "zip") == [("01067",), ("10115",), ("80331",)]
    assert [row[0] for row in target.rows("t", "unit_price")] == ["0.50", "10.00", "9.99"]


NASTY = {
    "headers with spaces, twice, none, in capitals": ("ID,id,a b,a b,,naïve ☃\n1,2,x,y,z,w\n", 1),
    "semicolons behind a byte order mark": ("\ufeffa;b\n1;2,5\n3;4\n", 2),
    "one column": ("name\nanna\n\nbo\n", 3),
    "one column of numbers without a header": ("1\n2\n3\n", 3),
    "no header": ("1,anna,2024-01-01\n2,bo,2024-01-02\n", 2),
    "all text": ("name,city\nanna,rome\n", 1),
    "CRLF": ("a,b\r\n1,x\r\n2,y\r\n", 2),
    "numbers that are none": ("a,b,c,d,e\n007,+1,1e5,1.10,123456789012345678901234567890\n1,2,3,1.1,4\n", 2),
    "mixed dates": ("a,b\n2024-01-01,2024-01-01 10:00\n01.02.2024,2024-01-01T10:00+02\n", 2),
    "words of YAML": ("yes,null,a: b,#x,${v}\n1,2,3,4,5\n", 1),
    "values that are no comment": ('a,b\n"x\ny # z",\u2028\n', 1),
    "a long name": ("x" * 100 + "," + "x" * 101 + "\n1,2\n", 1),
}


@pytest.mark.parametrize("case", NASTY)
def test_nasty_csv(folder, target, case):
    text, records = NASTY[case]
    check_loads_all(folder, target, "a.csv", text, records)


def test_nothing_to_go_by(folder):
    folder.write("empty.csv", "")
    init(folder, "empty.csv").failed("no_input", "no record, so that nothing can be inferred: empty.csv")
    folder.write("empty.ndjson", "\n")
    init(folder, "empty.ndjson").failed("no_input", "nothing can be inferred")
    init(folder, "gone.csv").failed("not_found", "gone.csv")
    folder.write("cut.csv", 'a,b\n1,"x\n')
    init(folder, "cut.csv").failed("source_unreadable", "unclosed quote")
    folder.write("head.csv", "id,name\n")
    assert "# GUESS no value anywhere" in init(folder, "head.csv").ok().out
    init(folder, "head.csv", "--key", "ide").failed("invalid_pipeline", 'key is not a column: "ide"', 'did you mean "id"?')
    init(folder, "head.csv", "-o", "head.csv").failed("usage", "there is such a file already: head.csv")
    init(folder, "head.csv", "empty.csv").failed("usage", "2 files, and no table")


def test_many_columns(folder, target):
    names = [f"c{i}" for i in range(1500)]  # of which few have values: a row of Postgres must fit a page
    check_loads_all(folder, target, "wide.csv", ",".join(names) + "\n1" + "," * 1499 + "\n", 1)


def test_records_that_nothing_can_take_are_said(folder):
    folder.write("a.csv", "a,b\n1,2\n3\n4,5,6\n")
    assert "# 2 of 3 records will be rejects (ragged), first a.csv:3" in init(folder, "a.csv").ok().out


def test_several_files(folder, target):
    folder.write("1.csv", "id,t\n1,a\n")
    folder.write("2.csv", "t;id\nb;2\n")
    init(folder, "*.csv", "--table", "t", "-o", "made.yaml").ok()
    run(folder.path / "made.yaml", target, "--strict").ok()
    assert target.rows("t") == [("1", "a"), ("2", "b")]
    folder.write("3.csv", "id,u\n3,c\n")
    init(folder, "*.csv", "--table", "t").failed(
        "invalid_pipeline", "files of different columns: 3.csv is not like 1.csv; it lacks t; it has u beside")


def test_json(folder, target):
    records = [{"id": 1, "Name": "a", "x": 1, "tags": ["a"], "at": {"lat": 1.5, "on": True}},
               {"id": 2, "Name": None, "x": "two", "at": {"lat": 2, "on": False}, "new": 1e300}]
    text = "\n".join(json.dumps(r) for r in records)
    made = check_loads_all(folder, target, "a.ndjson", text, 2)
    assert "name: { type: text, from: Name }" in made and "x: text" in made and "# GUESS" in made and "mixed: 1 strings, 1 numbers" in made
    assert "at: json" in made and "new: double precision" in made and "1 absent" in made
    (folder.path / "made.yaml").unlink()
    made = check_loads_all(folder, target, "b.json", json.dumps(records), 2, table="flat", args=("--flatten", "1"))
    assert 'at_lat: { type: "numeric(18,1)", from: at.lat }' in made
    assert target.rows("flat", "at_lat,at_on") == [("1.5", "true"), ("2.0", "false")]


def test_a_pipeline_without_columns_infers_once(folder, target):
    folder.write("1.csv", "id,v\n1,10\n2,20\n")
    pipeline = folder.pipeline("from: '*.csv'\nto: { table: p, mode: upsert, key: id }\n")
    to = ("--set", f"to.connection={target.url}")
    assert "columns are inferred by the first run" in ingot("check", pipeline, *to).ok().out
    said = ingot("plan", pipeline, *to).ok().out
    assert "inferred from 2 records" in said and "  v: bigint" in said
    said = ingot("run", pipeline, *to).ok().out
    assert "inferred from 2 records" in said and "2 read = 2 inserted ✔" in said
    contract = target.value("select contract from ingot.contracts")
    assert contract == "columns:\n  id: bigint\n  v: bigint\n"
    # What comes later is held to it.
    folder.write("2.csv", "v,id,w\nx,3,1\n40,4,1\n")
    said = ingot("run", pipeline, *to).ok().out
    assert "inferred" not in said and "2 read = 1 inserted + 1 rejected ✔" in said and '1 × not_a_number  v  2.csv:2:1 "x"' in said
    assert "kept in the ledger (--reinfer infers anew)" in ingot("plan", pipeline, *to).ok().out
    assert target.count("ingot.contracts") == 1
    assert json.loads(ingot("plan", "--json", pipeline, *to).ok().out)["columns"] == "kept"
    # The same columns, declared, are the same pipeline.
    folder.pipeline("from: '*.csv'\n" + contract + "to: { table: p, mode: upsert, key: id }\n")
    assert run(pipeline, target).ok().json["known"] == 2
    folder.pipeline("from: '*.csv'\nto: { table: p, mode: upsert, key: idd }\n")
    ingot("run", pipeline, *to).failed("invalid_pipeline", 'key is not a column: "idd"')
    # Anew: text does not fit the table's bigint.
    folder.write("3.csv", "id,v\n5,50\n")
    folder.pipeline("from: '*.csv'\nto: { table: p, mode: upsert, key: id }\n")
    said = ingot("run", pipeline, *to, "--reinfer").failed("invalid_pipeline", "files of different columns: 2.csv").out
    (folder.path / "2.csv").unlink()
    run(pipeline, target, "--reinfer").ok()
    assert target.count("ingot.contracts") == 2
    target.books_reconcile()


def test_the_types_of_an_existing_table_hold(folder, target):
    folder.write("p.csv", "ID,day,Unit Price\n1,2024-01-01,2.5\n2,,3\n")
    pipeline = folder.pipeline("from: p.csv\nto: { table: p }\n")
    target.execute('create table p (id integer, day varchar(20), unit_price numeric(6,3))')
    run(pipeline, target, "--strict").ok()
    assert target.rows("p") == [("1", "2024-01-01", "2.500"), ("2", "", "3.000")]


def test_a_killed_first_run_does_not_guess_anew(folder, target):
    folder.write("1.csv", "id,v\n1,10\n")
    pipeline = folder.pipeline("from: '*.csv'\nto: { table: p }\n")
    for step in ("engine.run_begun", "engine.plan_stored", "engine.committed"):
        target.reset()
        assert run(pipeline, target, env={"INGOT_CRASH_AT": step}).code == -9
        folder.write("2.csv", "id,v\n2,x\n")
        done = run(pipeline, target).ok()
        # Before the plan was stored nothing was settled yet.
        settled = step != "engine.run_begun"
        assert done.counts == {"read": 2 if not settled else done.counts["read"], "inserted": 2 if not settled else done.counts["inserted"],
                               "updated": 0, "unchanged": 0, "filtered": 0, "duplicate": 0, "rejected": 1 if settled else 0}
        assert target.count("p") == (1 if settled else 2) and target.count("ingot.contracts") == 1
        (folder.path / "2.csv").unlink()


def test_load(folder, target):
    folder.write("sales.csv", SALES)
    load = ("load", "sales.csv", target.url, "--key", "id")
    said = ingot(*load, cwd=folder.path).ok().out
    assert "zip: text" in said and "sales created in" in said and "3 read = 3 inserted ✔" in said
    assert target.count("sales") == 3
    # From another folder it is the same file, and known; one that has changed is applied.
    (folder.path / "sub").mkdir()
    assert "1 file known" in ingot("load", "../sales.csv", target.url, "--key", "id", cwd=folder.path / "sub").ok().out
    folder.write("sales.csv", SALES.replace("10.00", "11.00"))
    assert "3 read = 1 updated + 2 unchanged ✔" in ingot(*load, cwd=folder.path).ok().out
    # Another file into the same table goes on with what is kept.
    folder.write("more.csv", SALES.replace("\n1,", "\n4,").replace("80331", "x"))
    said = ingot("load", "more.csv", target.url, "--table", "sales", "--key", "id", cwd=folder.path).ok().out
    assert "3 read = 1 inserted + 2 updated ✔" in said
    target.books_reconcile()


def test_load_saved_goes_on_as_a_pipeline(folder, target):
    folder.write("sales.csv", SALES)
    env = {"SALES_URL": target.url}
    ingot("load", "sales.csv", target.url, "--key", "id", "--save", "s/shop.yaml", cwd=folder.path).failed("resource", "cannot write s/shop.yaml")
    (folder.path / "s").mkdir()
    ingot("load", "sales.csv", target.url, "--key", "id", "--save", "s/shop.yaml", cwd=folder.path, env=env).ok()
    saved = (folder.path / "s" / "shop.yaml").read_text()
    assert saved.startswith("name: sales\n") and "zeros in front" in saved
    assert "1 file known" in ingot("run", "s/shop.yaml", cwd=folder.path, env=env).ok().out
    ingot("load", "sales.csv", target.url, "--key", "id", "--save", "s/shop.yaml", cwd=folder.path).failed(
        "usage", "there is such a file already: s/shop.yaml", "ingot run s/shop.yaml")


def test_load_killed_is_completed_by_what_was_saved(folder, target):
    folder.write("sales.csv", SALES)
    killed = ingot("load", "sales.csv", target.url, "--save", "s.yaml", cwd=folder.path, env={"INGOT_CRASH_AT": "engine.plan_stored"})
    assert killed.code == -9
    assert "3 read = 3 inserted ✔" in ingot("run", "s.yaml", cwd=folder.path).ok().out
    assert target.count("sales") == 3


def test_load_without_a_database(folder):
    folder.write("sales.csv", "id,v\n1,2\n")
    assert "table main.sales created in duckdb:sales.duckdb" in ingot("load", "sales.csv", cwd=folder.path).ok().out
    assert "1 file known" in ingot("load", "sales.csv", "--save", "sales.yaml", cwd=folder.path).ok().out
    assert "1 file known" in ingot("run", "sales.yaml", cwd=folder.path).ok().out
    ingot("load", "duckdb:x.duckdb", cwd=folder.path).failed("usage", "a connection, but no file")
    ingot("load", "sales.csv", "postgresql://me:secret@localhost/x", "--save", "x.yaml", cwd=folder.path).failed(
        "usage", "a password would be written into the pipeline", "export PGURL")
    assert not (folder.path / "x.yaml").exists()


def test_preview(folder):
    folder.write("a.csv", 'id,amount\n1,10.50\n2,"12,5O"\n3,\n')
    folder.pipeline("from: a.csv\ncolumns: { id: bigint, amount: 'numeric(18,2)' }\nwhere: id < 3\nto: { connection: 'postgresql://nowhere.invalid/x' }\n")
    said = ingot("preview", "p.yaml", cwd=folder.path).ok().out
    assert said == ("  id      amount\n  bigint  numeric(18,2)\n  1       10.50\n"
                    "3 read = 1 rows + 1 filtered + 1 rejected; nothing was written\n"
                    "  a.csv:3:3  amount  not_a_number\n      2,\"12,5O\"\n        ^^^^^^^\n")
    shown = json.loads(ingot("preview", "p.yaml", "--json", "--limit", "1", cwd=folder.path).ok().out)
    assert (shown["read"], shown["rows"], shown["tables"][0]["sample"]) == (1, 1, [["1", "10.50"]])
    said = ingot("preview", "a.csv", "--rows", "2", cwd=folder.path).ok().out
    assert "  amount: text" in said and "3 read = 3 rows; nothing was written" in said and "12,5O" in said
    assert sorted(p.name for p in folder.path.iterdir()) == ["a.csv", "p.yaml"]
    folder.pipeline("from: a.csv\ncolumns: { id: bigint, b: { type: text, value: nothing(id) } }\n")
    ingot("preview", "p.yaml", cwd=folder.path).failed("invalid_pipeline", "nothing")
    ingot("preview", "gone.csv", cwd=folder.path).failed("not_found")


def test_preview_of_several_tables(folder):
    folder.write("a.ndjson", '{"t": "x", "v": 1}\n{"t": "y", "w": "\u00e9"}\n{"t": "z"}\n')
    folder.pipeline("from: a.ndjson\ntables:\n  xs: { when: t = 'x', columns: { v: bigint } }\n  ys: { when: t = 'y', columns: { w: text, t: text } }\n")
    said = ingot("preview", "p.yaml", cwd=folder.path).ok().out
    assert "table xs\n  v\n  bigint\n  1\ntable ys\n  w     t\n  text  text\n  é     y\n" in said and "3 read = 2 rows + 1 rejected" in said


def test_preview_watches(folder):
    from ingot_program import start
    import signal, time
    folder.write("a.csv", "id\n1\n")
    file = folder.pipeline("from: a.csv\ncolumns: { id: bigint }\n")
    process = start("preview", "p.yaml", "--watch", "--json", cwd=folder.path)
    assert json.loads(process.stdout.readline())["tables"][0]["columns"][0]["type"] == "bigint"
    time.sleep(0.05)
    file.write_text("from: a.csv\ncolumns: { id: text }\n")
    assert json.loads(process.stdout.readline())["tables"][0]["columns"][0]["type"] == "text"
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 130 or process.returncode == 0


def test_diff(folder, target):
    folder.write("1.csv", "id,v,w\n1,a,x\n2,b,\n3,c,z\n")
    pipeline = folder.pipeline("from: '*.csv'\ncolumns: { id: bigint, v: text, w: text }\nto: { table: p, mode: upsert, key: id }\n")
    to = ("--set", f"to.connection={target.url}")
    said = ingot("diff", pipeline, *to).ok().out
    assert "1 file against table" in said and "(which does not exist yet), by id" in said and "3 read = 3 to insert + 0 to update + 0 the same" in said
    run(pipeline, target).ok()
    folder.write("2.csv", "id,v,w\n4,d,\n2,b,y\n3,c,z\n5,e,\n5,f,\nx,,\n")
    before = target.state("p")
    said = ingot("diff", pipeline, *to, "--rows", "1").ok().out
    assert "6 read = 2 to insert + 1 to update + 1 the same + 1 of a key repeated + 1 rejected\n1 other rows of the table" in said
    assert '  + id = "4"\n    … and 1 more\n  ~ id = "2"\n      w: "" → "y"\n' in said
    shown = json.loads(ingot("diff", pipeline, *to, "--json", "--all").ok().out)
    assert (shown["units"], shown["inserted"], shown["updated"], shown["unchanged"], shown["elsewhere"]) == (2, 2, 1, 2, 0)
    assert shown["changed"] == [{"key": ["2"], "columns": {"w": ["", "y"]}}] and shown["new"] == [["4"], ["5"]]
    assert target.state("p") == before
    done = run(pipeline, target).ok()
    assert (done.counts["inserted"], done.counts["updated"], done.counts["unchanged"], done.counts["duplicate"]) == (2, 1, 1, 1)
    assert "nothing new: 2 files known; --all compares all of them" in ingot("diff", pipeline, *to).ok().out
    ingot("diff", "1.csv", target.url, "--table", "p", cwd=folder.path).failed("invalid_pipeline", "diff of mode append", "--key COLUMN")


def test_diff_of_a_data_file_and_of_all_types(folder, target):
    columns = {"i": ("integer", "1", "2"), "n": ("numeric(10,3)", "1.500", "1.501"), "f": ("double precision", "0.1", "0.2"), "b": ("boolean", "true", "false"),
               "d": ("date", "2024-01-01", "2024-01-02"), "t": ("timestamp", "2024-01-01 10:00:00.5", "2024-01-01 10:00:01"),
               "z": ("timestamp with time zone", "2024-01-01 10:00:00+02", "2024-01-01 10:00:00+01"), "u": ("uuid", "a3bb189e-8bf9-3888-9912-ace4e6543002", "a3bb189e-8bf9-3888-9912-ace4e6543003"),
               "j": ("json", '{""a"": 1}', '{""a"":1}')}
    target.execute("create table p (id bigint primary key, " + ", ".join(f"{c} {t}" for c, (t, _, _) in columns.items()) + ")")
    head = "id," + ",".join(columns) + "\n"
    row = lambda key, which: key + "," + ",".join(f'"{values[which]}"' for values in columns.values()) + "\n"
    folder.write("p.csv", head + row("1", 1) + row("2", 1) + "3" + "," * len(columns) + "\n")
    ingot("load", "p.csv", target.url, "--key", "id", cwd=folder.path).ok()
    folder.write("p.csv", head + row("1", 1) + row("2", 2) + "3" + "," * len(columns) + "\n")
    shown = json.loads(ingot("diff", "p.csv", target.url, "--key", "id", "--json", cwd=folder.path).ok().out)
    assert (shown["inserted"], shown["updated"], shown["unchanged"]) == (0, 1, 2), shown
    assert set(shown["changed"][0]["columns"]) == set(columns)
