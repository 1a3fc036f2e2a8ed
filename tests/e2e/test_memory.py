"""Peak RSS within --memory-limit, whatever the input's size; INGOT_TEST_SCALE=50 makes the CSV 5 GB, the keys 50 million."""
import random
import zlib

import pytest

from ingot_program import run_measured

MIB = 1 << 20


def write_csv(file, megabytes):
    """Repeated keys: half as many as rows, spread over the whole file. Returns the number of rows and of keys."""
    dice = random.Random(4)
    fillers = ["".join(dice.choices("abcdefghijklmnop, ", k=150)) for _ in range(512)]
    rows = int(megabytes * MIB / 190)
    keys = rows // 2
    with open(file, "w") as out:
        out.write("id,name,text\n")
        for begin in range(0, rows, 20_000):
            out.writelines(f'{i * 7919 % keys},name {i},"{fillers[i & 511]} {i}"\n' for i in range(begin, min(begin + 20_000, rows)))
    return rows, keys


@pytest.mark.slow
@pytest.mark.parametrize("kind, limit_mib", [("duckdb", 256), ("postgres", 256)])
def test_large_csv_with_repeated_keys(folder, fresh, scale, kind, limit_mib):
    file = folder.path / "large.csv"
    rows, keys = write_csv(file, 100 * scale)
    target = fresh(kind)
    pipeline = folder.pipeline("from: large.csv\ncolumns: { id: bigint, name: text, text: text }\n"
                               "to: { table: p, mode: upsert, key: id }\n")
    done = run_measured("run", "--json", pipeline, "--set", f"to.connection={target.url}", "--memory-limit", f"{limit_mib}MiB", timeout=3600).ok()
    assert (done.counts["read"], done.counts["inserted"], done.counts["duplicate"]) == (rows, keys, rows - keys)
    assert done.max_rss_kib <= limit_mib * 1024, f"peak {done.max_rss_kib // 1024} MiB of {limit_mib}"
    sample = dict(target.query("select id, name from p where id < 50"))
    last = {}
    for i in range(rows):
        if i * 7919 % keys < 50:
            last[i * 7919 % keys] = f"name {i}"
    assert sample == last
    file.unlink()


def write_numbers(file, rows, keys, add):
    """Narrow rows: id (any order), n."""
    with open(file, "w") as out:
        out.write("id,n\n")
        for begin in range(0, rows, 50_000):
            out.writelines(f"{i * 7919 % keys},{i + add}\n" for i in range(begin, min(begin + 50_000, rows)))


def load(p, target, limit_mib, *more):
    done = run_measured("run", "--json", p, "--set", f"to.connection={target.url}", "--memory-limit", f"{limit_mib}MiB", *more, timeout=7200).ok()
    assert done.max_rss_kib <= limit_mib * 1024, f"peak {done.max_rss_kib // 1024} MiB of {limit_mib}"
    return {name: count for name, count in done.counts.items() if count and name != "read"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_many_keys(folder, fresh, scale, kind):
    """INGOT_TEST_SCALE=50: 50 million keys under 1 GiB."""
    rows = int(1_000_000 * scale)
    limit_mib = 192 if scale <= 1 else 1024
    write_numbers(folder.path / "1.csv", rows, rows, 0)
    target = fresh(kind)
    p = folder.pipeline("from: '*.csv'\ncolumns: { id: bigint, n: bigint }\nto: { table: p, mode: upsert, key: id }\n")
    assert load(p, target, limit_mib) == {"inserted": rows}
    assert target.query("select count(*), count(distinct id), sum(n) from p") == [(rows, rows, rows * (rows - 1) // 2)]


@pytest.mark.slow
def test_changed_rows_of_a_large_table(folder, duckdb, scale):
    """A second load that changes most rows of a table and brings some that are new."""
    file = folder.path / "large.csv"
    rows, keys = write_csv(file, 120 * scale)
    p = folder.pipeline("from: large.csv\ncolumns: { id: bigint, name: text, text: text }\nto: { table: p, mode: upsert, key: id }\n")
    load(p, duckdb, 384)
    changed = folder.pipeline("from: large.csv\nwhere: record.id <> '7'\ncolumns: { id: { type: bigint, value: cast(record.id as bigint) + 1000 }, name: text, text: text }\n"
                              "to: { table: p, mode: upsert, key: id }\n")
    done = load(changed, duckdb, 384, "--set", "from.new=all")
    assert (done["updated"], done["inserted"]) == (keys - 1000 - 1, 1000)
    assert duckdb.query("select count(*), count(distinct id) from p") == [(keys + 1000, keys + 1000)]


@pytest.mark.slow
def test_the_latest_of_many_records(folder, duckdb, scale):
    """order_by: winners are chosen in the stage, in several passes."""
    rows = int(1_300_000 * scale)
    write_numbers(folder.path / "1.csv", rows, rows // 2, 0)
    p = folder.pipeline("from: 1.csv\ncolumns: { id: bigint, n: bigint }\nto: { table: p, mode: upsert, key: id, order_by: n }\n")
    assert load(p, duckdb, 192) == {"inserted": rows // 2, "duplicate": rows - rows // 2}
    assert duckdb.query("select min(n), count(*) from p") == [(rows // 2, rows // 2)]


def write_huge_line(file, key, size):
    """Three records, the second with this key and a text of `size` bytes."""
    with open(file, "w") as out:
        out.write(f"id,t\n1,x\n{key},")
        for _ in range(size // 4096):
            out.write("y" * 4096)
        out.write("\n3,z\n")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_one_huge_line(folder, fresh, scale, kind):
    """One record of 40 MB among small ones."""
    size = int(40 * MIB * min(scale, 4))
    write_huge_line(folder.path / "a.csv", "2", size)
    target = fresh(kind)
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: integer, t: text }\nto: { table: p }\n")
    done = run_measured("run", "--json", pipeline, "--set", f"to.connection={target.url}", "--memory-limit", "512MiB").ok()
    assert target.query("select id, length(t) from p order by id") == [(1, 1), (2, size), (3, 1)]
    assert done.max_rss_kib <= 512 * 1024, f"peak {done.max_rss_kib // 1024} MiB"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["duckdb", "postgres"])
def test_one_huge_reject(folder, fresh, scale, kind):
    """One record of 40 MB that cannot be placed; INGOT_TEST_SCALE=8 makes it 320 MB. Its first bytes are kept."""
    size = int(40 * MIB * min(scale, 8))
    limit_mib = max(512, 5 * size // MIB)
    write_huge_line(folder.path / "a.csv", "2x", size)
    target = fresh(kind)
    pipeline = folder.pipeline("from: a.csv\ncolumns: { id: integer, t: text }\nto: { table: p }\n")
    done = run_measured("run", "--json", pipeline, "--set", f"to.connection={target.url}", "--memory-limit", f"{limit_mib}MiB").ok()
    assert target.query("select id, t from p order by id") == [(1, "x"), (3, "z")]
    assert target.query("select code, line, byte_offset, byte_length, octet_length(raw) from ingot.rejects") == [
        ("not_a_number", 3, 9, size + 3, limit_mib * MIB // 64)]
    assert done.max_rss_kib <= limit_mib * 1024, f"peak {done.max_rss_kib // 1024} MiB of {limit_mib}"


@pytest.mark.slow
@pytest.mark.parametrize("shape, counts", [("tokens", {"inserted": 3}), ("fields", {"inserted": 3}), ("deep", {"inserted": 2, "rejected": 1})])
def test_wide_and_deep_json(folder, duckdb, shape, counts):
    records = {"tokens": lambda: '{"id": 2, "j": [1' + ",1" * 7_000_000 + "]}",
               "fields": lambda: '{"id": 2' + "".join(f',"f{i}":{i}' for i in range(1_000_000)) + "}",
               "deep": lambda: '{"id": 2, "j": ' + "[" * 5_000_000 + "]" * 5_000_000 + "}"}
    folder.write("a.ndjson", f'{{"id": 1}}\n{records[shape]()}\n{{"id": 3}}\n')
    p = folder.pipeline("from: a.ndjson\ncolumns: { id: integer }\nto: { table: p }\n")
    assert load(p, duckdb, 256) == counts


@pytest.mark.slow
def test_many_small_files(folder, duckdb, scale):
    count = int(5_000 * scale)
    (folder.path / "in").mkdir()
    for i in range(count):
        (folder.path / "in" / f"{i:07}.json").write_text(f'[{{"id": {i}}}, {{"id": {i}}}]')
    pipeline = folder.pipeline("from: in/*.json\ncolumns: { id: integer }\nto: { table: p }\n")
    done = run_measured("run", "--json", pipeline, "--set", f"to.connection={duckdb.url}", "--memory-limit", "192MiB").ok()
    assert duckdb.query("select count(*), count(distinct id) from p") == [(2 * count, count)]
    assert duckdb.count("ingot.units") == count
    assert done.max_rss_kib <= 192 * 1024, f"peak {done.max_rss_kib // 1024} MiB"


@pytest.mark.slow
def test_compressed_bomb_stays_bounded(folder, duckdb):
    """300 MB of one long gzip of the same row."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    block = b"1,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n" * 10_000
    with open(folder.path / "a.csv.gz", "wb") as out:
        out.write(packer.compress(b"id,t\n"))
        for _ in range(450):
            out.write(packer.compress(block))
        out.write(packer.flush())
    pipeline = folder.pipeline("from: a.csv.gz\ncolumns: { id: integer, t: text }\nwhere: id > 1\nto: { table: p }\n")
    done = run_measured("run", "--json", pipeline, "--set", f"to.connection={duckdb.url}", "--memory-limit", "256MiB").ok()
    assert done.counts["filtered"] == 4_500_000
    assert done.max_rss_kib <= 256 * 1024, f"peak {done.max_rss_kib // 1024} MiB"
