"""Runs one client and says what it cost."""
import dataclasses
import os
import signal
import subprocess
import tempfile
import threading
import time


class Unable(Exception):
    """A client cannot do what was asked of it; the text says why, for the footnote of its dash."""


@dataclasses.dataclass
class Run:
    text: str  # what it printed
    code: int
    cpu: float  # seconds, user + system, with the processes that it started and waited for
    memory: float  # MB at its peak, of the process itself


def status_mb(pid, key):
    """A size of the process now, 0 where it has ended. ru_maxrss is no use: it starts with what we had when we forked."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as f:
            return next((int(line.split()[1]) / 1024 for line in f if line.startswith(key)), 0.0)
    except OSError:
        return 0.0


def measure(argv, limit_seconds, env=None, watch=None):
    """Runs argv to its end, and ends it and its children after the limit. watch(pid) is called every 50 ms meanwhile."""
    memory = 0.0
    with tempfile.TemporaryFile() as out:
        try:
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                     env={**os.environ, **(env or {})}, start_new_session=True)
        except OSError as e:
            raise Unable(f"{argv[0]}: {e.strerror}") from e
        late = threading.Event()

        def end():
            late.set()
            os.killpg(child.pid, signal.SIGKILL)

        timer = threading.Timer(limit_seconds, end)
        timer.start()
        try:
            pid = 0
            while pid == 0:
                memory = max(memory, status_mb(child.pid, "VmHWM"))
                if watch:
                    watch(child.pid)
                time.sleep(0.05)
                pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        except BaseException:  # Ctrl-C: nothing of ours stays behind
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            raise
        finally:
            timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        if late.is_set():
            raise Unable(f"not at its end {limit_seconds:.0f} s after the start")
        out.seek(0)
        text = out.read().decode(errors="replace")
    return Run(text, child.returncode, usage.ru_utime + usage.ru_stime, memory)


class Threads:
    """A watch for measure(): what each thread of the client used, and the memory of all."""

    def __init__(self):
        self.cpu = {}  # thread: seconds
        self.writes = {}  # thread: (bytes, calls) of write() and pwrite()
        self.resident = 0.0  # MB, the most seen

    def __call__(self, pid):
        try:
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/stat", encoding="utf-8") as f:
                    fields = f.read().rpartition(")")[2].split()
                self.cpu[thread] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                with open(f"/proc/{pid}/task/{thread}/io", encoding="utf-8") as f:
                    io = dict(line.split(": ") for line in f.read().splitlines())
                self.writes[thread] = int(io["wchar"]), int(io["syscw"])
            self.resident = max(self.resident, status_mb(pid, "VmRSS"))
        except (OSError, ValueError):
            pass  # the thread, or the whole client, ended while we looked

    def writer(self):
        """The CPU seconds of the thread that writes the database: pages of some kB a call, where others write a few bytes."""
        if not self.writes:
            raise Unable("nothing was seen of its threads")
        return self.cpu[max(self.writes, key=lambda t: self.writes[t][0] / (self.writes[t][1] or 1))]


class Table:
    """A markdown table whose dashes point to footnotes."""

    def __init__(self, *columns):
        self.lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
        self.width = len(columns)
        self.notes = []

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
        return f"({self.notes.index(text) + 1})"

    def row(self, *cells):
        self.lines.append("| " + " | ".join(map(str, cells)) + " |")

    def dash(self, reason, *cells):
        """A row of dashes after the cells that name it."""
        mark = f"– {self.note(reason)}"
        self.row(*cells, mark, *["–"] * (self.width - len(cells) - 1))

    def __str__(self):
        notes = [f"({i}) {text}" for i, text in enumerate(self.notes, 1)]
        return "\n".join(self.lines + ([""] + ["<br>\n".join(notes)] if notes else [])) + "\n"
