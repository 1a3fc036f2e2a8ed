"""Archives as several makers write them: Python's zipfile and tarfile, zip and tar."""
import io
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from ingot_program import run, ingot
from targets import DuckDbTarget

FILES = {"a.csv": b"id,t\n1,one\n", "d/b.csv": b"id,t\n2,two\n3,x\n", "d/c.csv": b"id,t\n" + b"".join(b"%d,many\n" % i for i in range(4, 5000))}
ROWS = 4999


def zip_of(files, **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **({"compression": zipfile.ZIP_DEFLATED} | options)) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_of(files, mode="w:gz", **options):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, **options) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


MAKERS = {
    "deflate.zip": lambda: zip_of(FILES),
    "stored.zip": lambda: zip_of(FILES, compression=zipfile.ZIP_STORED),
    "bzip2.zip": lambda: zip_of(FILES, compression=zipfile.ZIP_BZIP2),
    "gnu.tar": lambda: tar_of(FILES, "w", format=tarfile.GNU_FORMAT),
    "pax.tar.gz": lambda: tar_of(FILES, "w:gz", format=tarfile.PAX_FORMAT),
    "ustar.tar.bz2": lambda: tar_of(FILES, "w:bz2", format=tarfile.USTAR_FORMAT),
    "pax.tar.xz": lambda: tar_of({"./" + name: data for name, data in FILES.items()}, "w:xz"),
}


class Folder:
    def __init__(self, path):
        self.path, self.target = path, DuckDbTarget(path / "t.duckdb")

    def pipeline(self, source, more=""):
        (self.path / "p.yaml").write_text(f"from: {source}\ncolumns: {{ id: bigint required, t: text }}\nto: {{ table: t, {more} }}\n")

    def run(self, *args):
        return run(self.path / "p.yaml", self.target, *args)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.mark.parametrize("name", MAKERS)
def test_members_are_units(folder, name):
    (folder.path / name).write_bytes(MAKERS[name]())
    folder.pipeline(f'"{name}!/**/*.csv"')
    assert folder.run().ok().counts["inserted"] == ROWS
    units = folder.target.query("select name, hash, read from ingot.units order by unit")
    assert [unit[0] for unit in units] == [f"{name}!/{member}" for member in FILES]
    again = folder.run().ok()
    assert again.counts["read"] == 0
    # What a member is known by is its content: in another archive of the same name it is not loaded again.
    (folder.path / name).write_bytes(MAKERS[name]() if not name.endswith(".zip") else zip_of(FILES | {"e.csv": b"id,t\n7,new\n"}, compresslevel=1))
    more = folder.run().ok()
    assert more.counts["inserted"] == (1 if name.endswith(".zip") else 0)


def test_of_zip_and_tar(folder):
    for name, data in FILES.items():
        (folder.path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / "in" / name).write_bytes(data)
    names = []
    for command in (["tar", "czf", "../t.tgz", "."], ["tar", "cf", "../t.tar", "a.csv", "d"], ["zip", "-qr", "../z.zip", "."]):
        if shutil.which(command[0]) is None:
            continue
        subprocess.run(command, cwd=folder.path / "in", check=True)
        names.append(command[2].removeprefix("../"))
    folder.pipeline("[" + ", ".join(f'"{name}!/**/*.csv"' for name in names) + "]")
    assert folder.run().ok().counts["inserted"] == ROWS * len(names)


def test_addresses_and_replay(folder):
    (folder.path / "a.zip").write_bytes(zip_of({"d/x.csv": b"id,t\n1,a\nbad,b\n2,c\n"}))
    folder.pipeline("{ path: a.zip, format: csv }")
    assert folder.run().ok().counts["rejected"] == 1
    assert folder.target.query("select unit_name, byte_offset, line, cast(raw as varchar) from ingot.rejects") == [("a.zip!/d/x.csv", 9, 3, "bad,b")]
    (folder.path / "m.ndjson").write_text('{"id": 1, "raw": "9,b"}\n')
    ingot("rejects", "replay", folder.path / "p.yaml", "--set", f"to.connection={folder.target.url}", "--with", folder.path / "m.ndjson").ok()
    assert folder.target.query("select id from t order by 1") == [(1,), (2,), (9,)]


def test_damage_costs_one_archive(folder):
    whole = zip_of(FILES)
    (folder.path / "good.zip").write_bytes(whole)
    (folder.path / "bad.zip").write_bytes(whole[:-30])
    (folder.path / "bad.tgz").write_bytes(tar_of(FILES)[:-30])
    encrypted = bytearray(zip_of({"s.csv": b"id,t\n1,a\n"}))
    at = encrypted.rindex(b"PK\x01\x02")
    encrypted[6] |= 1
    encrypted[at + 8] |= 1
    (folder.path / "encrypted.zip").write_bytes(encrypted)
    folder.pipeline('{ path: ["*.zip!/**", "*.tgz!/**"], format: csv }')
    done = folder.run().failed("source_unreadable")
    failed = {unit["unit"]: unit["error"]["message"] for unit in done.json["failed"]}
    assert set(failed) == {"bad.zip", "bad.tgz", "encrypted.zip!/s.csv"} and "file is encrypted" in failed["encrypted.zip!/s.csv"]
    assert done.counts["inserted"] == ROWS


def test_what_is_refused(folder):
    (folder.path / "two.zip").write_bytes(zip_of(FILES))
    folder.pipeline("{ path: two.zip, format: csv }")
    folder.run().failed("source_unreadable", "an archive of 3 files", "a.csv, d/b.csv, d/c.csv", 'two.zip!/a.csv"')
    folder.pipeline("two.zip")
    folder.run().failed("invalid_pipeline", 'no format for: "two.zip"')
    folder.pipeline('"two.zip!/d/x.csv"')
    folder.run().failed("not_found", "no such member")
    (folder.path / "t.csv").write_bytes(tar_of(FILES, "w"))
    folder.pipeline("t.csv")
    folder.run().failed("source_unreadable", "file is a tar archive")


def test_bombs(folder):
    (folder.path / "b.zip").write_bytes(zip_of({"b.csv": b"id,t\n" + b"1,a\n" * 100_000}))
    folder.pipeline('{ path: "b.zip!/*.csv", max_decompressed: 100KB }')
    folder.run().failed("source_unreadable", "decompresses to more than 100000 B")
    folder.pipeline('{ path: "b.zip!/*.csv", max_decompressed: 500KB }')
    assert folder.run().ok().counts["inserted"] == 100_000


def test_load_and_init(folder):
    (folder.path / "data.zip").write_bytes(zip_of({"d/b.csv": FILES["d/b.csv"]}))
    done = ingot("load", folder.path / "data.zip", f"duckdb:{folder.path}/l.duckdb", cwd=folder.path)
    assert done.code == 0, done.text()
    assert DuckDbTarget(folder.path / "l.duckdb").count("data") == 2
    shown = ingot("init", "data.zip", cwd=folder.path)
    assert shown.code == 0 and "data.zip!/d/b.csv" in shown.out, shown.text()
