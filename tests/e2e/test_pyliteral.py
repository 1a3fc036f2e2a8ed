"""`format: pyliteral` against CPython: each line either loads exactly what ast.literal_eval gives, as JSON means it, or is a reject.

What CPython takes and Ingot rejects is listed in docs/decisions/pyliteral.md; `explained` knows no other reason.
"""
import ast
import json
import random
import re
import warnings

import pytest

from ingot_program import run
from targets import DuckDbTarget

LINES = 4000  # generated, and as many again that are damaged
PIPELINE = """
from: { path: in.txt, format: pyliteral }
columns: { n: { type: bigint, value: meta.line }, v: { type: json, from: $ } }
to: { table: t }
max_rejects: 100%
"""


class Generator:
    def __init__(self, seed):
        self.dice = random.Random(seed)

    def pick(self, *choices):
        choice = self.dice.choice(choices)
        return choice() if callable(choice) else choice

    def space(self):
        return self.pick("", "", "", " ", "  ", "\t", " \f ")

    def string(self):
        quote = self.pick("'", "'", '"', "'''", '"""')
        raw = self.dice.random() < 0.1
        parts = ["x", "word ", "é", "東京", "😀", "{", "}", "[,]", ":", "# ", "0123456789abcdef0", "\t", "\x7f", "\x01", "&amp;",
                 '"' if quote[0] == "'" else "'", "\\'", '\\"', "\\\\"]
        if not raw:
            parts += ["\\n", "\\x41", "\\xe9", "\\u00e9", "\\u2028", "\\U0001F600", "\\101", "\\0", "\\12", "\\777", "\\a", "\\v", "\\d", "\\/",
                      "\\ud83d\\ude00", "\\ud800", "\\é", "\\N{BULLET}", "\\x00"]
        weights = [8] * 17 + [3] * (len(parts) - 17)
        body = "".join(self.dice.choices(parts, weights, k=self.dice.randrange(8)))
        prefix = self.pick("r", "R") if raw else self.pick("", "", "", "", "u", "U") if self.dice.random() < 0.98 else self.pick("b", "f", "br")
        return prefix + quote + body + quote

    def strings(self):
        return self.string() if self.dice.random() < 0.93 else self.string() + self.space() + self.string()

    def number(self):
        sign = self.pick("", "", "", "-", "+", "- ")
        return sign + self.pick("0", "00", "0_0", "7", "12", "1_000", "12345678901234567890123", "0x1F", "0Xff_ff", "0o17", "0b101", "0x_1", "1.5", ".5", "1.",
                                "1e3", "1E+2", "1.e-5", "012.50", "00e1", "1_0.0_1e1_0", "0.1", "0.0", "1e400", "1e-400", "3j", "1.5J", "1 + 2j", "5e-324",
                                "0x" + "f" * 32, "0x1" + "0" * 32, "99999999999999999999.25")

    def key(self):
        return self.strings() if self.dice.random() < 0.9 else self.pick(self.number, "None", "True", "(1, 2)", "('a')", "1", "-5")

    def value(self, depth=0):
        if depth > 4 or self.dice.random() < 0.4:
            return self.pick(self.strings, self.strings, self.strings, self.number, self.number, "None", "True", "False", "()", "[]", "{}",
                             *(["set()", "...", "{1, 2}", "nan", "true", "-True", "(1)", "-(1)"] if self.dice.random() < 0.05 else []))
        space, comma = self.space, lambda: self.space() + "," + self.space()
        kind = self.pick("dict", "dict", "list", "tuple", "parentheses") if self.dice.random() < 0.9 else "list"
        if kind == "parentheses":
            return "(" + space() + self.value(depth + 1) + space() + ")"
        if kind == "dict":
            items = [self.key() + space() + ":" + space() + self.value(depth + 1) for _ in range(self.dice.randrange(4))]
        else:
            items = [self.value(depth + 1) for _ in range(self.dice.randrange(4))]
        text = comma().join(items) + (comma() if items and self.dice.random() < 0.2 else "")
        if kind == "tuple" and len(items) == 1 and not text.rstrip().endswith(","):
            text += ","
        first, last = {"dict": "{}", "list": "[]", "tuple": "()"}[kind]
        return first + space() + text + space() + last

    def line(self):
        text = self.value()
        if self.dice.random() < 0.03:
            text += self.pick(",", ", 1", "  # a comment", " 'x'", ";")
        return text

    def damaged(self):
        text = list(self.line())
        for _ in range(self.dice.randrange(1, 3)):
            at = self.dice.randrange(len(text) + 1)
            what = self.pick("'", '"', "\\", "{", "}", "[", "]", "(", ")", ",", ":", "0", "1", "_", ".", "e", "x", "-", "+", "u", "r", "b", "#", " ", "N", "j", "\r", "\xa0")
            if self.dice.random() < 0.4 and at < len(text):
                del text[at]
            elif self.dice.random() < 0.5 and at < len(text):
                text[at] = what
            else:
                text.insert(at, what)
        return "".join(text)


def beyond_json(tree):
    """The codes of what JSON cannot express: in the literal, because a dict's value hides what a repeated key had before."""
    codes = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            codes |= {"no_json_value", "bad_literal"}  # set(), and (set)(), which nothing prints
        if isinstance(node, ast.Set) or isinstance(node, ast.Constant) and type(node.value) in (bytes, complex, type(...)):
            codes.add("no_json_value")
        if isinstance(node, ast.Dict):
            keys = [key.operand if isinstance(key, ast.UnaryOp) else key for key in node.keys]
            if not all(isinstance(key, ast.Constant) and type(key.value) in (str, int) for key in keys):
                codes.add("no_json_value")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and characters(node.value) is None:
            codes.add("lone_surrogate")
    return codes


def characters(text):
    """Pairs of surrogates are characters; None where one is alone."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def as_json(value):
    """What a literal's value means in JSON: tuples are arrays, integer keys are texts."""
    if isinstance(value, str):
        return characters(value)
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {as_json(str(key)): as_json(item) for key, item in value.items()}
    return value


def explained(line):
    """Of a line that CPython takes and that JSON can express: the codes with which Ingot may reject it all the same."""
    codes = set()
    if "\\N{" in line or "\r" in line or re.search(r"(?i)0x[0-9a-f_]{33}", line) or re.search(r"[-+]\s*\(", line):
        codes.add("bad_literal")
    if re.search(r"\)\s*:", line):  # a key in parentheses
        codes.add("no_json_value")
    return codes


def same(mine, theirs):
    if isinstance(theirs, float):
        return isinstance(mine, Digits) and float(mine.text) == theirs
    if isinstance(theirs, list):
        return isinstance(mine, list) and len(mine) == len(theirs) and all(map(same, mine, theirs))
    if isinstance(theirs, dict):
        return isinstance(mine, dict) and mine.keys() == theirs.keys() and all(same(mine[key], theirs[key]) for key in mine)
    return type(mine) is type(theirs) and mine == theirs


class Digits:
    def __init__(self, text):
        self.text = text


def load(tmp_path, lines):
    (tmp_path / "p.yaml").write_text(PIPELINE)
    (tmp_path / "in.txt").write_bytes("\n".join(lines).encode())
    target = DuckDbTarget(tmp_path / "t.duckdb")
    run(tmp_path / "p.yaml", target).ok()
    rows = dict(target.query("select n, v from t"))
    rejects = {line: (code, column) for line, code, column in target.query('select line, code, "column" from ingot.rejects')}
    assert not rows.keys() & rejects.keys()
    return rows, rejects


@pytest.mark.parametrize("seed", range(2))
def test_each_line_is_what_literal_eval_gives_or_a_reject(tmp_path, seed):
    generator = Generator(seed)
    lines = [generator.line() for _ in range(LINES)] + [generator.damaged() for _ in range(LINES)]
    lines = [line for line in lines if line.strip(" \t\r") and line[0] not in "\f\r" and not line.rstrip(" \t").endswith("\r")]
    rows, rejects = load(tmp_path, lines)
    assert len(rows) + len(rejects) == len(lines)
    taken = 0
    warnings.simplefilter("ignore")
    for number, line in enumerate(lines, 1):
        try:
            value = ast.literal_eval(line.strip(" \t"))
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            assert number in rejects, (line, rows[number])
            continue
        codes = beyond_json(ast.parse(line.strip(" \t"), mode="eval"))
        if codes or number in rejects:
            assert number in rejects and rejects[number][0] in codes | explained(line), (line, codes, rejects.get(number))
            continue
        taken += 1
        mine = json.loads(rows[number], parse_float=Digits) if rows[number] is not None else None
        if not same(mine, as_json(value)):
            # To Python 1 and '1' are two keys; in JSON the last one counts, as it does among keys that are equal to Python.
            assert len(set(re.findall(r"\d+", line))) < len(re.findall(r"\d+", line)) and "'1'" in line, (line, rows[number])
    assert taken > LINES / 2


def test_the_shapes_of_metadata_dumps(tmp_path):
    lines = [
        "{'asin': '0001048791', 'salesRank': {'Books': 6334800}, 'imUrl': 'http://x/I.jpg', 'categories': [['Books']], 'title': 'The Crucible: Performed'}",
        "{'asin': '000143020X', 'price': 7.99, 'title': \"Don't Drink\", 'description': 'A \"quoted\" text, it\\'s both', 'related': {'also_bought': ['a', 'b']}}",
        "{u'asin': u'000', u'title': u'caf\\xe9', 'brand': None, 'ok': True}",
    ]
    rows, rejects = load(tmp_path, lines)
    assert not rejects
    for number, line in enumerate(lines, 1):
        assert json.loads(rows[number]) == ast.literal_eval(line)
        # Canonical: no white space, characters as they are.
        assert rows[number] == json.dumps(ast.literal_eval(line), separators=(",", ":"), ensure_ascii=False)
