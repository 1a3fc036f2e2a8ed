"""What was measured, as a table for people and as JSON for programs."""
import os
import platform
import statistics
import subprocess
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def output_of(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return "?"


def first_value(path, key):
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split("=" if "=" in line else ":", 1)[1].strip().strip('"')
    return "?"


def machine(data, ingot, postgres, duckdb_version):
    memory = int(first_value("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    return {
        "processor": f"{first_value('/proc/cpuinfo', 'model name')}, {os.cpu_count()} logical processors",
        "memory": f"{memory:.0f} GiB",
        "system": f"{first_value('/etc/os-release', 'PRETTY_NAME')}, Linux {platform.release()}",
        "disk": output_of("findmnt", "-n", "-o", "SOURCE,FSTYPE", "-T", str(data)),
        "postgres": (postgres.execute(postgres.server_url, "show server_version")[0][0] + ", default settings")
        if postgres else "not used",
        "duckdb": duckdb_version,
        "ingot": output_of(str(ingot), "--version"),
        "commit": output_of("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"),
    }


def summary(contest, runs):
    """One row a side; `runs` maps a side's name to its measured runs, in rounds."""
    ours = runs[contest.sides[0].name]
    rows = []
    for side in contest.sides:
        walls = [run["wall"] for run in runs[side.name] if not run["wrong"]]
        wrong = [run["wrong"] for run in runs[side.name] if run["wrong"]]
        row = {"side": side.name, "runs": len(walls), "wrong": wrong}
        rows.append(row)
        if not walls:
            continue
        row.update(median=statistics.median(walls), least=min(walls), most=max(walls),
                   cpu=statistics.median(run["cpu"] for run in runs[side.name]),
                   rss=max(run["rss"] for run in runs[side.name]))
        our_walls = [run["wall"] for run in ours if not run["wrong"]]
        if side is contest.sides[0] or not our_walls:
            continue
        pairs = [a["wall"] / b["wall"] for a, b in zip(ours, runs[side.name]) if not a["wrong"] and not b["wrong"]]
        row.update(ratio=statistics.median(our_walls) / row["median"], bar=side.bar,
                   pairs=[min(pairs), statistics.median(pairs), max(pairs)] if pairs else None)
        row["verdict"] = None if side.bar is None else "ok" if row["ratio"] <= side.bar else "over"
    if contest.rss_bar and "rss" in rows[0]:
        rows[0]["rss_bar"] = contest.rss_bar
        rows[0]["rss_verdict"] = "ok" if rows[0]["rss"] <= contest.rss_bar else "over"
    return rows


HEADINGS = ("", "median s", "from – to", "cpu s", "RSS MB", "runs", "ingot ×", "pairs (from – to)", "bar", "")


def cells(row):
    if "median" not in row:
        return [row["side"], *[""] * 8, "WRONG: " + (row["wrong"] or ["no run"])[0]]
    ratio = pairs = bar = ""
    verdict = [row.get("verdict") or ""]
    if "ratio" in row:
        ratio = f"{row['ratio']:.3f}"
        if row["pairs"]:
            low, middle, high = row["pairs"]
            pairs = f"{middle:.3f} ({low:.3f} – {high:.3f})"
        bar = "" if row["bar"] is None else f"{row['bar']:g}"
    if "rss_bar" in row:
        bar, verdict = f"{row['rss_bar'] / 1e6:.0f} MB", [row["rss_verdict"]]
    if row["wrong"]:
        verdict.append("WRONG: " + row["wrong"][0])
    return [row["side"], f"{row['median']:.2f}", f"{row['least']:.2f} – {row['most']:.2f}", f"{row['cpu']:.2f}",
            f"{row['rss'] / 1e6:.0f}", str(row["runs"]), ratio, pairs, bar, ", ".join(filter(None, verdict))]


def table(rows):
    lines = [HEADINGS, *[cells(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) if i in (0, 9) else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def row_table(headings, rows, words=1):
    """Lines of a Markdown table: the first column and the last `words` are text, the others numbers."""
    numbers = len(headings) - 1 - words
    return ["| " + " | ".join(headings) + " |", "|:--|" + "--:|" * numbers + ":--|" * words,
            *("| " + " | ".join(row) + " |" for row in rows)]


def markdown(results):
    before, after = results["load"]
    out = [f"Measured on {results['begun'][:10]}: scale {results['scale']:g}, {results['rounds']} rounds, load average "
           f"{before:.1f} before and {after:.1f} after.", ""]
    out += [f"- {name}: {value}" for name, value in results["machine"].items()] + [""]
    for contest in results["contests"]:
        out += [f"### {contest['title']}", "", *row_table(HEADINGS, [cells(row) for row in contest["rows"]]), ""]
    return "\n".join(out)


def write_section(name, text, path=BENCHMARKS):
    """Replaces what stands between the section's two markers."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, rest = path.read_text().split(begin)
    path.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{rest.split(end)[1]}")
