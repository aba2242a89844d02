#!/usr/bin/env python3
"""agent.py COLDSWARM WAY [N]: controls N parts (2) of the run of s.json over sockets, in one of the ways below, and checks what they say.

The parts write p0.db and on; what part I says on stderr is in errI, its lines on the socket in saidI, its exit code in codeI.
If a busy machine comes too late for the start, all begins again, with more time.
Further arguments of `run` come from the environment variable PART_OPTIONS. With WHOLE_RUN, each is a run of its own.
"""

import glob
import os
import shlex
import socket
import subprocess
import sys
import time

TRACE = "00000000deadbeef"
SECOND = 1_000_000_000
LEADS = [2 * SECOND, 8 * SECOND, 30 * SECOND]


class TooLate(Exception):
    """A part was not there when the load was to start."""


class Part:
    def __init__(self, coldswarm, index, count):
        self.index = index
        part = [] if "WHOLE_RUN" in os.environ else ["--shard", f"{index}/{count}"]
        ours, theirs = socket.socketpair()
        self.err = open(f"err{index}", "wb")
        self.process = subprocess.Popen(
            [coldswarm, "run", "s.json", "--seed", "7", *part, "--control", f"{theirs.fileno()}:{TRACE}",
             "-o", f"p{index}.db", "--quiet", *shlex.split(os.environ.get("PART_OPTIONS", ""))],
            pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL, stderr=self.err)
        theirs.close()
        ours.settimeout(60)
        self.socket, self.lines, self.said, self.started = ours, ours.makefile("rb"), [], False

    def say(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def hear(self):
        line = self.lines.readline().decode().rstrip("\n")
        if line:
            self.said.append(line)
        return line

    def until(self, word):
        """The lines up to one that begins with the word."""
        while True:
            line = self.hear()
            if not line:
                self.check_in_time()
            assert line or self.lines.peek(1), f"part {self.index} ended before it said {word}: {self.said[-3:]}, {self.errors()}"
            if line.split(" ")[0] == word:
                return line

    def check_in_time(self):
        if self.started and "the load was to start" in self.errors():
            raise TooLate

    def errors(self):
        return open(f"err{self.index}").read()

    def end(self):
        try:
            while self.lines.peek(1):
                self.hear()
        except ConnectionResetError:  # it ended before it had read all that was sent
            pass
        self.socket.close()
        code = self.process.wait(60)
        self.check_in_time()
        with open(f"said{self.index}", "w") as f:
            f.write("\n".join(self.said) + "\n")
        with open(f"code{self.index}", "w") as f:
            f.write(f"{code}\n")
        return code


def go_line(ahead_ns):
    real = (time.time_ns() + ahead_ns) // 1_000_000 * 1_000_000
    return f"go {time.clock_gettime_ns(time.CLOCK_MONOTONIC) + ahead_ns} {real}"


def go(parts, ahead_ns=None):
    line = go_line(ahead_ns or LEADS[0])
    for part in parts:
        part.say(line)
        part.started = True
    for part in parts:
        part.until("going")


def begin(parts):
    for part in parts:
        assert part.until("ready") == "ready"
    go(parts)


def end(parts):
    for part in parts:
        part.end()


def way_go(parts):
    """To the end."""
    begin(parts)
    end(parts)


def way_rows(parts):
    """As for a page: reports have each endpoint. To the end."""
    for part in parts:
        assert part.until("ready") == "ready"
        part.say("rows")
        part.until("about")
    go(parts)
    end(parts)


def way_asked(parts):
    way_stop(parts, "stop asked the page: no new requests")


def way_stop(parts, why="stop part 9 is on fire"):
    """Once each has sent something."""
    begin(parts)
    for part in parts:
        while int(part.until("report").split()[3]) == 0:
            pass
    for part in parts:
        part.say(why)
    end(parts)


def way_kill(parts):
    """The first is killed once it has sent something, the others run to the end."""
    begin(parts)
    while int(parts[0].until("report").split()[3]) == 0:
        pass
    parts[0].process.kill()
    end(parts)


def way_put_off(parts):
    """A second start, while all still wait for the first. What it is goes into the file `start`."""
    for part in parts:
        assert part.until("ready") == "ready"
    go(parts, LEADS[0] + 3 * SECOND)
    line = go_line(LEADS[0] + 4 * SECOND)
    for part in parts:
        part.say(line)
    for part in parts:
        part.until("going")
    with open("start", "w") as f:
        f.write(f"{int(line.split()[2]) // 1000}\n")
    end(parts)


def way_put_off_late(parts):
    way_stop(parts, go_line(10 * SECOND))


def way_threshold(parts):
    way_stop(parts, "stop threshold 1.5 http_reqs rate>1000")


def way_signal(parts):
    way_stop(parts, "stop signal 15")


def way_change(parts):
    """Says the lines of the file `changes`, each after the answer to the one before; "await N" waits for a report of N users. Then ends the run.
    What it answers is in answersI."""
    begin(parts)
    for part in parts:
        part.until("report")
        answers = []
        for line in open("changes").read().splitlines():
            if line.startswith("await "):
                while part.until("report").split()[2] != line[6:]:
                    pass
                continue
            part.say(line)
            answer = part.hear()
            while answer.split(" ")[0] not in ("changes", "refused"):
                answer = part.hear()
            answers.append(answer)
        with open(f"answers{part.index}", "w") as f:
            f.write("\n".join(answers) + "\n")
        part.say("stop enough")
    end(parts)


def way_nonsense(parts):
    way_stop(parts, "faster \x1b[2J please")


def way_leave(parts):
    begin(parts)
    for part in parts:
        while int(part.until("report").split()[3]) == 0:
            pass
        part.socket.shutdown(socket.SHUT_WR)
    end(parts)


def way_nonsense_before(parts):
    for part, line in zip(parts, ("hello", "go 1", "value x", "value x 9999999999", "go 1 2 3", "x" * 200_000)):
        part.until("ready")
        part.say(line)
    end(parts)


def way_stop_before(parts):
    """Two before the start is known, the others before it comes."""
    for part in parts:
        part.until("ready")
    go(parts[2:], LEADS[-1])
    parts[1].socket.shutdown(socket.SHUT_WR)
    for part in parts[:1] + parts[2:]:
        part.say("stop host h7 has no such file")
    end(parts)


def way_late(parts):
    for part in parts:
        part.until("ready")
        part.say(go_line(-SECOND))
    end(parts)


def way_values(parts):
    """The setup of part 0 captures; the others get the values. The teardown waits for them."""
    # What the server has seen is of this try.
    log = os.environ["SERVER_LOG"]
    open(log, "w").close()
    first, others = parts[0], parts[1:]
    assert first.until("ready") == "ready setup"
    for part in others:
        assert part.until("ready") == "ready"
    assert os.path.getsize(log) == 0
    first.say("setup")
    values = []
    while True:
        line = first.hear()
        if line == "ready":
            break
        word, name, n = line.split()
        assert word == "value"
        values.append((name, first.lines.read(int(n))))
        assert first.lines.read(1) == b"\n"
    for part in others:
        for name, value in values:
            part.socket.sendall(f"value {name} {len(value)}\n".encode() + value + b"\n")
    go(parts)
    for part in others:
        part.end()
    first.until("over")
    assert "down" not in open(log).read()
    first.say("teardown")
    first.end()


def way_deaf(parts):
    """An agent that reads nothing more: the load goes on, and ends by itself."""
    for part in parts:
        part.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    begin(parts)
    for part in parts:
        part.process.wait(60)
    end(parts)


def main():
    way = globals()["way_" + sys.argv[2].replace("-", "_")]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    while True:
        parts = [Part(sys.argv[1], i, count) for i in range(count)]
        try:
            return way(parts)
        except TooLate:
            LEADS.pop(0)
            if not LEADS:
                raise
            for part in parts:
                part.process.kill()
                part.process.wait()
                part.socket.close()
                for path in glob.glob(f"p{part.index}.db*"):
                    os.remove(path)


main()
