"""Files in a folder: what is written is what was read, whole, and seen once it is committed."""
import gzip
import json
import os
import signal

import pytest

from ingot_program import ingot, run
from targets import FilesTarget
from test_types import GOOD

FORMATS = ("parquet", "csv", "ndjson")


def sales(folder, *rows, name="sales.csv"):
    folder.write(name, "id,country,price\n" + "".join(f"{row}\n" for row in rows))


def pipeline(folder, to="", more=""):
    return folder.pipeline(f"from: {{ path: '*.csv', header: true{more} }}\ncolumns: {{ id: integer, country: text, price: 'numeric(8,2)' }}\nto: {{ table: sales{to} }}\n")


@pytest.fixture(params=FORMATS)
def files(request, tmp_path):
    return FilesTarget(tmp_path / "out", request.param)


@pytest.fixture
def parquet(tmp_path):
    return FilesTarget(tmp_path / "out")


def test_only_new_files_are_added(folder, files):
    sales(folder, "1,CH,1.50", "2,,2")
    to = pipeline(folder, f", format: {files.extension}", ", null: ['']")
    assert run(to, files).ok().counts["inserted"] == 2
    assert run(to, files).ok().json["state"] == "nothing_new"
    sales(folder, "3,DE,bad", "4,DE,7", name="more.csv")
    done = run(to, files).ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (1, 1)
    rows = [tuple(float(v) if v and v[0].isdigit() else v for v in row) for row in files.rows("sales")]
    assert rows == [(1, "CH", 1.5), (2, None, 2), (4, "DE", 7)]
    assert files.files("sales") == [f"p-{n}.{files.extension}" for n in (1, 2)]
    files.books_reconcile()


def column_cases():
    """Every type at its edges: name, type, texts as the source has them, literals of DuckDB's own."""
    for n, (declared, cases) in enumerate(GOOD.items()):
        yield f"c{n}", declared, [text for text, _ in cases], [literal if isinstance(literal, str) else literal["duckdb"] for _, literal in cases]


def csv_text(text):
    return '"' + text.replace('"', '""') + '"'


def write_every_type(folder):
    columns = list(column_cases())
    rows = max(len(texts) for _, _, texts, _ in columns)
    lines = [",".join(["n", *(name for name, *_ in columns)])]
    for i in range(rows + 1):  # the last has nothing but NULLs
        lines.append(",".join([str(i), *(csv_text(texts[i]) if i < len(texts) else "" for _, _, texts, _ in columns)]))
    folder.write("in.csv", "\n".join(lines) + "\n")
    return columns, "columns:\n  n: integer\n" + "".join(f"  {name}: '{declared}'\n" for name, declared, *_ in columns)


def text_of(declared, expression):
    """The value as DuckDB writes it."""
    return f"lower(hex({expression}))" if declared.startswith("bytea") else f"cast({expression} as varchar)"


def held_as(declared):
    return "blob" if declared.startswith("bytea") else declared


def check_every_type(target, relation, columns):
    """What DuckDB makes of literals of its own is what is there, and nothing else."""
    expected = target.query(" union all ".join(f"select '{name}', {i}, {text_of(declared, f'({literal})::{held_as(declared)}')}"
                                               for name, declared, _, literals in columns for i, literal in enumerate(literals)))
    found = target.query(" union all ".join(f"select '{name}', n, {text_of(declared, f'{name}::{held_as(declared)}')} from {relation} where {name} is not null"
                                            for name, declared, *_ in columns))
    assert sorted(found) == sorted(expected)


def test_every_type_into_parquet(folder, parquet):
    columns, contract = write_every_type(folder)
    run(folder.pipeline(f"from: {{ path: in.csv, null: [''] }}\n{contract}to: {{ table: t }}\n"), parquet).ok()
    check_every_type(parquet, parquet.relation("t"), columns)
    types = dict(parquet.query(f"select column_name, column_type from (describe from {parquet.relation('t')})"))
    of = {declared: types[name] for name, declared, *_ in columns}
    assert of["interval"] == "VARCHAR" and of["timestamptz"] == "TIMESTAMP WITH TIME ZONE" and of["uuid"] == "UUID" and of["bytea"] == "BLOB"
    assert of["numeric(38,38)"] == "DECIMAL(38,38)" and of["numeric(38,2)[]"] == "DECIMAL(38,2)[]"


@pytest.mark.parametrize("extension, compression, source", [("csv", "gzip", "format: csv, header: true, null: ['']"),
                                                           ("ndjson", "zstd", "format: ndjson")])
def test_every_type_comes_back(folder, tmp_path, duckdb, extension, compression, source):
    """Ingot reads what Ingot wrote, by the same contract: NULL and '' apart, no digit lost."""
    files = FilesTarget(tmp_path / "out", extension)
    columns, contract = write_every_type(folder)
    run(folder.pipeline(f"from: {{ path: in.csv, null: [''] }}\n{contract}to: {{ table: t, format: {extension}, compression: {compression} }}\n"), files).ok()
    (file,) = files.files("t")
    assert file == f"p-1.{extension}" + {"gzip": ".gz", "zstd": ".zst", "none": ""}[compression]
    run(folder.pipeline(f"from: {{ path: '{files.folder}/t/*', {source} }}\n{contract}to: {{ table: t }}\n", "back.yaml"), duckdb).ok()
    check_every_type(duckdb, "t", columns)


def test_json_of_other_readers(folder, tmp_path):
    """What is written is JSON by anybody's rules."""
    folder.write("in.ndjson", json.dumps({"a b\"": "x\n\u2028é", "j": {"k": [1, 1e400, 0.10]}, "f": "NaN", "d": 0.5, "l": ["q\"", None]}).replace("1e+400", "1e400")
                 .replace("Infinity", "1e400").replace("0.1]", "0.10]") + "\n{}\n")
    files = FilesTarget(tmp_path / "out", "ndjson")
    run(folder.pipeline("from: in.ndjson\ncolumns: { 'a b\"': text, j: json, f: real, d: 'numeric(2,2)', l: 'text[]' }\nto: { table: t, format: ndjson }\n"), files).ok()
    text = (files.folder / "t" / "p-1.ndjson").read_text()
    assert '"j":{"k": [1, 1e400, 0.10]}' in text  # as it stood
    lines = [json.loads(line, parse_constant=lambda c: pytest.fail(f"no JSON: {c}")) for line in text.split("\n")[:-1]]
    assert lines[0] == {"a b\"": "x\n\u2028é", "j": {"k": [1, float("inf"), 0.1]}, "f": "NaN", "d": 0.5, "l": ["q\"", None]}
    assert lines[1] == dict.fromkeys(lines[0])


def test_partitions_are_folders(folder, files):
    odd = ["CH", "", "a/b=c%d", "é +", "__HIVE_DEFAULT_PARTITION__", "..", "x" * 256]
    folder.write("in.csv", "id,country,day\n" + "".join(f'{i},"{text}",2024-01-0{i % 2 + 1}\n' for i, text in enumerate(odd)) + "9,,\n10,CH,2024-01-01\n")
    to = folder.pipeline(f"from: {{ path: in.csv, null: [''] }}\ncolumns: {{ id: integer, country: text, day: date }}\nmax_rejects: 1\n"
                         f"to: {{ table: t, format: {files.extension}, partition_by: [country, day] }}\n")
    counts = run(to, files).ok().counts
    assert (counts["inserted"], counts["rejected"]) == (8, 1)
    assert files.query("select code, field, line, detail from ingot.rejects") == [("constraint", "country", 8, "too long for the name of a folder")]
    assert "country=__HIVE_DEFAULT_PARTITION__/day=__HIVE_DEFAULT_PARTITION__" in [str(os.path.dirname(f)) for f in files.files("t")]
    rows = {int(i): (country, day) for i, country, day in files.rows("t", "id,country,day")}
    assert rows == {i: (text, f"2024-01-0{i % 2 + 1}") for i, text in enumerate(odd[:-1])} | {9: (None, None), 10: ("CH", "2024-01-01")}
    # One file a partition and commit, and none of the columns that name folders in it.
    assert len(files.files("t")) == 7
    if files.extension == "parquet":
        one = next(iter((files.folder / "t").rglob("*.parquet")))
        assert files.query(f"select name from parquet_schema('{one}')") == [("duckdb_schema",), ("id",)]


def test_many_partitions_and_many_types_of_them(folder, parquet):
    folder.write("in.csv", "a,b,c,d,e,f,v\n" + "".join(
        f"{i % 300},{'true' if i % 2 else 'false'},{i % 3}.50,2024-01-01 00:00:0{i % 2},12:30,00000000-0000-0000-0000-00000000000{i % 2},{i}\n" for i in range(3000)))
    to = folder.pipeline("from: in.csv\ncolumns: { a: integer, b: boolean, c: 'numeric(4,2)', d: timestamptz, e: time, f: uuid, v: integer }\n"
                         "to: { table: t, partition_by: [a, b, c, d, e, f] }\n")
    run(to, parquet).ok()
    assert len(parquet.files("t")) == 300
    assert parquet.query(f"select count(*), sum(v), count(distinct a), min(c::numeric(4,2)) from {parquet.relation('t')}") == [(3000, 2999 * 1500, 300, "0.50")]


def test_replace_gives_a_table_of_one_file_atomically(folder, files):
    sales(folder, "1,CH,1", "2,DE,2")
    to = pipeline(folder, f", format: {files.extension}, mode: replace, key: id")
    run(to, files).ok()
    name = f"p.{files.extension}"
    assert files.files("sales") == [name]
    before = (files.folder / "sales" / name).stat().st_ino
    reader = (files.folder / "sales" / name).open("rb")
    sales(folder, "3,FR,3", "3,FR,4")
    counts = run(to, files).ok().counts
    assert (counts["inserted"], counts["duplicate"]) == (1, 1)
    assert files.files("sales") == [name] and (files.folder / "sales" / name).stat().st_ino != before
    assert len(reader.read()) > 0  # who has it open reads the old one to its end
    assert [row[0] for row in files.rows("sales", "id")] == ["3"]
    assert files.query("select cleared from ingot.units order by plan") == [(0,), (2,)]
    assert run(to, files).ok().json["state"] == "nothing_new"


def test_replace_partitions(folder, parquet):
    sales(folder, "1,CH,1", "2,DE,2", "3,DE,3", "4,,4")
    to = pipeline(folder, ", mode: replace_partitions, partition_by: country", ", null: ['']")
    run(to, parquet).ok()
    sales(folder, "5,DE,5", "6,,6", "7,FR,7", name="more.csv")
    run(to, parquet).ok()
    assert parquet.rows("sales", "id,country") == [("1", "CH"), ("5", "DE"), ("6", None), ("7", "FR")]
    assert len(parquet.files("sales")) == 4
    assert parquet.query("select sum(cleared) from ingot.units") == [(3,)]


def test_equal_values_have_one_folder(folder, parquet):
    """Whatever type the contract gives them: the table's decides."""
    folder.write("in.csv", "id,x\n1,5.00\n2,6\n")
    to = "to: { table: t, mode: replace_partitions, partition_by: x }\n"
    run(folder.pipeline("from: in.csv\ncolumns: { id: integer, x: 'numeric(10,2)' }\n" + to), parquet).ok()
    folder.write("in.csv", "id,x\n3,5\n")
    run(folder.pipeline("from: in.csv\ncolumns: { id: integer, x: integer }\n" + to), parquet).ok()
    assert parquet.files("t") == ["x=5.00/p.parquet", "x=6.00/p.parquet"]
    assert sorted(int(row[0]) for row in parquet.rows("t")) == [2, 3]


def test_pipelines_do_not_take_one_anothers_names(folder, parquet):
    """`a-2` has the file that `a` would give its second one."""
    folder.write("in.csv", "id\n1\n")
    text = "from: {{ path: in.csv, new: all }}\ncolumns: {{ id: integer }}\nto: {{ table: t, mode: {} }}\n"
    run(folder.pipeline(text.format("replace"), "a-2.yaml"), parquet).ok()
    append = folder.pipeline(text.format("append"), "a.yaml")
    for _ in range(2):
        run(append, parquet).ok()
    assert parquet.files("t") == ["a-2.parquet", "a-3.parquet", "a-4.parquet"]
    assert len(parquet.rows("t")) == 3


def test_full_refresh(folder, parquet):
    sales(folder, "1,CH,1")
    to = pipeline(folder)
    run(to, parquet).ok()
    sales(folder, "2,CH,2", name="more.csv")
    run(to, parquet).ok()
    run(to, parquet, "--full-refresh", "--yes").ok()
    assert parquet.rows("sales", "id") == [("1",), ("2",)] and parquet.files("sales") == ["p-3.parquet"]


def test_partitions_that_a_replace_empties_go(folder, parquet):
    sales(folder, "1,CH,1", "2,DE,2")
    to = pipeline(folder, ", mode: replace, partition_by: country")
    run(to, parquet).ok()
    sales(folder, "3,DE,3")
    run(to, parquet).ok()
    assert parquet.files("sales") == ["country=DE/p.parquet"] and not (parquet.folder / "sales" / "country=CH").exists()


def test_rejects_are_replayed(folder, parquet):
    sales(folder, "1,CH,1", "2,DE,2 CHF")
    run(pipeline(folder), parquet).ok()
    (row,) = [json.loads(line) for line in ingot("rejects", "export", parquet.url).ok().out.splitlines()]
    mended = folder.write("mended.ndjson", json.dumps({"id": row["id"], "raw": "2,DE,2"}) + "\n")
    assert ingot("rejects", "replay", "--json", folder.path / "p.yaml", "--set", f"to.connection={parquet.url}", "--with", mended).ok().json["inserted"] == 1
    assert parquet.rows("sales", "id") == [("1",), ("2",)] and len(parquet.files("sales")) == 2
    assert ingot("rejects", "list", "--json", parquet.url).ok()
    assert "r2" in ingot("runs", parquet.url).ok().out


def test_several_tables(folder, files):
    folder.write("in.ndjson", '{"k": "a", "v": 1}\n{"k": "b", "v": 2}\n{"k": "a", "v": 3}\n')
    to = folder.pipeline(f"from: in.ndjson\ntables:\n  a: {{ when: k = 'a', columns: {{ v: integer }} }}\n  b: {{ when: k = 'b', columns: {{ v: integer }} }}\n"
                         f"to: {{ format: {files.extension} }}\n")
    run(to, files).ok()
    assert files.rows("a", "v") == [("1",), ("3",)] and files.rows("b", "v") == [("2",)]


def test_a_load_without_a_pipeline(folder, parquet):
    sales(folder, "1,CH,1.50")
    ingot("load", folder.path / "sales.csv", parquet.url).ok()
    assert parquet.query(f"from {parquet.relation('sales')}") == [(1, "CH", "1.50")]
    ingot("load", folder.path / "sales.csv", "--as", "csv", f"file:{folder.path}/csv", "--save", folder.path / "s.yaml").ok()
    assert (folder.path / "csv" / "sales" / "sales-1.csv").read_text() == "id,country,price\n1,CH,1.50\n"
    assert run(folder.path / "s.yaml").ok().json["state"] == "nothing_new"


def test_a_file_without_rows_is_none(folder, parquet):
    sales(folder)
    run(pipeline(folder), parquet).ok()
    assert parquet.files("sales") == [] and parquet.exists("sales")


def test_columns_of_all_files_are_the_same(folder, parquet):
    sales(folder, "1,CH,1")
    run(pipeline(folder), parquet).ok()
    sales(folder, "2,DE,2", name="more.csv")
    text = "from: {{ path: '*.csv' }}\ncolumns: {{ {} }}\nto: {{ table: sales{} }}\n"
    run(folder.pipeline(text.format("id: integer, price: 'numeric(4,1)'", "")), parquet).ok()
    assert parquet.rows("sales") == [("1", "CH", "1.00"), ("2", None, "2.00")]
    run(folder.pipeline(text.format("id: integer, more: { type: text, from: country }", "")), parquet).failed("target_refused", "column more of table sales is in none of the files")
    run(folder.pipeline(text.format("id: text", "")), parquet).failed("target_refused", "cannot hold text exactly")
    run(folder.pipeline(text.format("id: integer", ", format: csv")), parquet).failed("target_refused", "of another kind: parquet instead of csv")
    run(folder.pipeline(text.format("id: integer, country: text", ", partition_by: country")), parquet).failed("target_refused", "parquet instead of parquet [country]")


def test_a_folder_of_others_is_left_alone(folder, parquet):
    sales(folder, "1,CH,1")
    (parquet.folder / "sales").mkdir(parents=True)
    (parquet.folder / "sales" / "mine.parquet").write_bytes(b"x")
    run(pipeline(folder), parquet).failed("target_refused", "holds what the ledger does not know")
    assert parquet.files("sales") == ["mine.parquet"]


def test_a_file_that_others_put_there_is_not_written_over(folder, parquet):
    sales(folder, "1,CH,1")
    to = pipeline(folder)
    run(to, parquet).ok()
    theirs = parquet.folder / "sales" / "p-2.parquet"
    theirs.write_bytes(b"theirs")
    sales(folder, "2,DE,1", name="more.csv")
    run(to, parquet).failed("target_refused", "a file that the ledger does not know is in the way", "p-2.parquet")
    assert theirs.read_bytes() == b"theirs"
    theirs.unlink()
    assert run(to, parquet).ok().counts["inserted"] == 1 and parquet.files("sales") == ["p-1.parquet", "p-2.parquet"]


def test_what_was_never_committed_is_removed(folder, parquet):
    """By whoever opens the folder to write next, though there is nothing to be written."""
    sales(folder, "1,CH,1")
    to = pipeline(folder)
    run(to, parquet).ok()
    left = parquet.folder / "_ingot" / "staged" / "99.tmp"
    left.write_bytes(b"of a process that was killed")
    assert run(to, parquet).ok().json["state"] == "nothing_new" and not left.exists()


def test_a_ledger_that_is_lost_is_noticed(folder, parquet):
    """Else all would be loaded once more beside what is there."""
    sales(folder, "1,CH,1")
    run(pipeline(folder), parquet).ok()
    os.rename(parquet.folder / "_ingot", parquet.folder / "elsewhere")
    run(pipeline(folder), parquet).failed("target_refused", "holds what the ledger does not know")


def test_a_table_that_is_taken_away_is_noticed(folder, parquet):
    sales(folder, "1,CH,1")
    run(pipeline(folder), parquet).ok()
    os.rename(parquet.folder / "sales", parquet.folder / "old")
    run(pipeline(folder), parquet).failed("conflict", "--create")
    run(pipeline(folder), parquet, "--create").ok()
    assert parquet.rows("sales", "id") == [("1",)]


def test_a_committed_file_that_somebody_removes_is_said_once(folder, parquet):
    sales(folder, "1,CH,1")
    to = pipeline(folder)
    assert run(to, parquet, env={"INGOT_CRASH_AT": "duckdb.committed"}).code == -signal.SIGKILL
    for file in (parquet.folder / "_ingot" / "staged").iterdir():
        file.unlink()
    run(to, parquet).failed("target_refused", "has been removed by somebody: sales/p-1.parquet")
    assert run(to, parquet).ok().json["state"] == "nothing_new"


def test_what_a_folder_cannot_do_is_refused(folder, parquet):
    sales(folder, "1,CH,1")
    for to, message in [(", mode: upsert, key: id", "mode upsert into a folder"), (", mode: insert_new, key: id", "mode insert_new into a folder"),
                        (", format: csv, compression: snappy", "compression: snappy without format: parquet"),
                        (", partition_by: [id, country, price]", "none is left"), (", partition_by: land", "partition_by is not a column")]:
        run(pipeline(folder, to), parquet).failed("invalid_pipeline", message)
    run(pipeline(folder, ", lineage: true", ", overwritten: replace_rows"), parquet).failed("invalid_pipeline", "replace_rows into a folder")
    for name in ("_hidden", ".hidden", '"a/b"', "s.t"):
        run(folder.pipeline(f"from: sales.csv\ncolumns: {{ id: integer }}\nto: {{ table: '{name}' }}\n"), parquet).failed("invalid_pipeline", "folder")
    run(folder.pipeline("from: sales.csv\ncolumns: { id: integer, f: real }\nto: { table: t, partition_by: f }\n"), parquet).failed("invalid_pipeline", "cannot name folders")
    run(folder.pipeline("from: sales.csv\ncolumns: { id: integer }\nto: { table: t }\nmodels: { m: { sql: select 1 } }\n"), parquet).failed("invalid_pipeline", "models in a folder")
    run(folder.pipeline("from: sales.csv\ncolumns: { id: integer }\nto: { table: t, lineage: true }\n"), parquet).ok()
    ingot("undo", "r1", folder.path / "p.yaml", "--set", f"to.connection={parquet.url}").failed("target_refused", "undo is not possible in a folder")
    for key in ("format: csv", "compression: gzip"):
        run(folder.pipeline(f"from: sales.csv\ncolumns: {{ id: integer }}\nto: {{ {key} }}\n")).failed("invalid_pipeline", "no effect, the target is a database")
    assert not parquet.exists("sales")


def test_two_processes_do_not_write_one_folder(folder, parquet):
    sales(folder, "1,CH,1")
    run(pipeline(folder), parquet).ok()
    import subprocess
    from targets import DUCKDB_QUERY
    holder = subprocess.Popen([DUCKDB_QUERY, "--write", parquet.file, "select count(*) from range(3000000000) t(i) where i % 7 = 8"])
    try:
        import time
        time.sleep(0.5)
        run(pipeline(folder), parquet).failed("busy")
    finally:
        holder.kill()
        holder.wait()


def test_large_rows_stay_within_the_limit(folder, parquet):
    """Each thread gathers a row group; 122,880 rows of 2 KB would be 250 MB."""
    from ingot_program import run_measured
    line = json.dumps({"id": 1, "t": "lorem ipsum " * 170})
    folder.write("in.ndjson.gz", gzip.compress("".join(f'{{"id": {i}, "t": "{os.urandom(8).hex()} {line[20:-2]}"}}\n' for i in range(150_000)).encode(), 1))
    to = folder.pipeline("from: { path: in.ndjson.gz, format: ndjson }\ncolumns: { id: integer, t: text }\nto: { table: t }\n")
    done = run_measured("run", "--json", to, "--set", f"to.connection={parquet.url}", "--memory-limit", "256MiB", "--threads", "2").ok()
    assert done.max_rss_kib < 256 << 10
    assert parquet.count("t") == 150_000


def test_plan_says_what_is_made(folder, parquet):
    sales(folder, "1,CH,1.50")
    to = pipeline(folder, ", partition_by: country")
    said = ingot("plan", to, "--set", f"to.connection={parquet.url}").ok().out
    assert f"folder {parquet.url.removeprefix('file:')}/sales of Parquet files, by country: id integer, country text, price numeric(8,2)\n" in said, said
    assert "CREATE TABLE" not in said and "COMMENT" not in said
    run(to, parquet).ok()
    assert "folder" not in ingot("plan", to, "--set", f"to.connection={parquet.url}").ok().out
