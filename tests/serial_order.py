"""Is what concurrent transactions left explained by some order in which they ran one after the other?

A history is: what a table held before, the transactions of each session in their order (each with what it read and what it
wrote), and what the table holds in the end. It is serialisable if the sessions can be merged into one sequence in which every
transaction reads what it did read, and which ends with the table as it is. The search is exact: it finds such a sequence, or
there is none; it is quick where transactions read what they overwrite, since then few of them fit at any moment.

A table is a dictionary from key to value, what is not there is None. Reasoned as in Elle (Kingsbury and Alvaro, VLDB 2020), decided by
search: the histories are small, and the loads read and write all of their keys at once.
"""
from dataclasses import dataclass, field


@dataclass
class Write:
    """A transaction of the other writer: of each key what it read under a lock, and what it left there."""
    name: str
    seen: dict = field(default_factory=dict)
    left: dict = field(default_factory=dict)

    def apply(self, table):
        """What it changes in the table, or None where it would not read what it did."""
        if any(table.get(key) != value for key, value in self.seen.items()):
            return None
        return self.left


@dataclass
class Load:
    """A transaction of the program: its records, and what it said it did with them."""
    name: str
    effect: callable  # of a table: (what it changes, counts)
    counts: object

    def apply(self, table):
        changes, counts = self.effect(table)
        return changes if counts == self.counts else None


class Undecided(Exception):
    """The search was given up."""


def explain(before, sessions, after, most=2_000_000):
    """Names of the transactions in an order that explains the history, or None where there is none."""
    table = {key: value for key, value in before.items() if value is not None}
    after = {key: value for key, value in after.items() if value is not None}
    at, order, undo, failed, steps = [0] * len(sessions), [], [], set(), 0
    choices = [iter(range(len(sessions)))]
    while choices:
        if len(order) == sum(map(len, sessions)) and table == after:
            return order
        for session in choices[-1]:
            if at[session] == len(sessions[session]):
                continue
            transaction = sessions[session][at[session]]
            changes = transaction.apply(table)
            if changes is None:
                continue
            undo.append((session, {key: table.get(key) for key in changes}))
            put(table, changes)
            at[session] += 1
            order.append(transaction.name)
            steps += 1
            if steps > most:
                raise Undecided(f"{steps} steps")
            if (tuple(at), frozenset(table.items())) not in failed:
                choices.append(iter(range(len(sessions))))
                break
            take_back(table, at, order, undo)
        else:
            failed.add((tuple(at), frozenset(table.items())))
            choices.pop()
            if choices:
                take_back(table, at, order, undo)
    return None


def put(table, changes):
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def take_back(table, at, order, undo):
    session, changes = undo.pop()
    put(table, changes)
    at[session] -= 1
    order.pop()


def load_effect(mode, units, keep="last"):
    """What a load in one transaction does: `units` are lists of (key, value) in order, value None where the record deletes; of those
    of one key the last counts, or the first. Values of a table are rows; with scd2 they are pairs of the current row (or None) and
    the closed ones."""

    def effect(table):
        counts = [dict.fromkeys(("inserted", "updated", "unchanged", "duplicate"), 0) for _ in units]
        winners = {}
        for number, records in enumerate(units):
            for key, value in records:
                if key in winners:
                    counts[winners[key][0] if keep == "last" else number]["duplicate"] += 1
                if key not in winners or keep == "last":
                    winners[key] = (number, value)
        changes = {}
        for key, (number, value) in winners.items():
            held = table.get(key)
            row, closed = held if mode == "scd2" and held else (held, ())
            if row is None:
                outcome = "unchanged" if value is None else "inserted"
            elif mode == "insert_new":
                outcome = "duplicate"
            else:
                outcome = "unchanged" if row == value else "updated"
            counts[number][outcome] += 1
            if outcome not in ("inserted", "updated"):
                continue
            if mode == "scd2":
                changes[key] = (value, tuple(sorted((*closed, row))) if row is not None else closed)
            else:
                changes[key] = value
        return changes, counts

    return effect
