"""Runs one command to its end and measures it."""
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

TIMEOUT_SECONDS = 900


@dataclass
class Measured:
    code: int
    out: str
    err: str
    wall: float  # seconds
    cpu: float  # seconds, of the process and the children it waited for; not of the server
    rss: int  # bytes: the largest of these processes


def run(command, environment, folder):
    """Output goes to files in `folder`, so that nobody has to read it while the clock runs.

    The peak of the resident memory is the kernel's own (wait4). It begins at the parent's peak, since the child is
    started from its memory: what is smaller than this program (some 30 MB) is not told apart.
    """
    paths = [os.path.join(folder, name) for name in ("out", "err")]
    with open(paths[0], "wb") as out, open(paths[1], "wb") as err:
        begin = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   start_new_session=True)
        killer = threading.Timer(TIMEOUT_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
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
    return Measured(process.returncode, *texts, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
