#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Does plot.py draw what a record has?"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

import plot

SVG = "{http://www.w3.org/2000/svg}"
CONN = {"cwnd": 14480, "ssthresh": 7240, "srtt_ns": 20000000, "edge": 65000,
        "queue": 1500}


def event(time_ms, kind, **fields):
    """One line of a record of flow F."""
    host = "B" if kind == "recv" else "A"
    return {"time_ns": time_ms * 1000000, "host": host, "flow": "F",
            "kind": kind, "from": "A"} | fields


# The second of three segments is lost and comes again after a time-out.
EVENTS = [
    event(0, "send", seq=1, len=1000, **CONN),
    event(1, "send", seq=1001, len=1000, **CONN),
    event(2, "send", seq=2001, len=1000, **CONN),
    event(3, "drop", seq=1001, len=1000, queue=1500),
    event(20, "recv", seq=1, len=1000),
    event(40, "ack", seq=3001, ack=1001, **CONN),
    event(250, "rto", seq=3001, ack=1001, **CONN),
    event(250, "retransmit", seq=1001, len=1000, **CONN),
    event(290, "ack", seq=3001, ack=3001, **CONN),
]


def draw(events, *args):
    """Run the command on events: the picture, or what it said."""
    with tempfile.TemporaryDirectory() as folder:
        record = os.path.join(folder, "record")
        out = os.path.join(folder, "out.svg")
        with open(record, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(e) + "\n" for e in events)
        done = subprocess.run([sys.executable, plot.__file__, record, out,
                               *args], capture_output=True, text=True,
                              check=False)
        return done.stderr if done.returncode else xml.parse(out)


def strokes(tree, colour, width):
    """How many strokes there are of a colour and a width."""
    return sum(path.get("d").count("M") for path in tree.iter(SVG + "path")
               if path.get("stroke") == colour
               and path.get("stroke-width") == width)


class Plot(unittest.TestCase):
    """The command, and the one function with arithmetic of its own."""

    def test_draws_each_kind(self):
        tree = draw(EVENTS)
        colours = plot.COLOURS
        self.assertEqual(strokes(tree, colours["segment"], "1.6"), 3)
        self.assertEqual(strokes(tree, colours["sent again"], "2.6"), 1)
        # one in the legend
        self.assertEqual(strokes(tree, colours["lost"], "1.8"), 1 + 1)
        self.assertEqual(strokes(tree, colours["time-out"], "1"), 1)

    def test_names_axes_and_curves(self):
        texts = {text.text for text in draw(EVENTS).iter(SVG + "text")}
        for name in [*plot.COLOURS, "sequence number [kB]", "window [kB]",
                     "round-trip time [ms]", "queue [kB]", "time [s]"]:
            self.assertIn(name, texts)

    def test_shows_a_part_of_the_time(self):
        tree = draw(EVENTS, "--from", "0.1", "--to", "0.28")
        colours = plot.COLOURS
        self.assertEqual(strokes(tree, colours["segment"], "1.6"), 0)
        self.assertEqual(strokes(tree, colours["sent again"], "2.6"), 1)

    def test_says_what_is_not_there(self):
        self.assertIn("nothing of flow G", draw(EVENTS, "--flow", "G"))
        self.assertIn("nothing in that part", draw(EVENTS, "--from", "9"))
        self.assertIn("no payload", draw(EVENTS[4:5]))

    def test_steps_are_round(self):
        for low, high, wanted, steps in (
                (0, 100, 5, [0, 20, 40, 60, 80, 100]),
                (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
                (3, 17, 3, [5, 10, 15]),
                (0.5, 0.57, 4, [0.5, 0.52, 0.54, 0.56])):
            got = list(plot.steps_of(low, high, wanted))
            self.assertEqual([round(step, 9) for step in got], steps)


if __name__ == "__main__":
    unittest.main()
