"""Every entry of docs/gallery.md: the file, its pipeline, and the rows that then stand in the table."""
import csv
import io
import re

import pytest

from ingot_program import REPOSITORY, ingot, run

ENTRIES = re.split(r"(?m)^## ", (REPOSITORY / "docs" / "gallery.md").read_text())[1:]
BLOCK = re.compile(r"(?ms)^```(file|yaml|result) ?([^\n]*)\n(.*?)^```$")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.splitlines()[0])
def test_entry(folder, duckdb, entry):
    blocks = BLOCK.findall(entry)
    for kind, words, text in blocks:
        if kind == "file":
            name, encoding = (words.split() + ["utf-8"])[:2]
            if encoding == "cr":
                text, encoding = text.replace("\n", "\r"), "utf-8"
            folder.write(name, text.encode(encoding))
    yaml = folder.pipeline(next(text for kind, _, text in blocks if kind == "yaml"))
    ingot("check", yaml).ok()
    assert run(yaml, duckdb, "--strict").ok().counts["rejected"] == 0
    expected = list(csv.reader(io.StringIO(next(text for kind, _, text in blocks if kind == "result"))))
    assert [["NULL" if value is None else value for value in row] for row in duckdb.rows("t")] == expected


def test_there_are_entries():
    assert len(ENTRIES) >= 14
