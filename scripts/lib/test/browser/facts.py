"""Facts that are checked one by one, each printed as one line, and counted."""

import re
import time


class Facts:
    """Runs facts in the order in which they are named, those that match `only` where that is given. One that fails says why, and the
    others go on."""

    def __init__(self, only=None):
        self.only = re.compile(only or "")
        self.passed = 0
        self.failed = 0
        self.started = time.monotonic()

    def check(self, name, function, *arguments):
        if not self.only.search(name):
            return
        began = time.monotonic()
        try:
            said = function(*arguments)
        except Exception as error:  # Whatever it was, it is this fact's.
            self.failed += 1
            print(f"FAILED  {name}\n        {describe(error)}", flush=True)
            return
        self.passed += 1
        print(f"ok {time.monotonic() - began:5.1f} s  {name}{f' ({said})' if said else ''}", flush=True)

    def summarize(self):
        seconds = time.monotonic() - self.started
        print(f"{self.passed + self.failed} facts, {self.failed} failed, in {seconds:.0f} s")
        return self.failed == 0


def describe(error):
    """The first lines of an error; Playwright's go on with a log of its calls."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return "\n        ".join(lines[:8])


def expect(condition, said):
    """Raises `said` where `condition` does not hold."""
    if not condition:
        raise AssertionError(said)
