#!/usr/bin/python3
"""Makes the files that the benchmark loads, and what every loader must make of them.

    data.py FOLDER [SCALE]

Always the same bytes for the same SCALE. In FOLDER:
    products.csv       500,000 rows of name, sku, description; one in ten repeats an earlier sku (the last row wins);
                       quotes, commas and line breaks inside of fields
    changed/products.csv   the same, but for the description of one row in a hundred
    latin/*.csv        products.csv without what Latin-1 lacks, in UTF-8, Latin-1 and UTF-16
    others.csv         500,000 rows with skus of their own, between those of products.csv: what is in a table beforehand
    reviews.json.gz    500,000 NDJSON records of the shape of the Amazon reviews; every other one is escaped to ASCII
    reviews.json       the same, plain
    reviews.csv        the same rows as CSV: for the limit of what a COPY takes without any decoding of JSON
    media/NNNNN.json   20,000 files of 1 to 5 songs, movies and apps; even ones are an array, odd ones NDJSON
    few.json.gz        the first 10,000 of the reviews: for what a second run of the same does
    bad.csv            10,000 rows like products.csv, all skus differ; one has two fields too many, one bytes that are not
                       UTF-8, one a NUL
    good.csv           the 9,997 good ones of them
    expected.json      rows and checksums, computed from the values before they are written

Checksum of a table: the sum over its rows of the first 60 bits of the MD5 of the fields as text, joined by U+001F, NULL
being U+001E. The order of rows does not matter; a row lost, doubled or changed does.
"""
import csv
import gzip
import hashlib
import io
import itertools
import json
import random
import shutil
import sys
from pathlib import Path

VERSION = 4  # of what is made: part of the folder's name, so that a change makes new files

ROWS, FILES = 500_000, 20_000
FEW, BAD_ROWS = 10_000, 10_000  # whatever the scale
FIRST = """Ada Aïcha Björn Carlos Dmitri Éloïse Fatima Grace Hans Ingrid João Keiko Liam María Nils Olga Priya Quentin
Rosa Søren Tomasz Ülkü Vikram Wen Xiomara Yusuf Zoë 美咲 Ólafur Siobhán""".split()
LAST = """Abe Brown Chen Díaz Evans Fischer García Hughes Ito Jensen Khan Larsen Müller Nowak O'Brien Patel Quinn Rossi
Smith Takács Ueda Vargas White Xu Young Zhang D'Angelo Ångström Nguyễn Öztürk""".split()
WORDS = """a about after again all and answer any are as at battery be because best bought box broken but button by cable
camera case charge cheap colour could day desk device did drop easy enough even every family few fine first fits for
found from garden gift glass good great had half hand has heavy her his hold hour house in is it just keep kitchen large
last less light like little long machine many metal money month more morning much never new next nice night no not of
off on once one only open or other our paper perfect plastic power price quick quiet repair return right room same
screen sent seven size small sound still strap such than that the then they thing this three time to today too travel
two under until use value very water way week well when which while wire with work would year yet your café naïve größe
façade smörgås 東京 製品 😀""".split()
PLAIN_WORDS = [word for word in WORDS if word.isascii()]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


class Checksum:
    def __init__(self):
        self.rows = self.sum = 0

    def add(self, *fields):
        text = "\x1f".join("\x1e" if field is None else field for field in fields)
        self.rows += 1
        self.sum += int(hashlib.md5(text.encode()).hexdigest()[:15], 16)

    def expected(self, **more):
        return {"rows": self.rows, "sum": str(self.sum), **more}


def text_of(dice, words):
    return dice.choices(WORDS, k=words)


def person(dice):
    return f"{dice.choice(FIRST)} {dice.choice(LAST)}"


def description(dice):
    words = text_of(dice, dice.randint(4, 55))
    trap, at = dice.random(), dice.randrange(len(words))
    if trap < 0.08:
        words[at] += ","
    elif trap < 0.14:
        words[at] += ",\n" if trap < 0.11 else "\n"
    elif trap < 0.22:
        words[at] = f'"{words[at]}"'
    return " ".join(words)


def names_of(dice):
    """Few names for many rows; one in a hundred is long."""
    names = [person(dice) for _ in range(4000)]
    for i in range(0, len(names), 100):
        names[i] = " ".join(person(dice) for _ in range(40))[: dice.randint(200, 420)].strip()
    return names


def sku_of(dice, number):
    return f"{dice.choice(PLAIN_WORDS)}-{dice.choice(PLAIN_WORDS)}-{number:07d}"


def make_products(folder, count, expected):
    dice = random.Random(11)
    names, skus, last, changed = names_of(dice), [], {}, {}
    (folder / "changed").mkdir()
    with open(folder / "products.csv", "w", encoding="utf-8", newline="") as file, \
            open(folder / "changed" / "products.csv", "w", encoding="utf-8", newline="") as changed_file:
        writer = csv.writer(file, lineterminator="\n")
        changed_writer = csv.writer(changed_file, lineterminator="\n")
        for each in (writer, changed_writer):
            each.writerow(("name", "sku", "description"))
        for number in range(count):
            if skus and dice.random() < 0.1:  # half of the repetitions are near
                sku = skus[-dice.randint(1, min(500, len(skus)))] if dice.random() < 0.5 else dice.choice(skus)
            else:
                sku = sku_of(dice, len(skus) * 2)
                skus.append(sku)
            row = (dice.choice(names), sku, description(dice))
            writer.writerow(row)
            expected["products_all"].add(*row)
            last[sku] = row
            if number % 100 == 50:
                row = (row[0], sku, row[2] + " (new)")
            changed_writer.writerow(row)
            changed[sku] = row
    for row in last.values():
        expected["products"].add(*row)
    for row in changed.values():
        expected["products_changed"].add(*row)


def make_latin(folder, expected):
    """The rows of products.csv, in several encodings."""
    (folder / "latin").mkdir()
    text = (folder / "products.csv").read_bytes().decode().encode("latin-1", "replace").decode("latin-1")
    for encoding in ("utf-8", "latin-1", "utf-16"):
        (folder / "latin" / f"{encoding}.csv").write_bytes(text.encode(encoding))
    for row in itertools.islice(csv.reader(io.StringIO(text, newline="")), 1, None):
        expected["latin"].add(*row)


def make_others(folder, count, expected):
    dice = random.Random(12)
    names = names_of(dice)
    with open(folder / "others.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "sku", "description"))
        for i in range(count):
            row = (dice.choice(names), sku_of(dice, i * 2 + 1), description(dice))
            writer.writerow(row)
            expected["others"].add(*row)


def review(dice, asins):
    time, votes = 1_000_000_000 + dice.randrange(400_000_000), dice.randrange(40)
    text = " ".join(text_of(dice, dice.randint(18, 144)))
    if dice.random() < 0.15:
        text += ' She said "no" \\ \n\tand left.'
    record = {
        "reviewerID": "A" + "".join(dice.choices(LETTERS, k=13)),
        "asin": dice.choice(asins),
        "reviewerName": person(dice),
        "helpful": [dice.randint(0, votes), votes],
        "reviewText": text,
        "overall": float(dice.randint(1, 5)),
        "summary": " ".join(text_of(dice, 6)),
        "unixReviewTime": time,
        "reviewTime": f"{dice.randint(1, 12):02d} {dice.randint(1, 28)}, {2001 + (time - 1_000_000_000) // 31_557_600}",
    }
    if dice.random() < 0.02:
        del record["reviewerName"]
    return record


def review_fields(record, comma):
    helpful = "[" + comma.join(str(votes) for votes in record["helpful"]) + "]"
    return (record["reviewerID"], record["asin"], record.get("reviewerName"), helpful, record["reviewText"],
            f"{record['overall']:.1f}", record["summary"], str(record["unixReviewTime"]), record["reviewTime"])


def make_reviews(folder, count, expected):
    dice = random.Random(13)
    asins = ["B00" + "".join(dice.choices(LETTERS, k=7)) for _ in range(max(10, count // 16))]
    with gzip.GzipFile(folder / "reviews.json.gz", "wb", compresslevel=6, mtime=0) as packed, \
            open(folder / "reviews.json", "wb") as plain, \
            open(folder / "reviews.csv", "w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table, lineterminator="\n")
        for i in range(count):
            record = review(dice, asins)
            line = json.dumps(record, ensure_ascii=i % 2 == 1).encode() + b"\n"
            packed.write(line)
            plain.write(line)
            writer.writerow(review_fields(record, ", "))
            expected["reviews"].add(*review_fields(record, ","))


def make_few(folder, expected):
    """The head of the reviews, with rows and checksum of its own."""
    with gzip.open(folder / "reviews.json.gz", "rb") as reviews, \
            gzip.GzipFile(folder / "few.json.gz", "wb", mtime=0) as few:
        for _, line in zip(range(FEW), reviews):
            record = json.loads(line)
            few.write(line)
            expected["few"].add(*review_fields(record, ","))


def make_bad(folder):
    dice = random.Random(15)
    bad = {BAD_ROWS // 4: b",one field,and another", BAD_ROWS // 2: b" \xff\xfe", BAD_ROWS * 3 // 4: b" \x00"}
    with open(folder / "bad.csv", "wb") as all_rows, open(folder / "good.csv", "wb") as good_rows:
        for file in (all_rows, good_rows):
            file.write(b"name,sku,description\n")
        for number in range(BAD_ROWS):
            line = io.StringIO()
            text = "unquoted" if number in bad else description(dice)
            csv.writer(line, lineterminator="\n").writerow((person(dice), f"bad-{number:05d}", text))
            all_rows.write(line.getvalue().encode()[:-1] + bad.get(number, b"") + b"\n")
            if number not in bad:
                good_rows.write(line.getvalue().encode())


MEDIA = {  # table: its own two columns, each with how its value is made
    "songs": (("artist", person), ("seconds", lambda dice: dice.randint(60, 600))),
    "movies": (("director", person), ("year", lambda dice: dice.randint(1930, 2024))),
    "apps": (("vendor", lambda dice: f'{dice.choice(LAST)} Inc, "{dice.choice(LAST)}"'),
             ("size_kb", lambda dice: dice.randint(1, 10**6))),
}


def make_media(folder, count, expected):
    dice = random.Random(14)
    (folder / "media").mkdir()
    number = 0
    for i in range(count):
        records = []
        for _ in range(dice.randint(1, 5)):
            number += 1
            table = dice.choice(list(MEDIA))
            record = {"type": table[:-1], "id": number, "title": " ".join(text_of(dice, dice.randint(1, 7)))}
            record.update((name, make(dice)) for name, make in MEDIA[table])
            expected[table].add(*(str(value) for name, value in record.items() if name != "type"))
            records.append(record)
        text = json.dumps(records) if i % 2 == 0 else "".join(json.dumps(record) + "\n" for record in records)
        (folder / "media" / f"{i:05d}.json").write_text(text, encoding="utf-8")


def make(folder, scale):
    folder = Path(folder)
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    rows, files = max(1, round(ROWS * scale)), max(1, round(FILES * scale))
    expected = {name: Checksum() for name in ("products_all", "latin", "products", "products_changed", "others", "reviews", "few",
                                                *MEDIA)}
    make_products(unfinished, rows, expected)
    make_latin(unfinished, expected)
    make_others(unfinished, rows, expected)
    make_reviews(unfinished, rows, expected)
    make_few(unfinished, expected)
    make_media(unfinished, files, expected)
    make_bad(unfinished)
    result = {name: checksum.expected() for name, checksum in expected.items()}
    result |= {"files": files, "good": BAD_ROWS - 3}
    result["bytes"] = {path.name: path.stat().st_size for path in sorted(unfinished.iterdir()) if path.is_file()}
    (unfinished / "expected.json").write_text(json.dumps(result, indent=1) + "\n")
    unfinished.rename(folder)


if __name__ == "__main__":
    make(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)
