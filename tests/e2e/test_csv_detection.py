"""How CSV is written, found by init and load: what is certain is said and pinned, what is not is a hint, and no record
is lost either way."""
import csv
import io
import json
import random

import pytest
import yaml

from ingot_program import ingot, run
from targets import DuckDbTarget


class Folder:
    def __init__(self, path):
        self.path, self.target = path, DuckDbTarget(path / "t.duckdb")

    def write(self, name, text, encoding="utf-8"):
        (self.path / name).write_bytes(text if isinstance(text, bytes) else text.encode(encoding))

    def init(self, *args):
        made = ingot("init", *(args or ("a.csv",)), cwd=self.path).ok().out
        parsed = yaml.safe_load(made)
        source = parsed["from"] if isinstance(parsed["from"], dict) else {"path": parsed["from"]}
        return made, {key: value for key, value in source.items() if key != "path"}, parsed["columns"]

    def load(self, *args, **options):
        return ingot("load", *(args or ("a.csv",)), self.target.url, "--table", "t", cwd=self.path, **options)

    def rows(self):
        return [tuple("" if v is None else v for v in row) for row in self.target.rows("t")]


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


# Text; what `from` then says; how many records; what is said.
CERTAIN = {
    "a title and notes": ("Account,12-3456\nPeriod,2024-12\n\nid,what,amount\n1,rent,10.5\n2,food,3\n3,x,4\n",
                          {"skip": 3, "header": True}, 3, ['not read: 3 lines before the header: "Account,12-3456", "Period,2024-12", ""']),
    "a title above words": ("Report of anything\n\nname,city,street\nanna,rome,a\nbo,bern,b\n", {"skip": 2, "header": True}, 2,
                            ['not read: 2 lines before the header: "Report of anything", ""']),
    "a total with fewer fields": ("id,name,n\n1,a,2\n2,b,3\n3,c,4\nTotal,9\n", {"footer": "Total"}, 3, ['not read: 1 record at the end, a.csv:5 "Total,9"']),
    "rows counted below": ("id,name,n\n1,a,2\n2,b,3\n3,c,4\n\n(3 rows)\n", {"footer": "("}, 3, ['"(3 rows)"']),
    "a total with all fields": ('day,text,n\n12/30/2024,"Rent, Dec",5\n12/31/2024,Salary,6\n12/31/2024,x,1\nTotal,,12\n', {"footer": "Total"}, 3,
                                ['not read: 1 record at the end, a.csv:5 "Total,,12"']),
    "comments between": ("# made by x\nid,name\n1,a\n# north, and south, and\n2,b\n3,c\n", {"comment": "#"}, 3, ["not read: 2 lines of comment"]),
    "single quotes": ("id,name\n1,'a, b'\n2,'it''s'\n3,'c'\n", {"quote": "'"}, 3, []),
    "single quotes around delimiters everywhere": ("id;name;n\n1;'a; b';2\n2;'c; d';3\n3;'e; f';4\n", {"quote": "'", "delimiter": ";"}, 3, ['quote: "\'"']),
    "single quotes that nothing needs": ("id;name\n1;'a'\n2;'b'\n3;'c'\n", {"quote": "'", "delimiter": ";"}, 3, []),
    "escapes": ('id,name\n1,"a \\"b\\", c"\n2,"d"\n3,"e \\\\ f"\n', {"escape": "\\"}, 3, []),
    "quotes that are text": ('2024-12-31 23:59:58|ERROR|said "no|12\n2024-12-31 23:59:59|INFO|"ok|7\n2024-12-31 23:59:59|INFO|fine|7\n',
                             {"delimiter": "|", "quote": "none", "header": False}, 3, []),
    "all of it": ("Statement;of;account;for;all\n;;\n# made\nid;what;n\n1;'a; b';1\n2;'c';2\n# middle\n3;'d''e';3\nSumme;6\n",
                  None, 3, []),
    "two rows of header": ("region,sales,sales\n,north,south\n1,10,12\n2,8,9\n", {"header_rows": 2}, 2, ["the first two records are the header"]),
    "tabs behind a title": ("Export of today\nid\tname\tn\n1\ta\t2\n2\tb,c\t3\n3\td\t4\n", {"delimiter": "\t", "skip": 1, "header": True}, 3, []),
}


@pytest.mark.parametrize("case", CERTAIN)
def test_what_is_certain_is_pinned_and_said(folder, case):
    text, pinned, records, said = CERTAIN[case]
    folder.write("a.csv", text)
    made, source, _ = folder.init()
    if pinned is not None:
        assert source == {key: "tab" if value == "\t" else value for key, value in pinned.items()}, made
    for words in said:
        assert words in made, made
    assert "will be rejects" not in made, made
    done = folder.load("a.csv", "--json").ok()
    assert (done.counts["read"], done.counts["inserted"]) == (records, records), made
    # The pipeline that init writes is the same, and so is what load keeps.
    (folder.path / "p.yaml").write_text(made)
    again = run(folder.path / "p.yaml", DuckDbTarget(folder.path / "u.duckdb"), "--strict").ok()
    assert again.counts["inserted"] == records
    assert json.loads(ingot("preview", "a.csv", "--json", cwd=folder.path).ok().out)["rows"] == records
    assert "1 file known" in folder.load().ok().out


# Nothing is guessed; the option is named, and what is odd is a reject.
DOUBTFUL = {
    "a header that is shorter than its records": ("id,name\n1,a,\n2,b,\n3,c,\n", {"header": True}, "looks like skip: 1, but"),
    "words behind a shorter header": ("name,city,street\nanna,rome,a,\nbo,bern,b,\ncy,oslo,c,\n", None, "skip: 1"),
    "a comment where a value may begin so": ("tag,n\n#a,1\n# made\nb,2\nc,3\n", {}, 'say comment: "#"'),
    "a footer where a value may begin so": ("name,a,b\nx,p,q\ny,r,s\nz,t,u\nTotal wines\n", {"header": True}, "say footer"),
    "records here and there": ("Title\nid,n\n" + "".join(f"{i},1\n" for i in range(50)) + "x\n" + "".join(f"{i},1\n" for i in range(50)), None, "say skip: 1"),
    "a record that was cut off, of a value that is missing": ("value,sensor,unit\n1.5,a,C\n2.5,a,C\nNaN,b,C\nNaN,c\n", {}, "will be rejects"),
    "a header above a record that is too short": ("sensor,temp,hum\ns1,20\ns2,n/a,n/a\ns3,21.0,40\ns4,22.0,41\n", {}, "will be rejects"),
    "units below the header": ("id,weight,price\nno,kg,EUR\n1,2.5,3\n2,4.5,5\n", {"header": True}, "say header_rows: 2"),
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_what_is_doubtful_is_a_hint(folder, case):
    text, pinned, hint = DOUBTFUL[case]
    folder.write("a.csv", text)
    made, source, _ = folder.init()
    assert pinned in (None, source) and hint in made, made
    # Each line but the header is read, or the load is refused.
    done = ingot("load", "a.csv", folder.target.url, "--table", "t", "--json", cwd=folder.path)
    if done.code != 0:
        done.failed("too_many_rejects")
        return
    assert done.json["read"] == done.json["inserted"] + done.json["rejected"], done.text()
    lines = len([line for line in text.splitlines() if line])
    assert done.json["read"] in (lines, lines - 1), (done.json["read"], lines)


def test_a_file_that_was_cut_off_in_quotes_is_refused(folder):
    folder.write("a.csv", 'id,name\n1,a\n2,b\n3,"Smi')
    folder.load("a.csv").failed("source_unreadable")
    assert not (folder.path / "t.duckdb").exists()


def test_a_header_that_begins_like_a_comment(folder):
    folder.write("a.csv", "##made by x\n#id\ta\tb\n1\tp\tq\n2\tr\ts\n3\tt\tu\n")
    _, source, columns = folder.init()
    assert (source["skip"], source["header"]) == (1, True) and "comment" not in source and len(columns) == 3


def test_comments_that_were_said_are_not_skipped_by_number(folder):
    folder.write("a.csv", "# made\nid,n\n1,2\n2,3\n3,4\n")
    _, source, _ = folder.init("a.csv", "--from", "comment=#")
    assert source == {"comment": "#"}


def test_a_record_that_was_cut_off_is_no_footer(folder):
    folder.write("a.csv", "id,name,n\n1,a,2\n2,b,3\n3,c,4\n4,d")
    made, source, _ = folder.init()
    assert source == {} and "1 of 4 records will be rejects (ragged), first a.csv:5" in made, made
    done = folder.load("a.csv", "--json").ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (3, 1)


def test_what_is_kept_never_loses_a_record_of_a_later_file(folder):
    folder.write("1.csv", "Report\n\nid,name,n\n1,a,2\n2,b,3\n3,c,4\nTotal,9\n")
    load = ("load", "*.csv", folder.target.url, "--table", "t", "--json")
    assert ingot(*load, cwd=folder.path).ok().counts["inserted"] == 3
    assert folder.target.value("select contract from ingot.contracts").startswith("from: { header: true, skip: 2, footer: Total }\ncolumns:\n")
    # Without a total nothing is missed; with another one the record is a reject.
    folder.write("2.csv", "Report\n\nid,name,n\n4,d,1\n5,e,1\n")
    folder.write("3.csv", "Report\n\nid,name,n\n6,f,1\nSum,1\n")
    done = ingot(*load, cwd=folder.path).ok()
    assert (done.counts["inserted"], done.counts["rejected"]) == (3, 1)
    # Without the title the header is missed: the file fails.
    folder.write("4.csv", "id,name,n\n7,g,1\n8,h,1\n9,i,1\n")
    done = ingot(*load, cwd=folder.path)
    done.failed("source_unreadable", "the header lacks columns")


def test_files_that_are_written_differently(folder):
    folder.write("1.csv", "Title\nid,name,n\n1,a,2\n2,b,3\n3,c,4\n")
    folder.write("2.csv", "id,name,n\n4,d,1\n5,e,1\n6,f,1\n")
    out = ingot("init", "*.csv", "--table", "t", cwd=folder.path)
    assert out.code != 0 or "2.csv seems to be written otherwise than 1.csv" in out.out, out.text()


def test_what_is_said_is_not_looked_for(folder):
    folder.write("a.csv", "Title\nid,name,n\n1,'a',2\n2,'b',3\n3,'c',4\nTotal,9\n")
    made, source, _ = folder.init("a.csv", "--from", "skip=1", "--from", "quote='", "--from", "skip_footer=1")
    assert source == {"skip": 1, "quote": "'", "skip_footer": 1}, made
    made, source, _ = folder.init("a.csv", "--from", "skip=0", "--from", "footer=x", "--from", 'quote="')
    assert "skip" not in source or source["skip"] == 0
    ingot("init", "a.csv", "--from", "skip", cwd=folder.path).failed("usage", '--from wants option=value, not "skip"')
    ingot("init", "a.csv", "--from", "path=b.csv", cwd=folder.path).failed("usage", '--from does not take this option: "path"')
    ingot("init", "a.csv", "--from", "skipp=1", cwd=folder.path).failed("invalid_pipeline", "skipp", "did you mean")
    saved = ingot("load", "a.csv", folder.target.url, "--table", "t", "--save", "s.yaml", cwd=folder.path).ok()
    assert "1 file known" in ingot("run", "s.yaml", cwd=folder.path).ok().out
    (folder.path / "s.yaml").unlink()
    ingot("load", "a.csv", folder.target.url, "--table", "t", "--save", "s.yaml", cwd=folder.path).ok()
    assert "skip: 1, footer: Total" in (folder.path / "s.yaml").read_text().replace('quote: "\'", ', "")
    assert "1 file known" in ingot("run", "s.yaml", cwd=folder.path).ok().out


def test_a_guess_that_the_rest_of_the_file_contradicts(folder):
    rows = [f"{i},'v{i}'" for i in range(20_000)] + ["7,it's", "8,'open"]
    folder.write("a.csv", "id,v\n" + "\n".join(rows) + "\n")
    made, source, _ = folder.init()
    assert source == {} and "nothing is guessed" in made and "quote:" in made, made
    assert folder.load("a.csv", "--json").ok().counts["inserted"] == 20_002
    rows = [f'{i},"v{i}' for i in range(20_000)] + ['7,"pair"']
    folder.write("b.csv", "id,v\n" + "\n".join(rows) + "\n")
    done = ingot("init", "b.csv", cwd=folder.path)
    assert done.code != 0 or "nothing is guessed" in done.out, done.text()


def write_csv(records, header, delimiter, quote, escape, chance):
    out = []
    for record in [header] + records:
        fields = []
        for text in record:
            special = any(c in text for c in (delimiter, quote, "\n", "\r")) or (escape and escape in text)
            if special or (text and chance.random() < 0.3):
                inner = text.replace(escape, escape * 2).replace(quote, escape + quote) if escape else text.replace(quote, quote * 2)
                text = quote + inner + quote
            fields.append(text)
        out.append(delimiter.join(fields))
    return out


@pytest.mark.parametrize("seed", range(60))
def test_files_of_known_dialects(folder, seed):
    """What is loaded is what was written, or what is not is among the rejects; certain shapes are loaded whole."""
    chance = random.Random(seed)
    delimiter, quote = chance.choice(",;\t|"), chance.choice("\"\"'")
    escape = "\\" if quote == '"' and chance.random() < 0.3 else None
    width = chance.randint(3, 6)
    words = ["anna", "bo b", "c" + delimiter + "d", "e" + quote + "f", "x\ny", "größe", "p-q", "z.1"]
    records = [[str(i)] + [chance.choice(words) for _ in range(width - 1)] for i in range(1, chance.randint(8, 400))]
    header = ["id"] + [f"name{i}" for i in range(1, width)]
    lines = write_csv(records, header, delimiter, quote, escape, chance)
    for place in sorted(chance.sample(range(1, len(lines)), chance.choice([0, 0, 2])), reverse=True):
        lines.insert(place, "# a note")
    before = chance.choice([[], [], ["Report of 2024"], ["Report", ""], ["Made by x", "on a day", ""]])
    after = chance.choice([[], [], ["Total" + delimiter + "5"], ["", "Total 5"]])
    end = chance.choice(["\n", "\r\n"])
    folder.write("a.csv", end.join(before + lines + after) + end)
    done = folder.load("a.csv", "--json")
    if done.code != 0:  # a quote that nobody could know of
        done.failed("source_unreadable")
        assert quote == "'" or escape, done.text()
        return
    made = folder.init()[0]
    expected = sorted(tuple(record) for record in records)
    loaded = sorted(folder.rows())
    if quote == '"' and not escape:
        assert done.counts["rejected"] == 0 and loaded == expected, made
    else:
        assert done.counts["inserted"] + done.counts["rejected"] >= len(records), made
        if done.counts["rejected"] == 0 and "quote" in made or "escape" in made:
            assert loaded == expected, made
