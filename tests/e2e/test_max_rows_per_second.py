"""`to.max_rows_per_second`: a load goes no faster, second by second; it stops at once, and loads the same."""
import signal
import threading
import time

import pytest

from ingot_program import EXIT, ingot, run
from mid_run import start_run, wait_for

RATE = 2000


def pipeline(folder, rows, more="", rate=RATE):
    folder.write("in.csv", "id,t\n" + "".join(f"{i},text {i} {'x' * 50}\n" for i in range(rows)))
    return folder.pipeline("from: in.csv\ncolumns: { id: integer, t: text }\n"
                           f"to: {{ table: p, max_rows_per_second: {rate}{more} }}\n")


@pytest.mark.parametrize("more", ["", ", mode: upsert, key: id", ", mode: upsert, key: id, lineage: true"])
def test_it_takes_as_long_as_it_must_and_loads_the_same(folder, target, more):
    file = pipeline(folder, 3000, more)
    done = run(file, target).ok()
    assert done.counts["inserted"] == 3000 and target.value("select sum(id) from p") == sum(range(3000))
    assert done.json["seconds"]["load"] > 1.2


def test_no_second_sees_more(folder, postgres):
    """A trigger writes down when each row came."""
    postgres.execute("create table p (id integer, t text, at timestamptz default clock_timestamp())")
    run(pipeline(folder, 5000), postgres).ok()
    times = [row[0].timestamp() for row in postgres.query("select at from p order by at")]
    at_most = max(sum(1 for later in times[i:i + 3 * RATE] if later < times[i] + 1) for i in range(0, len(times), 50))
    # What lies in buffers on its way comes in one: some hundred rows.
    assert RATE * 0.5 < at_most < RATE * 1.4
    assert times[-1] - times[0] > 2


def test_rows_that_are_not_sent_do_not_count(folder, postgres):
    file = pipeline(folder, 3000, ", mode: upsert, key: id, unchanged: fetch")
    run(file, postgres, "--set", "to.max_rows_per_second=1000000").ok()
    done = run(file, postgres, "--set", "from.new=all").ok()
    assert done.counts["unchanged"] == 3000 and done.json["seconds"]["load"] < 1.2


def test_several_tables_share_it(folder, target):
    folder.write("in.csv", "id,t\n" + "".join(f"{i},text {i}\n" for i in range(3000)))
    columns = "columns: { id: integer, t: text }"
    file = folder.pipeline(f"from: in.csv\ntables:\n  a: {{ when: cast(id as integer) % 2 = 0, {columns} }}\n  b: {{ {columns} }}\n"
                           f"to: {{ max_rows_per_second: {RATE} }}\n")
    done = run(file, target).ok()
    assert target.count("a") == target.count("b") == 1500
    assert done.json["seconds"]["load"] > 1.2


@pytest.mark.parametrize("more", ["", ", mode: upsert, key: id"])
def test_ctrl_c_does_not_wait(folder, target, more):
    file = pipeline(folder, 5000, more, rate=10)  # 500 s
    process = start_run(file, target)
    lines = []
    threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True).start()
    wait_for(lambda: any(b'"progress"' in line for line in lines))
    assert b'"max_rows_per_second":10' in lines[0]
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert process.wait(20) == EXIT["interrupted"]
    assert time.monotonic() - began < 10
    assert not target.exists("p") or target.count("p") == 0
    done = run(file, target, "--set", "to.max_rows_per_second=100000").ok()  # it is not part of what a plan freezes
    assert done.json["resumed"] and target.count("p") == 5000


def test_the_plan_says_so(folder, target):
    file = pipeline(folder, 1)
    planned = ingot("plan", file, "--set", f"to.connection={target.url}").ok()
    assert "at most 2,000 rows a second" in planned.out
    assert ingot("plan", "--json", file, "--set", f"to.connection={target.url}").ok().json["max_rows_per_second"] == RATE
    ingot("check", file, "--set", "to.max_rows_per_second=0").failed("invalid_pipeline", "max_rows_per_second", "from 1")
