#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Python's own tests of what uses sockets, on two TCPs.

    python_suite.py run OUT MODULE...       run them, a line "OUTCOME TEST" each
    python_suite.py compare NATIVE ATCP     what passes on the first only

Outcomes: ok, skipped, failed; a test that has begun and not ended has "begun".
"""

import sys
import unittest

# Tests wait so long for what is to happen on their own machine; an emulated one is
# slower than their authors' (s).
PATIENCE = 60


class Record(unittest.TestResult):
    """Writes each outcome as soon as it is known, for a run may hang."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.worst = None

    def startTest(self, test):
        super().startTest(test)
        self.worst = "ok"
        self.write("begun", test)

    def stopTest(self, test):
        self.write(self.worst, test)
        super().stopTest(test)

    def write(self, outcome, test):
        print(outcome, test.id(), file=self.out, flush=True)

    def note_failure(self, test, err):
        self.worst = "failed"
        print(f"{test.id()}\n{self._exc_info_to_string(err, test)}",
              file=sys.stderr, flush=True)

    def addFailure(self, test, err):
        self.note_failure(test, err)

    def addError(self, test, err):
        self.note_failure(test, err)
        # setUpClass and setUpModule have no startTest
        if not hasattr(test, "_testMethodName"):
            self.write("failed", test)

    def addSubTest(self, test, subtest, err):
        if err:
            self.note_failure(test, err)

    def addSkip(self, test, reason):
        self.worst = "skipped"
        if not hasattr(test, "_testMethodName"):
            self.write("skipped", test)

    def addUnexpectedSuccess(self, test):
        self.worst = "failed"


def run(path, modules):
    """All tests of the modules, in their order."""
    from test import support

    support.use_resources = ["network"]
    support.verbose = False
    support.LOOPBACK_TIMEOUT = support.SHORT_TIMEOUT = PATIENCE
    with open(path, "a", encoding="utf-8") as out:
        for module in modules:
            suite = unittest.defaultTestLoader.loadTestsFromName(f"test.{module}")
            suite.run(Record(out))


def outcomes(path):
    """Of each test the last that was written of it."""
    with open(path, encoding="utf-8") as file:
        return {test: outcome for outcome, test in
                (line.rstrip("\n").split(" ", 1) for line in file)}


def compare(native_path, atcp_path):
    """Print what differs; Return the exit status."""
    native, atcp = outcomes(native_path), outcomes(atcp_path)
    worse = [test for test, outcome in native.items()
             if outcome == "ok" and atcp.get(test) != "ok"]
    passed = sum(outcome == "ok" for outcome in native.values())
    print(f"native: {passed} of {len(native)} pass; of those on ATCP "
          f"{passed - len(worse)}")
    for test in worse:
        print(f"{atcp.get(test, 'not begun')}: {test}")
    return bool(worse) or not passed


def main():
    """Return the exit status."""
    if len(sys.argv) > 3 and sys.argv[1] == "run":
        run(sys.argv[2], sys.argv[3:])
        return 0
    if len(sys.argv) == 4 and sys.argv[1] == "compare":
        return compare(sys.argv[2], sys.argv[3])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
