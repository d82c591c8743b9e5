"""Runs a program on a pseudo-terminal, waits for texts on its screen, and answers each with keys: terminal.py '[["text", "keys"], …]' program arguments…"""

import json
import os
import pty
import select
import signal
import sys
import time

steps: list[list[str]] = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

seen = ""
ends = time.monotonic() + 540
while time.monotonic() < ends:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        seen += piece.decode("utf-8", "replace")
    if steps and steps[0][0] in seen:
        seen = ""
        for key in steps.pop(0)[1]:
            os.write(terminal, key.encode())
            time.sleep(0.05)
if steps:
    os.kill(child, signal.SIGKILL)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"code": status, "left": steps, "screen": seen[-2000:]}))
