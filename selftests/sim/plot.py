#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""plot.py RECORD OUT.svg: draw what sim --json has recorded of one flow.

At the top a time-sequence diagram: segments, those sent again, those lost, the
line of acknowledgments, the edge of the window. Below it cwnd and ssthresh, the
smoothed round-trip time, and the queue at the bottleneck.
"""

import argparse
import json
import sys
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT = 1200, 90, 30
GAP, TITLE, LEGEND, AXIS = 26, 44, 24, 40
HEIGHTS = {"seq": 420, "cwnd": 170, "rtt": 130, "queue": 130}
UNKNOWN = 0xffffffff  # ssthresh before the first loss

COLOURS = {
    "segment": "#3060c0", "sent again": "#e07000", "lost": "#d00020",
    "ACK": "#208030", "window edge": "#909090", "cwnd": "#3060c0",
    "ssthresh": "#e07000", "time-out": "#a000a0", "srtt": "#208030",
    "queue": "#806030",
}


def read_record(path, flow):
    """Events of one flow, the record's first if flow is None; and its name."""
    with open(path, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    if flow is None:
        flow = next((e["flow"] for e in events if "flow" in e), None)
    events = [e for e in events if e.get("flow") == flow]
    if not events:
        sys.exit(f"{path}: nothing of flow {flow}")
    return events, flow


def sender_of(events):
    """The host that has sent most payload."""
    sent = {}
    for event in events:
        if event["kind"] == "send":
            sent[event["host"]] = sent.get(event["host"], 0) + event["len"]
    if not any(sent.values()):
        sys.exit("no payload was sent")
    return max(sent, key=sent.get)


def steps_of(low, high, wanted):
    """Round numbers from low to high, about so many."""
    span = max(high - low, 1e-9)
    size = 10.0 ** len(str(int(span / wanted))) if span >= wanted else 1.0
    while size > span / wanted:
        size /= 10
    size = next(size * k for k in (1, 2, 5, 10) if size * k >= span / wanted)
    step = int(low / size)
    while step * size <= high + size * 1e-6:
        if step * size >= low - size * 1e-6:
            yield step * size
        step += 1


def label_of(value):
    """A number without a tail of zeros."""
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"


class Panel:
    """A diagram with its axes; y grows upwards, values are in the axis' unit."""

    def __init__(self, top, height, times, unit, title):
        self.top, self.height, self.times = top, height, times
        self.unit, self.title = unit, title
        self.low, self.high = 0.0, 0.0
        self.shapes, self.legend = [], []

    def span(self, values):
        """Make the y axis long enough for these."""
        values = list(values)
        if values:
            self.high = max(self.high, max(values))

    def x(self, time):
        """Position of a time in s."""
        begin, end = self.times
        return LEFT + (time - begin) / (end - begin) * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        """Position of a value."""
        part = (value - self.low) / ((self.high - self.low) * 1.05 or 1)
        return self.top + self.height * (1 - part)

    def entry(self, name, mark):
        """A name in the legend, with its mark: line, dash, dot or cross."""
        self.legend.append((name, mark))

    def line(self, points, colour, is_stepped=True, dash=""):
        """A curve through (time, value); a value holds until the next."""
        parts, last = [], None
        for time, value in points:
            if is_stepped and last is not None:
                parts.append(f"{self.x(time):.1f},{self.y(last):.1f}")
            parts.append(f"{self.x(time):.1f},{self.y(value):.1f}")
            last = value
        dash = f' stroke-dasharray="{dash}"' if dash else ""
        if parts:
            self.shapes.append(
                f'<polyline points="{" ".join(parts)}" fill="none" '
                f'stroke="{colour}" stroke-width="1.3"{dash}/>')

    def bars(self, segments, colour, width, least):
        """Segments as upright strokes: (time, low, high); so long at least."""
        path = "".join(
            f"M{self.x(t):.1f},{self.y(low) + least / 2:.1f}"
            f"V{min(self.y(high), self.y(low) - least / 2):.1f}"
            for t, low, high in segments)
        if path:
            self.shapes.append(f'<path d="{path}" stroke="{colour}" '
                               f'stroke-width="{width}" fill="none"/>')

    def crosses(self, points, colour):
        """What is worth a cross: (time, value)."""
        path = "".join(
            f"M{self.x(t) - 4:.1f},{self.y(v) - 4:.1f}l8,8m-8,0l8,-8"
            for t, v in points)
        if path:
            self.shapes.append(f'<path d="{path}" stroke="{colour}" '
                               'stroke-width="1.8" fill="none"/>')

    def uprights(self, times, colour):
        """Lines over the whole height."""
        path = "".join(f"M{self.x(t):.1f},{self.top}v{self.height}"
                       for t in times)
        if path:
            self.shapes.append(f'<path d="{path}" stroke="{colour}" '
                               'stroke-width="1" stroke-dasharray="2,3" '
                               'fill="none"/>')

    def axes(self, has_times):
        """Frame, grid, numbers, units."""
        right, bottom = WIDTH - RIGHT, self.top + self.height
        for value in steps_of(self.low, self.high * 1.05, self.height / 38):
            y = self.y(value)
            yield (f'<path d="M{LEFT},{y:.1f}H{right}" stroke="#e4e4e4"/>'
                   f'<text x="{LEFT - 8}" y="{y + 4:.1f}" '
                   f'text-anchor="end">{label_of(value)}</text>')
        for time in steps_of(*self.times, 12):
            x = self.x(time)
            yield f'<path d="M{x:.1f},{self.top}V{bottom}" stroke="#e4e4e4"/>'
            if has_times:
                yield (f'<text x="{x:.1f}" y="{bottom + 17}" '
                       f'text-anchor="middle">{label_of(time)}</text>')
        if has_times:
            yield (f'<text x="{(LEFT + right) / 2}" y="{bottom + 35}" '
                   'text-anchor="middle">time [s]</text>')
        yield (f'<rect x="{LEFT}" y="{self.top}" width="{right - LEFT}" '
               f'height="{self.height}" fill="none" stroke="#404040"/>')
        middle = self.top + self.height / 2
        yield (f'<text transform="translate(22,{middle}) rotate(-90)" '
               f'text-anchor="middle">{escape(self.title)} '
               f'[{self.unit}]</text>')

    def names(self):
        """The legend, in a row above the frame."""
        x, y = LEFT, self.top - 8
        for name, mark in self.legend:
            colour = COLOURS[name]
            if mark == "cross":
                yield (f'<path d="M{x + 6},{y - 8}l8,8m-8,0l8,-8" '
                       f'stroke="{colour}" stroke-width="1.8"/>')
            elif mark == "bar":
                yield (f'<path d="M{x + 10},{y - 9}v10" stroke="{colour}" '
                       'stroke-width="2"/>')
            else:
                dash = ' stroke-dasharray="4,3"' if mark == "dash" else ""
                yield (f'<path d="M{x},{y - 4}h20" stroke="{colour}" '
                       f'stroke-width="2"{dash}/>')
            yield f'<text x="{x + 26}" y="{y}">{escape(name)}</text>'
            x += 26 + 8 * len(name) + 24

    def drawn(self, has_times):
        """All of it; what lies outside of the frame is cut off."""
        clip = f"clip{self.top}"
        right = WIDTH - RIGHT
        yield (f'<clipPath id="{clip}"><rect x="{LEFT}" y="{self.top}" '
               f'width="{right - LEFT}" height="{self.height}"/></clipPath>')
        yield from self.axes(has_times)
        yield f'<g clip-path="url(#{clip})">'
        yield from self.shapes
        yield "</g>"
        yield from self.names()


def seconds(event):
    """When an event was."""
    return event["time_ns"] / 1e9


def values_of(events, field, scale):
    """(time, value) of those events that have this field."""
    return [(seconds(e), e[field] / scale) for e in events if field in e]


def segments_of(events, kinds):
    """(time, low, high) of segments with payload, kB."""
    return [(seconds(e), e["seq"] / 1e3, (e["seq"] + e["len"]) / 1e3)
            for e in events if e["kind"] in kinds and e["len"]]


def fill_seq(panel, own, data):
    """The time-sequence diagram."""
    lost = segments_of([e for e in data if e["kind"] == "drop"], {"drop"})
    sent = segments_of(own, {"send"})
    again = segments_of(own, {"retransmit"})
    acks = values_of([e for e in own if e["kind"] in ("ack", "sample")],
                     "ack", 1e3)
    edges = values_of(own, "edge", 1e3)
    panel.span(high for _, _, high in sent + again)
    panel.low = min([low for _, low, _ in sent + again] or [0])
    panel.high = max(panel.high, panel.low + 1)
    panel.line(edges, COLOURS["window edge"])
    panel.line(acks, COLOURS["ACK"])
    panel.bars(sent, COLOURS["segment"], 1.6, 1.5)
    panel.bars(again, COLOURS["sent again"], 2.6, 9)
    panel.crosses([(t, (low + high) / 2) for t, low, high in lost],
                  COLOURS["lost"])
    panel.uprights([seconds(e) for e in own if e["kind"] == "rto"],
                   COLOURS["time-out"])
    for name, mark in (("segment", "bar"), ("sent again", "bar"),
                       ("lost", "cross"), ("ACK", "line"),
                       ("window edge", "line"), ("time-out", "dash")):
        panel.entry(name, mark)


def fill_cwnd(panel, own):
    """cwnd and ssthresh."""
    cwnd = values_of(own, "cwnd", 1e3)
    ssthresh = values_of([e for e in own if e.get("ssthresh") != UNKNOWN],
                         "ssthresh", 1e3)
    panel.span(v for _, v in cwnd + ssthresh)
    panel.line(ssthresh, COLOURS["ssthresh"], dash="5,3")
    panel.line(cwnd, COLOURS["cwnd"])
    panel.entry("cwnd", "line")
    panel.entry("ssthresh", "dash")


def fill_simple(panel, events, field, name, scale):
    """One curve."""
    points = values_of(events, field, scale)
    panel.span(v for _, v in points)
    panel.line(points, COLOURS[name])
    panel.entry(name, "line")


def plot(events, flow, begin, end):
    """The whole picture, as SVG."""
    sender = sender_of(events)
    last = max(seconds(e) for e in events)
    times = (begin, min(end, last) if end is not None else last)
    if times[1] <= times[0]:
        sys.exit("nothing in that part of the time")
    shown = [e for e in events if times[0] <= seconds(e) <= times[1]]
    own = [e for e in shown if e["host"] == sender]
    data = [e for e in shown if e.get("from") == sender]
    panels, top = [], TITLE + LEGEND
    for kind, title, unit in (("seq", "sequence number", "kB"),
                              ("cwnd", "window", "kB"),
                              ("rtt", "round-trip time", "ms"),
                              ("queue", "queue", "kB")):
        panels.append(Panel(top, HEIGHTS[kind], times, unit, title))
        top += HEIGHTS[kind] + GAP + LEGEND
    fill_seq(panels[0], own, data)
    fill_cwnd(panels[1], own)
    fill_simple(panels[2], own, "srtt_ns", "srtt", 1e6)
    fill_simple(panels[3], shown, "queue", "queue", 1e3)
    height = top - GAP - LEGEND + AXIS
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{height}" font-family="sans-serif" font-size="13">'
           '<rect width="100%" height="100%" fill="white"/>'
           f'<text x="{LEFT}" y="26" font-size="17">Flow {escape(flow)}, '
           f'sent by {escape(sender)}</text>')
    for panel in panels:
        yield from panel.drawn(panel is panels[-1])
    yield "</svg>"


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("record", help="what sim --json has written")
    parser.add_argument("out", help="SVG to write")
    parser.add_argument("--flow", help="which; the first if not given")
    parser.add_argument("--from", type=float, default=0.0, dest="begin",
                        metavar="SECONDS")
    parser.add_argument("--to", type=float, default=None, dest="end",
                        metavar="SECONDS")
    args = parser.parse_args()
    events, flow = read_record(args.record, args.flow)
    with open(args.out, "w", encoding="utf-8") as file:
        for piece in plot(events, flow, args.begin, args.end):
            print(piece, file=file)


if __name__ == "__main__":
    main()
