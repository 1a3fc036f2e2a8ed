"""What could not be placed: counted by cause, exported with its bytes, discarded, purged."""
import base64
import csv
import io
import json

import pytest

from ingot_program import ingot, run

COLUMNS = "columns: { id: integer required, name: text, amount: 'numeric(10,2)' }\n"
CSV_PIPELINE = "from: '*.csv'\n" + COLUMNS + "to: { table: p }\n"
HEADER = "\ufeffid;name;amount\n".encode()
BAD = [b"x;no number;1.00", b"2;bad \xff byte;2.00", b'3;"two\nlines; and ""quotes""";3.0O', b"4;nul\x00;4.00", b"too;few"]


@pytest.fixture
def loaded(folder, target):
    """Two files with rejects of several kinds, loaded into the target."""
    good = b"".join(b"%d;good;1.00\n" % i for i in range(100, 110))
    folder.write("a.csv", HEADER + good + b"\n".join(BAD) + b"\n" + good)
    folder.write("b.csv", HEADER + b"1;good;1.00\ny;no number;1.00\n")
    pipeline = folder.pipeline(CSV_PIPELINE)
    assert run(pipeline, target).ok().counts["rejected"] == 6
    return pipeline


def rejects(command, target, *arguments):
    return ingot("rejects", command, target.url, *arguments)


def lines(done):
    return [json.loads(line) for line in done.ok().out.splitlines()]


def export(target, folder, *arguments):
    """The exact bytes of an export."""
    file = folder.path / "exported"
    file.unlink(missing_ok=True)
    rejects("export", target, "--output", file, *arguments).ok()
    return file.read_bytes()


def states(target):
    return target.query("select id, state, resolved_by is null, resolved_at is null from ingot.rejects order by id")


def test_counted_by_cause(loaded, target):
    counts = {(c["by"], c["value"]): (c["count"], c["first"]["id"]) for by in ("code", "field", "file", "table")
              for c in lines(rejects("list", target, "--json", "--by", by))}
    for key, value in {("code", "not_a_number"): (3, 1), ("code", "bad_utf8"): (1, 2), ("code", "nul_byte"): (1, 4), ("code", "ragged"): (1, 5),
                       ("field", "id"): (2, 1), ("field", "amount"): (1, 3), ("file", "a.csv"): (5, 1), ("file", "b.csv"): (1, 6)}.items():
        assert counts[key] == value, counts
    assert sum(by == "code" for by, _ in counts) == 4 and sum(by == "file" for by, _ in counts) == 2
    assert sum(n for (by, _), (n, _) in counts.items() if by == "field") == 6
    said = rejects("list", target, "--by", "code").ok().out.splitlines()
    assert said[0].startswith("3 × not_a_number    first #1  id  a.csv:12:1") and said[0].endswith('"x"') and len(said) == 4
    assert "(none)" in rejects("list", target, "--by", "field").ok().out
    assert "--limit shows more" in rejects("list", target, "--by", "code", "--limit", "1").ok().out


def test_filters(loaded, target):
    def ids(*arguments):
        return [r["id"] for r in lines(rejects("list", target, "--json", *arguments))]
    assert ids() == [1, 2, 3, 4, 5, 6]
    assert ids("--code", "not_a_number") == [1, 3, 6] and ids("--field", "amount") == [3]
    assert ids("--file", "b.csv") == [6] and ids("--code", "not_a_number", "--file", "a.csv") == [1, 3]
    assert ids("--id", "2,5", "--id", "6") == [2, 5, 6] and ids("--run", "r1") == ids() and ids("--file", "it's") == []
    table = target.value('select "table" from ingot.rejects where id = 1')
    assert ids("--table", table) == ids() and ids("--table", "none") == []
    rejects("list", target, "--run", "r7").failed("not_found", "no run r7")
    rejects("list", target, "--id", "7").failed("not_found", "no reject 7")
    assert "no discarded rejects of r1 in" in rejects("list", target, "--run", "1", "--state", "discarded").ok().out


@pytest.mark.parametrize("arguments, texts", [
    (["list", "--state", "opne"], ["--state wants one of open, replayed, discarded, all", "did you mean open?"]),
    (["list", "--by", "kode"], ["--by wants one of code, field, file, table", "did you mean code?"]),
    (["list", "--run", "seven"], ['not a run: "seven"']),
    (["list", "--id", "seven"], ["seven"]),
    (["export", "--format", "xml"], ['--format wants one of ndjson, csv, raw, not "xml"']),
    (["discard"], ["which rejects are to be discarded is not said", "--all"]),
    (["discard", "--purge"], ["--purge wants --older-than", "30d"]),
    (["discard", "--older-than", "30d"], ["--older-than goes with --purge only"]),
    (["discard", "--purge", "--older-than", "30"], ['not an age: "30"', "e.g. 30d"]),
    (["discard", "--purge", "--older-than", "d"], ["not an age"]),
    (["discard", "--purge", "--older-than", "123456d"], ["not an age"]),
])
def test_wrong_words(duckdb, arguments, texts):
    duckdb.execute("select 1")
    rejects(arguments[0], duckdb, *arguments[1:]).failed("usage", *texts)


def test_ndjson_holds_every_byte(loaded, target, folder):
    found = [json.loads(line) for line in export(target, folder).decode().splitlines()]
    raws = [r["raw"].encode() if "raw" in r else base64.b64decode(r["raw_base64"]) for r in found]
    assert raws == BAD + [b"y;no number;1.00"]
    assert ["raw_base64" in r for r in found] == [False, True, False, False, False, False]
    first = found[0]
    assert (first["id"], first["run"], first["file"], first["line"], first["column"], first["field"], first["code"], first["detail"],
            first["state"], first["truncated"]) == (1, 1, "a.csv", 12, 1, "id", "not_a_number", "x", "open", False)
    assert first["offset"] == len(HEADER) + 140 and first["length"] == len(BAD[0])
    assert export(target, folder, "--file", "b.csv").count(b"\n") == 1


def test_csv_is_read_by_others(loaded, target, folder):
    rows = list(csv.DictReader(io.StringIO(export(target, folder, "--format", "csv").decode(), newline="")))
    raws = [r["raw"].encode() if r["encoding"] == "utf8" else base64.b64decode(r["raw"]) for r in rows]
    assert raws == BAD + [b"y;no number;1.00"]
    assert [r["encoding"] for r in rows] == ["utf8", "base64", "utf8", "base64", "utf8", "utf8"]
    assert (rows[0]["id"], rows[0]["run"], rows[0]["line"], rows[0]["detail"]) == ("1", "r1", "12", "x")


def test_raw_is_a_file_like_theirs(loaded, target, folder):
    """Mended in an editor, it can be loaded as a file of its own."""
    raw = export(target, folder, "--format", "raw")
    assert raw == HEADER.removeprefix(b"\xef\xbb\xbf") + b"\n".join(BAD) + b"\ny;no number;1.00\n"
    mended = raw.replace(b"x;no", b"11;no").replace(b"\xff", b"").replace(b"3.0O", b"3.00").replace(b"\0", b"").replace(b"too;few", b"5;five;5").replace(b"y;", b"12;")
    folder.write("mended.csv", mended)
    done = run(loaded, target).ok()
    assert done.counts["inserted"] == 6 and done.counts["rejected"] == 0
    assert target.value("select name from p where id = 3") == 'two\nlines; and "quotes"'


def test_raw_of_unlike_files(loaded, target, folder):
    folder.write("c.csv", b"amount,id,name\n1.00,z,other order\n")
    run(loaded, target).ok()
    rejects("export", target, "--format", "raw").failed(
        "usage", "records of files with different headers: a.csv and c.csv do not go into one file", "--file")
    assert export(target, folder, "--format", "raw", "--file", "c.csv") == b"amount,id,name\n1.00,z,other order\n"
    folder.write("in.ndjson", '{"id": "x"}\n')
    run(folder.pipeline("from: in.ndjson\n" + COLUMNS, "q.yaml"), target).ok()
    last = target.value("select max(id) from ingot.rejects")
    rejects("export", target, "--format", "raw", "--id", f"1,{last}").failed("usage", "records of pipelines p and q")
    assert export(target, folder, "--format", "raw", "--file", "in.ndjson") == b'{"id": "x"}\n'


def test_an_export_overwrites_nothing(loaded, target, folder):
    mended = folder.write("mended.ndjson", "hours of work\n")
    rejects("export", target, "--output", mended).failed("usage", f"there is a file already: {mended}", "not overwritten")
    assert mended.read_text() == "hours of work\n"
    rejects("export", target, "--output", folder.path / "none" / "x").failed("resource", "cannot write", "No such file")
    with open("/dev/full", "w") as full:
        import subprocess

        from ingot_program import INGOT, environment
        done = subprocess.run([INGOT, "rejects", "export", target.url], stdout=full, stderr=subprocess.PIPE, env=environment())
    assert done.returncode == 15 and b"cannot write standard output: No space left" in done.stderr
    assert rejects("export", target, "--code", "none").ok().out == ""


def test_a_record_that_is_not_kept_whole(folder, target):
    """Of a long one the first bytes are kept; they are not passed off as the record."""
    long = b'{"id": "x", "name": "%s"}' % (b"y" * (3 << 20))
    folder.write("in.ndjson", long + b'\n{"id": "z"}\n')
    p = folder.pipeline("from: in.ndjson\n" + COLUMNS)
    run(p, target, "--memory-limit", "128MiB").ok()
    connection = ("--set", f"to.connection={target.url}")
    whole = ingot("rejects", "export", p, *connection, "--format", "raw").ok()  # the rest is read in the file
    assert whole.out == long.decode() + '\n{"id": "z"}\n'
    (folder.path / "in.ndjson").rename(folder.path / "away")
    ingot("rejects", "export", p, *connection, "--format", "raw").failed("conflict", "1 record was left out")
    folder.write("in.ndjson", long.replace(b"x", b"X") + b'\n{"id": "z"}\n')
    ingot("rejects", "export", p, *connection, "--format", "raw").failed("conflict", "1 record was left out")
    done = rejects("export", target, "--format", "raw").failed(
        "conflict", "1 record was left out, of which only the first bytes are kept: #1", "--format ndjson")
    assert done.out == '{"id": "z"}\n'
    first, second = lines(rejects("export", target))
    assert (first["truncated"], first["length"], second["truncated"]) == (True, len(long), False)
    assert first["raw"] == long[:2 << 20].decode()


def test_discarded_and_purged(loaded, target):
    assert rejects("discard", target, "--code", "not_a_number").ok().out.startswith("3 rejects discarded; they stay in ingot.rejects")
    assert states(target) == [(i, "discarded" if i in (1, 3, 6) else "open", True, i not in (1, 3, 6)) for i in range(1, 7)]
    assert rejects("discard", target, "--id", "1", "--json").ok().json == {"discarded": 0}
    rejects("discard", target, "--id", "1,99").failed("not_found", "no reject 99")
    assert len(lines(rejects("list", target, "--json"))) == 3
    shown = rejects("list", target, "--state", "all").ok().out
    assert shown.count("(discarded)") == 3 and shown.count("#") == 6
    assert "(discarded)" in rejects("show", target, "1", target.url).out or "(discarded)" in ingot("rejects", "show", "1", target.url).ok().out
    discarded = lines(rejects("list", target, "--json", "--state", "discarded"))
    assert {r["id"] for r in discarded} == {1, 3, 6} and discarded[0]["resolved_at"] and discarded[0]["resolved_by"] is None

    assert rejects("discard", target, "--purge", "--older-than", "1m", "--json").ok().json == {"purged": 0}
    assert rejects("discard", target, "--purge", "--older-than", "0d", "--code", "not_a_number", "--file", "a.csv").ok().out == "2 rejects purged\n"
    assert [s[0] for s in states(target)] == [2, 4, 5, 6]
    # The newest stays: its number is not given again. Open ones are never deleted.
    assert rejects("discard", target, "--purge", "--older-than", "0s", "--json").ok().json == {"purged": 0}
    assert rejects("discard", target, "--all", "--json").ok().json == {"discarded": 3}
    assert rejects("discard", target, "--purge", "--older-than", "0s", "--json").ok().json == {"purged": 3}
    assert [s[0] for s in states(target)] == [6]


def test_where_nothing_was_loaded(folder, target):
    pipeline = folder.pipeline(CSV_PIPELINE)
    at = ["--set", f"to.connection={target.url}"]
    for command in (["list"], ["list", "--by", "code"], ["discard", "--all"], ["discard", "--purge", "--older-than", "1d"]):
        ingot("rejects", *command, pipeline, *at).ok()
    assert ingot("rejects", "export", pipeline, *at).ok().out == ""
    assert ingot("rejects", "export", pipeline, *at, "--format", "raw").ok().out == ""
    ingot("rejects", "list", pipeline, *at, "--run", "r1").failed("not_found", "no run r1")
    assert not target.exists("rejects")
