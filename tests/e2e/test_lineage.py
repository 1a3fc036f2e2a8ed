"""`lineage: true`: each row says which run, file and byte it comes from."""
import signal

from ingot_program import ingot, run

COLUMNS = "columns: { id: integer, t: text }\n"


def test_each_table_has_it(folder, target):
    folder.write("a.ndjson", '{"k":"x","id":1}\n{"k":"y","id":2}\n')
    folder.write("b.ndjson", '{"k":"y","id":3}\n')
    p = folder.pipeline("""
from: "*.ndjson"
tables:
  xs: { when: k = 'x', columns: { id: integer } }
  ys: { when: k = 'y', mode: upsert, key: id, columns: { id: integer } }
to: { lineage: true }
""")
    run(p, target).ok()
    assert target.rows("xs") == [("1", "1", "0", "0")]
    assert target.rows("ys") == [("2", "1", "0", "17"), ("3", "1", "1", "0")]
    # Every row leads back to its file.
    files = target.query("""select y.id, u.name from ys y join ingot.plans p on p.run = y._ingot_run join ingot.units u
                            on u.pipeline = p.pipeline and u.target = p.target and u.plan = p.plan and u.unit = y._ingot_unit
                            order by 1""")
    assert [tuple(row) for row in files] == [(2, "a.ndjson"), (3, "b.ndjson")]


def test_it_does_not_make_a_row_differ(folder, target):
    p = folder.pipeline(f"from: '*.csv'\n{COLUMNS}to: {{ table: t, mode: upsert, key: id, lineage: true }}\n")
    folder.write("1.csv", "id,t\n1,same\n2,old\n")
    run(p, target).ok()
    folder.write("2.csv", "id,t\n0,new\n1,same\n2,changed\n")
    done = run(p, target).ok()
    assert (done.counts["inserted"], done.counts["updated"], done.counts["unchanged"]) == (1, 1, 1)
    assert target.rows("t") == [("0", "new", "2", "0", "5"), ("1", "same", "1", "0", "5"), ("2", "changed", "2", "0", "18")]


def test_a_resumed_plan_keeps_the_run_that_made_it(folder, target):
    p = folder.pipeline(f"from: '*.csv'\n{COLUMNS}to: {{ table: t, mode: upsert, key: id, lineage: true }}\n")
    folder.write("1.csv", "id,t\n1,a\n")
    folder.write("2.csv", "id,t\n2,b\n")
    assert run(p, target, env={"INGOT_CRASH_AT": "engine.committed:1"}).code == -signal.SIGKILL
    folder.write("3.csv", "id,t\n3,c\n")
    assert run(p, target).ok().json["resumed"]
    assert target.rows("t") == [("1", "a", "1", "0", "5"), ("2", "b", "1", "1", "5"), ("3", "c", "2", "0", "5")]


def test_a_table_without_the_columns(folder, target):
    target.execute("create table t (id integer, t text)")
    folder.write("1.csv", "id,t\n1,a\n")
    p = folder.pipeline(f"from: 1.csv\n{COLUMNS}to: {{ table: t, lineage: true }}\n")
    done = run(p, target).failed("target_refused", "has no column _ingot_run")
    for column in ("_ingot_run bigint", "_ingot_unit integer", "_ingot_offset bigint"):
        statement = next(s for s in done.err.split(";") if column in s)
        target.execute(statement[statement.index("ALTER TABLE"):])
    run(p, target).ok()
    assert target.rows("t") == [("1", "a", "1", "0", "5")]


def test_names_it_takes(folder):
    folder.write("1.csv", "id\n1\n")
    p = folder.pipeline("from: 1.csv\ncolumns: { id: integer, _Ingot_Run: bigint }\nto: { table: t, lineage: true }\n")
    ingot("check", p).failed("invalid_pipeline", 'lineage adds a column of this name: "_Ingot_Run" (',
                             "rename the column, or remove lineage")
