#!/usr/bin/env python3
"""zsh_completes.py FOLDER LINE: what an interactive zsh makes of LINE and a tab, where FOLDER has _coldswarm. Prints the command line as it
is then, and the matches that zsh lists, one a line."""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

SETUP = """unsetopt beep zle_bracketed_paste; fpath=(%s $fpath); autoload -Uz compinit; compinit -D -u
zstyle ':completion:*' verbose no; LISTMAX=0
show() { print -r -- "<<$BUFFER>>"; }; zle -N show; bindkey '^G' show; print READY-$((1 + 1))
"""


def until(fd, wanted, seconds=60):
    seen, end = "", time.monotonic() + seconds
    while wanted not in seen:
        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            sys.exit(f"zsh did not print {wanted!r}: {seen!r}")
        seen += os.read(fd, 65536).decode(errors="replace")
    return seen


def main():
    folder, line = sys.argv[1:]
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="dumb", PS1="", ZDOTDIR=folder)
        os.execvp("zsh", ["zsh", "-f", "-i"])
    # High enough that zsh lists all matches without a question.
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 60, 0, 0))
    os.write(fd, (SETUP % folder).encode())
    until(fd, "READY-2")
    # Two tabs: the first puts in what is common to all matches, the second lists them. ^G shows the line.
    os.write(fd, line.encode() + b"\t\t\x07")
    seen = until(fd, ">>")
    os.kill(pid, 9)
    print(re.search(r"<<(.*)>>", seen, re.S).group(1))
    print("\n".join(sorted(set(re.findall(r"[^\s<>]+", seen.partition("<<")[0])))))


main()
