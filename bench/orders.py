#!/usr/bin/python3
"""Makes the files of the contest `children`: the same rows nested, and prepared as two files.

    orders.py FOLDER [SCALE]

Always the same bytes for the same SCALE. In FOLDER:
    orders.ndjson        500,000 records of id, customer, city and lines, an array of 2 to 10 objects of sku, quantity, price
    parents.ndjson       the same records without lines
    lines.ndjson         a record for each line, with the order's id and the line's place: 3,000,000
    expected.json        rows and checksums as in data.py
"""
import json
import random
import shutil
import sys
from pathlib import Path

from data import ROWS, Checksum, person, sku_of

VERSION = 1


def make(folder, scale):
    folder = Path(folder)
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    dice = random.Random(16)
    skus = [sku_of(dice, number) for number in range(5000)]
    orders, lines = Checksum(), Checksum()
    with open(unfinished / "orders.ndjson", "w") as nested, open(unfinished / "parents.ndjson", "w") as parents, \
            open(unfinished / "lines.ndjson", "w") as children:
        for number in range(max(1, round(ROWS * scale))):
            record = {"id": number, "customer": person(dice), "city": dice.choice(["Zürich", "Bern", "Genève", "Chur"])}
            parents.write(json.dumps(record) + "\n")
            orders.add(str(number), record["customer"], record["city"])
            record["lines"] = []
            for place in range(dice.randint(2, 10)):
                line = {"sku": dice.choice(skus), "quantity": dice.randint(1, 20), "price": dice.randint(100, 99999) / 100}
                record["lines"].append(line)
                children.write(json.dumps({"order_id": number, "place": place, **line}) + "\n")
                lines.add(str(number), line["sku"], str(place), str(line["quantity"]), f"{line['price']:.2f}")
            nested.write(json.dumps(record) + "\n")
    expected = {"orders": orders.expected(), "order_lines": lines.expected()}
    (unfinished / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    unfinished.rename(folder)


if __name__ == "__main__":
    make(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)
