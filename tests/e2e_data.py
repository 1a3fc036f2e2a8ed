"""Input that several tests share."""
import random


def write_large(folder, files=4, rows=15_000, filler=lambda dice: "x" * 40):
    """Files that take a while: repeated keys within and across them, a reject in every 5,000 records. `filler` makes
    the rest of each text, from a random.Random."""
    dice = random.Random(3)
    for f in range(files):
        with open(folder / f"{f}.csv", "w") as out:
            out.write("id,t,n\n")
            for i in range(rows):
                bad = i % 5000 == 77
                out.write(f"{dice.randrange(rows * 2)},text {f} {i} {filler(dice)},{'bad' if bad else i}\n")
