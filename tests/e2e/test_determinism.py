"""The same table and the same counts at 1 thread and 8, in chunks of one row, with hardly any memory."""
import gzip
import json
import random

import pytest

from ingot_program import reconciles, run

CONFIGURATIONS = {
    "8 threads": (["--threads", "8"], {}),
    "chunks of 1 row": (["--threads", "8"], {"INGOT_CHUNK_ROWS": "1"}),
    "chunks of 7 rows": (["--threads", "3"], {"INGOT_CHUNK_ROWS": "7"}),
    "little memory": (["--threads", "8", "--memory-limit", "128MiB"], {}),
}


def write_csv(folder, rows):
    dice = random.Random(11)
    for f in range(3):
        lines = ["id,region,t,amount\n"]
        for i in range(rows):
            text = f'"multi\nline, ""{i}"""' if i % 9 == 0 else f"plain {f}.{i}"
            amount = "x" if i % 4001 == 17 else f"{i % 100}.25"
            lines.append(f"{dice.randrange(rows)},{dice.choice(['eu', 'us', ''])},{text},{amount}\n")
        data = "".join(lines).encode()
        (folder / f"{f}.csv{'.gz' if f == 1 else ''}").write_bytes(gzip.compress(data, mtime=0) if f == 1 else data)


def write_json(folder, files):
    dice = random.Random(12)
    for f in range(files):
        records = [{"id": dice.randrange(500), "region": "eu", "t": f"{f} {i} é", "amount": dice.choice([1, 2.5, "x", None])
                    if i % 50 == 3 else i} for i in range(dice.randrange(40))]
        (folder / f"{f:03}.json").write_text(json.dumps(records))


PIPELINES = {
    "csv-append": ("from: ['*.csv', '*.csv.gz']", "mode: append"),
    "csv-last": ("from: ['*.csv', '*.csv.gz']", "mode: upsert, key: [id, region], keep: last"),
    "csv-first-run": ("from: ['*.csv', '*.csv.gz']", "mode: upsert, key: [id, region], keep: first, commit: run"),
    "json-last": ("from: '*.json'", "mode: upsert, key: [id, region]"),
}


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_same_table_however_it_is_done(folder, fresh, kind, name):
    source, to = PIPELINES[name]
    if source.startswith("from: '*.json"):
        write_json(folder.path, 30)
    else:
        write_csv(folder.path, 6_000)
    pipeline = folder.pipeline(f"{source}\nmax_rejects: 50%\ncolumns: {{ id: integer, region: varchar(2), t: text, amount: 'numeric(6,2)' }}\n"
                               f"to: {{ table: t, {to} }}\n")
    one = fresh(kind)
    done = run(pipeline, one, "--threads", "1").ok()
    assert reconciles(done.counts) and done.counts["rejected"] > 0
    expected = one.state("t")
    for arguments, env in CONFIGURATIONS.values():
        if env.get("INGOT_CHUNK_ROWS") == "7" and kind == "postgres":
            continue  # the target has no part in it
        other = fresh(kind)
        again = run(pipeline, other, *arguments, env=env).ok()
        assert again.counts == done.counts
        assert other.state("t") == expected


@pytest.mark.parametrize("to", ["mode: append", "mode: upsert, key: [id, region]"])
def test_both_targets_hold_the_same(folder, fresh, to):
    write_csv(folder.path, 3_000)
    pipeline = folder.pipeline("from: ['*.csv', '*.csv.gz']\ncolumns: { id: integer, region: varchar(2), t: text, amount: 'numeric(6,2)' }\n"
                               f"to: {{ table: t, {to} }}\n")
    a, b = fresh("duckdb"), fresh("postgres")
    assert run(pipeline, a).ok().counts == run(pipeline, b).ok().counts
    assert a.rows("t") == b.rows("t")
    assert [r[1:3] + r[4:] for r in a.rejects()] == [r[1:3] + r[4:] for r in b.rejects()]


def test_one_huge_quoted_value_across_blocks(folder, target):
    """Quote parity is carried from block to block: line breaks and quotes within 20 MB of one value."""
    value = 'a "quoted", \n' * 1_600_000
    text = value.replace('"', '""')
    folder.write("a.csv", f'id,t\n1,x\n2,"{text}"\n3,y\n')
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: integer, t: text }\nto: { table: t }\n")
    assert run(pipeline, target, "--threads", "8", timeout=300).ok().counts["inserted"] == 3
    assert target.query("select id, length(t) from t order by id") == [(1, 1), (2, len(value)), (3, 1)]
    assert target.value("select md5(t) from t where id = 2") == __import__("hashlib").md5(value.encode()).hexdigest()
