"""The peers' report: who is ahead is said as measured, wrong rows are never given a time, pictures are to scale."""
import subprocess
import sys
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import child
import peer_cases
import peer_list
import peer_report
import plot
import report

SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Side:
    name: str
    bar: float = None


@dataclass
class Contest:
    sides: list
    rss_bar: int = None


def run(wall, wrong=None):
    return {"wall": wall, "cpu": wall / 2, "rss": 50_000_000, "wrong": wrong}


def contest(**runs):
    sides = Contest([Side(name) for name in runs])
    return {"name": "products", "title": "products <CSV>", "rows": report.summary(sides, runs)}


def lines_of(section, name):
    return [line for line in section if line.startswith(("| " + name, "| **" + name))]


def test_the_fastest_is_first_and_named():
    measured = contest(ingot=[run(2.0), run(1.0), run(1.5)], slow=[run(3.0)], fast=[run(1.0)])
    section = peer_report.contest_section(measured)
    assert "Faster than Ingot: fast (1.00 s)." in section
    assert [line.split(" | ")[0] for line in section if line.startswith("| ")][1:] == ["| fast", "| **Ingot**", "| slow"]
    assert lines_of(section, "slow") == ["| slow | 3.00 | 3.00 – 3.00 | 2.0 | 50 | 1.5 | 1 | right |"]


def test_ahead_of_all_says_by_how_much():
    section = peer_report.contest_section(contest(ingot=[run(1.0)], next=[run(1.5)], slow=[run(9.0)]))
    assert "Ingot is ahead of all; next is next, 1.5 × its time." in section


def test_wrong_rows_have_no_time():
    wrong = "products: 5 rows | instead of 6"
    measured = contest(ingot=[run(2.0)], quick=[run(0.1, wrong), run(0.1, wrong)], wavering=[run(3.0), run(0.1, wrong)])
    section = peer_report.contest_section(measured)
    assert "Ingot is ahead of all; next is wavering, 1.5 × its time." in section
    assert lines_of(section, "quick") == [
        "| quick | – | – | – | – | – | – | **wrong** in 2 of 2: products: 5 rows ¦ instead of 6 |"]
    assert lines_of(section, "wavering")[0].endswith("| 1 | **wrong** in 1 of 2: products: 5 rows ¦ instead of 6 |")
    assert "quick" not in peer_report.picture(measured)


def test_ingot_wrong_is_said():
    assert "Ingot has no right result." in peer_report.contest_section(contest(ingot=[run(1, "lost")], other=[run(2)]))


def test_picture_is_to_scale():
    picture = xml.fromstring(peer_report.picture(contest(ingot=[run(1.0)], other=[run(4.0)])))
    widths = [float(bar.get("width")) for bar in picture.iter(SVG + "rect") if bar.get("fill") in (plot.OURS, plot.THEIRS)]
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.01) and widths[2] == widths[3]
    words = [word.text for word in picture.iter(SVG + "text")]
    assert "products <CSV>" in words and "1.00" in words and "4.00" in words


@pytest.mark.parametrize(("largest", "step"), [(1, 0.2), (35, 10), (82, 20), (0.64, 0.2), (2083, 500), (5, 1)])
def test_grid_has_round_steps(largest, step):
    assert plot.step_of(largest) == pytest.approx(step)


@pytest.mark.parametrize(("code", "rows", "good", "verdict"), [
    (0, 9997, 9997, "all the good ones, and only those"),
    (3, 0, 0, "nothing"),
    (0, 0, 0, "nothing, and exit code 0"),
    (0, 5000, 5000, "4,997 good rows lost, exit code 0"),
    (0, 10000, 9997, "all the good ones, 3 altered rows loaded, exit code 0"),
    (1, 4000, 3999, "5,998 good rows lost, 1 altered rows loaded"),
])
def test_what_became_of_broken_rows(code, rows, good, verdict):
    assert peer_report.bad_verdict({"code": code, "rows": rows, "good": good}, 9997) == verdict


@pytest.mark.parametrize(("side", "rows", "codes", "verdict"), [
    ("ingot", [10, 10], [0, 0], "nothing: the file is known"),
    ("other", [10, 20], [0, 0], "every row again"),
    ("other", [10, 10], [0, 0], "the table replaced, all of it loaded again"),
    ("other", [10, 10], [0, 1], "exit code 1"),
])
def test_what_a_second_run_did(side, rows, codes, verdict):
    assert peer_report.twice_verdict({"side": side, "rows": rows, "codes": codes}) == verdict


def test_last_words_are_the_error():
    measured = child.Measured(1, "10 rows\nERROR: bad byte\n", "done in 3 s\n", 1, 1, 1)
    assert peer_cases.last_words(measured) == "ERROR: bad byte"
    measured = child.Measured(1, "", "a.InputException: line 7\nignore_errors = false\n", 1, 1, 1)
    assert peer_cases.last_words(measured) == "a.InputException: line 7"
    assert peer_cases.last_words(child.Measured(1, "\x1b[31mfatal:\n~ no such column\x1b[0m\n", "", 1, 1, 1)) == "fatal: ~ no such column"
    assert peer_cases.last_words(child.Measured(0, "all\n\nwell\n", "", 1, 1, 1)) == "well"


def test_a_section_is_replaced_between_its_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Page\n<!-- a:begin -->\nold\n<!-- a:end -->\nrest\n<!-- b:begin -->\nkept\n<!-- b:end -->\n")
    report.write_section("a", "new\n", page)
    assert page.read_text() == ("# Page\n<!-- a:begin -->\n\nnew\n\n<!-- a:end -->\nrest\n<!-- b:begin -->\nkept\n<!-- b:end -->\n")


def test_what_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(peer_list, "HOME", tmp_path)
    faucet = peer_list.PEERS[peer_list.NAMES.index("faucet")]
    assert faucet.missing() == "not installed: bench/peers-setup faucet"
    (tmp_path / "faucet").mkdir()
    (tmp_path / "faucet" / "missing").write_text("no Rust here\n")
    assert faucet.missing() == "no Rust here"
    told = peer_report.tools([{"title": "faucet-stream", "version": None, "how": "fast", "missing": faucet.missing()}])
    assert told[-1] == "| faucet-stream | **not measured**: no Rust here |"


def test_memory_is_that_of_all_processes_of_a_session():
    child_program = "x = b'x' * 40_000_000; print('ready', flush=True); input()"
    program = f"import subprocess, sys; x = b'x' * 40_000_000; subprocess.run([sys.executable, '-c', {child_program!r}])"
    process = subprocess.Popen([sys.executable, "-c", program], start_new_session=True, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "ready\n"
    watch = child.Watch(process.pid)
    watch.look()
    process.communicate("\n")
    assert len(watch.ticks) == 2 and watch.rss > 80_000_000
