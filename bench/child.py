"""Runs one command to its end and measures it."""
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

TIMEOUT_SECONDS = 900
SAMPLE_SECONDS = 0.05


@dataclass
class Measured:
    code: int
    out: str
    err: str
    wall: float  # seconds
    cpu: float  # seconds, of the process and the children it waited for; not of the server
    rss: int  # bytes: the largest of these processes; with `tree` all of them together


class Watch(threading.Thread):
    """Samples /proc for all processes of one session: a JVM or a pool of workers, which wait4 does not add up.

    Memory that processes share (after a fork) counts once for each.
    """

    def __init__(self, session):
        super().__init__(daemon=True)
        self.session, self.rss, self.ticks, self.over = session, 0, {}, threading.Event()

    def run(self):
        while not self.over.wait(SAMPLE_SECONDS):
            self.look()

    def look(self):
        self.rss = max(self.rss, sum(self.sample(pid) for pid in os.listdir("/proc") if pid.isdigit()))

    def sample(self, pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()  # see proc(5): behind the name, from "state" on
        except (OSError, IndexError):  # it has just ended
            return 0
        if int(fields[3]) != self.session:
            return 0
        self.ticks[pid] = int(fields[11]) + int(fields[12])
        return int(fields[21]) * os.sysconf("SC_PAGE_SIZE")

    def end(self):
        self.over.set()
        self.join()
        return self.rss, sum(self.ticks.values()) / os.sysconf("SC_CLK_TCK")


def run(command, environment, folder, tree=False, timeout=TIMEOUT_SECONDS):
    """Output goes to files in `folder`, so that nobody has to read it while the clock runs.

    The peak of the resident memory is the kernel's own (wait4). It begins at the parent's peak, since the child is
    started from its memory: what is smaller than this program (some 30 MB) is not told apart. `tree` samples all
    processes of the command as well, and takes what is more.
    """
    paths = [os.path.join(folder, name) for name in ("out", "err")]
    with open(paths[0], "wb") as out, open(paths[1], "wb") as err:
        begin = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   start_new_session=True)
        watch = Watch(process.pid) if tree else None
        if watch:
            watch.start()
        killer = threading.Timer(timeout, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # an interruption
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            wall = time.monotonic() - begin
            killer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    texts = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            texts.append(file.read())
    rss, cpu = watch.end() if watch else (0, 0)
    return Measured(process.returncode, *texts, wall, max(cpu, usage.ru_utime + usage.ru_stime),
                    max(rss, usage.ru_maxrss * 1024))
