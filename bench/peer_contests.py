"""The jobs that the peers do as well: ingot and each of them, on the same data and the same server."""
import dataclasses

from contests import Contests
from databases import TABLES

INPUTS = {"products": "products.csv", "reviews": "reviews.json.gz", "media": "media"}
JOBS = tuple(INPUTS)


class PeerContests(Contests):
    """The contests of `make bench` with the peers as ingot's opponents."""

    def __init__(self, *place, peers, patience, **more):
        super().__init__(*place, **more)
        self.peers, self.patience = peers, patience

    def against_peers(self, job):
        base = {"products": self.products_empty, "reviews": self.reviews_postgres, "media": self.media}[job]()
        ingot = dataclasses.replace(base.sides[0], tree=True)
        sides = [ingot, *self.peer_sides(job, self.data / INPUTS[job])]
        return dataclasses.replace(base, name=job, sides=sides, patience=self.patience, rss_bar=None)

    def peer_sides(self, job, data):
        return [peer.side(job, data, self.postgres) for peer in self.peers if job not in peer.cannot]

    def bad(self):
        """Ingot and each peer: products of which three rows are broken."""
        file = self.data / "bad.csv"
        return [self.run_ingot("products_postgres.yaml", self.postgres, more=("--set", f"from={file}")),
                *self.peer_sides("products", file)]

    def twice(self):
        """Ingot and each peer: some reviews, to be loaded two times."""
        file = self.data / "few.json.gz"
        return [self.run_ingot("reviews.yaml", self.postgres, file.name), *self.peer_sides("reviews", file)]

    def fresh_for_bad(self):
        """The empty table, and the good rows beside it to compare with."""
        self.postgres.fresh(TABLES["products"] + "; create table good (name text, sku text primary key, description text)")
        self.postgres.copy("good", self.data / "good.csv")

    def fresh_for_twice(self):
        self.postgres.fresh(TABLES["reviews"])
