"""What the sides do with broken rows, and when they are run a second time."""
import re

import psycopg2

from arena import empty_scratch, measure, say

COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # of terminals
COMPLAINT = re.compile(r"(error|exception|fatal)\w*:", re.IGNORECASE)
LANDED = """select count(*), count(*) filter (where good.name = landed.name and good.description = landed.description)
    from {}products landed left join good using (sku)"""


def count(postgres, sql):
    try:
        return postgres.rows(sql)[0]
    except psycopg2.Error:  # the side has not even left a table
        return (0, 0)


def last_words(measured):
    """The line in which a side says what was wrong; without one its last line."""
    said = COLOURS.sub("", measured.out + "\n" + measured.err)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    at = [i for i, line in enumerate(lines) if COMPLAINT.search(line)]
    if not at:
        return (lines or [""])[-1]
    return " ".join(lines[at[-1]:at[-1] + (2 if lines[at[-1]].endswith(":") else 1)])


def bad_rows(contests, work):
    found = []
    for side in contests.bad():
        contests.fresh_for_bad()
        empty_scratch(work)
        measured = measure(side, work)
        rows, good = count(contests.postgres, LANDED.format(side.schema))
        found.append({"side": side.name, "code": measured.code, "rows": rows, "good": good,
                      "said": last_words(measured).replace(f"{contests.data}/", "")})
        say(f"  {side.name:24} exit {measured.code}, {rows:,} rows, {good:,} of the good ones   {found[-1]['said'][:160]}")
    return found


def run_twice(contests, work):
    found = []
    for side in contests.twice():
        contests.fresh_for_twice()
        empty_scratch(work)
        row = {"side": side.name, "codes": [], "rows": [], "seconds": []}
        for _ in range(2):
            measured = measure(side, work)
            row["codes"].append(measured.code)
            row["seconds"].append(measured.wall)
            row["rows"].append(count(contests.postgres, f"select count(*) from {side.schema}reviews")[0])
        found.append(row)
        say(f"  {side.name:24} exit {row['codes']}, rows {row['rows']}   {last_words(measured)[:160] if measured.code else ''}")
    return found
