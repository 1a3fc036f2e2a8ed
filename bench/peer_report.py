"""The peers' part of docs/benchmarks.md and its pictures, from what bench/run-peers has measured."""
from pathlib import Path

import plot
from report import row_table

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"
OURS = "ingot"
HEADINGS = ("", "wall s", "from – to", "× Ingot", "peak RSS MB", "cpu s", "runs", "rows")


def in_order(rows):
    """The fastest first; who has no right result last."""
    return sorted(rows, key=lambda row: row.get("median", float("inf")))


def title_of(side):
    return "Ingot" if side == OURS else side


def verdict(row):
    if not row["wrong"]:
        return "right"
    runs = len(row["wrong"]) + row["runs"]
    return f"**wrong** in {len(row['wrong'])} of {runs}: {one_line(row['wrong'][0])}"


def one_line(message, limit=150):
    """Fit for a cell of a table."""
    line = " ".join(message.replace("|", "¦").replace("`", "'").split())
    return line if len(line) <= limit else line[:limit] + " …"


def contest_cells(row, ours):
    name = f"**{title_of(row['side'])}**" if row["side"] == OURS else row["side"]
    if "median" not in row:
        return [name, *["–"] * (len(HEADINGS) - 2), verdict(row)]
    ratio = f"{row['median'] / ours:.1f}" if ours and row["side"] != OURS else ""
    return [name, f"{row['median']:.2f}", f"{row['least']:.2f} – {row['most']:.2f}", ratio, f"{row['rss'] / 1e6:.0f}",
            f"{row['cpu']:.1f}", str(row["runs"]), verdict(row)]


def standing(rows):
    """Who is ahead, in a sentence: also when it is not Ingot."""
    right = [row for row in in_order(rows) if "median" in row]
    ours = next((row for row in right if row["side"] == OURS), None)
    if ours is None:
        return "Ingot has no right result."
    faster = [row for row in right if row["median"] < ours["median"]]
    if faster:
        return "Faster than Ingot: " + ", ".join(f"{row['side']} ({row['median']:.2f} s)" for row in faster) + "."
    if len(right) == 1:
        return "Ingot alone has a right result."
    return f"Ingot is ahead of all; next is {right[1]['side']}, {right[1]['median'] / ours['median']:.1f} × its time."


def contest_section(contest):
    rows = in_order(contest["rows"])
    ours = next((row["median"] for row in rows if row["side"] == OURS and "median" in row), None)
    return [f"### {contest['title']}", "", standing(rows), "", f"![{contest['title']}](benchmarks/{contest['name']}.svg)", "",
            *row_table(HEADINGS, [contest_cells(row, ours) for row in rows]), ""]


def picture(contest):
    rows = [row for row in in_order(contest["rows"]) if "median" in row]
    walls = [plot.Bar(title_of(row["side"]), row["median"], row["least"], row["most"], row["side"] == OURS) for row in rows]
    memory = [plot.Bar(title_of(row["side"]), row["rss"] / 1e6, ours=row["side"] == OURS) for row in rows]
    return plot.figure(contest["title"], [plot.Panel("wall time, seconds: median; the line is the least to the most", walls, 430, ".2f"),
                                          plot.Panel("peak memory of the client's processes, MB", memory, 290, ".0f")])


def bad_verdict(row, good):
    other = row["rows"] - row["good"]
    if row["good"] == good and not other:
        return "all the good ones, and only those"
    if not row["rows"]:
        return "nothing" + (", and exit code 0" if row["code"] == 0 else "")
    lost = good - row["good"]
    parts = [f"{lost:,} good rows lost" if lost else "all the good ones", f"{other:,} altered rows loaded" if other else ""]
    return ", ".join(filter(None, parts)) + (", exit code 0" if row["code"] == 0 else "")


def bad_section(rows, good):
    headings = ("", "exit code", f"of {good:,} good rows", "other rows", "so it loaded", "and said")
    cells = [[f"**{title_of(row['side'])}**" if row["side"] == OURS else row["side"], str(row["code"]), f"{row['good']:,}",
              f"{row['rows'] - row['good']:,}", bad_verdict(row, good), said(row)] for row in rows]
    return row_table(headings, cells, words=2)


def said(row):
    if row["side"] == OURS:
        return "each by file, line, column and reason, kept in `ingot.rejects`"
    return f"`{one_line(row['said'])}`" if row["said"] else ""


def twice_verdict(row):
    first, second = row["rows"]
    if any(row["codes"]):
        return f"exit code {row['codes'][0] or row['codes'][1]}"
    if row["side"] == OURS and second == first:
        return "nothing: the file is known"
    return "every row again" if second == 2 * first else "the table replaced, all of it loaded again" if second == first else "?"


def twice_section(rows):
    headings = ("", "rows after one run", "rows after two", "what the second run loaded")
    cells = [[f"**{title_of(row['side'])}**" if row["side"] == OURS else row["side"], *[f"{n:,}" for n in row["rows"]],
              twice_verdict(row)] for row in rows]
    return row_table(headings, cells)


def tools(peers):
    rows = [[peer["version"] or peer["title"], peer["how"] if not peer["missing"] else "**not measured**: " + peer["missing"]]
            for peer in peers]
    return row_table(("", "how it does the jobs"), rows)


def markdown(results):
    before, after = results["load"]
    out = [f"Measured on {results['begun'][:10]} in {results['minutes']:.0f} minutes: scale {results['scale']:g}, at most "
           f"{results['rounds']} rounds (one for whoever took longer than {results['patience']:g} s), load average {before:.1f} before "
           f"and {after:.1f} after.", ""]
    out += [f"- {name}: {value}" for name, value in results["machine"].items()] + [""]
    for contest in results["contests"]:
        out += contest_section(contest)
    if results["bad"]:
        out += ["### 10,000 products, three of them broken", "", BAD, "", *bad_section(results["bad"], results["good"]), ""]
    if results["twice"]:
        out += ["### The same command run twice", "", TWICE, "", *twice_section(results["twice"]), ""]
    return "\n".join([*out, "### The tools", "", *tools(results["peers"])])


BAD = """The products job with 10,000 rows, of which one has two fields too many, one bytes that are not UTF-8, and one a NUL.
The 9,997 others are good. *Other rows* are such as the file does not hold: a broken row that was cut or mended in silence."""
TWICE = "The reviews job (append) with 10,000 records, run, and run again with nothing changed, as after a doubtful first time."


def write_pictures(results, folder=PICTURES):
    folder.mkdir(exist_ok=True)
    for contest in results["contests"]:
        (folder / f"{contest['name']}.svg").write_text(picture(contest))
