# SPDX-License-Identifier: GPL-2.0
"""The benchmark's results as tables: lists of rows of text, and how to print them."""

import statistics

import cases
import stats

# What a ratio must be: its mean, and the lower bound of that
MEAN, BOUND = 1.0, 0.97
FAIRNESS = 0.95
# A lost tail: two round trips of 40 ms, and 10 ms
TAIL_MS = 90


def of(records, **wanted):
    return [r for r in records
            if all(r.get(key) == value for key, value in wanted.items())]


def mbit(record):
    return record["bytes"] * 8 / record["seconds"] / 1e6


def pairs(records, value):
    """(atcp, native) of each pair that has both."""
    by_pair = {}
    for record in records:
        by_pair.setdefault(record["pair"], {})[record["stack"]] = value(record)
    return [(both["atcp"], both["native"]) for both in by_pair.values()
            if len(both) == 2]


def yes(held):
    return "yes" if held else "NO"


def mean_of(both, which):
    return statistics.fmean(pair[which] for pair in both)


def bulk_row(case, records):
    speed = pairs(records, mbit)
    caused = pairs(records, lambda r: r["drops"])
    mean, low, high = stats.ratio(speed)
    native = [pair[1] for pair in speed]
    return [case.title, str(len(speed)), f"{stats.geometric(native):.2f}",
            f"{stats.geometric([pair[0] for pair in speed]):.2f}",
            f"{mean:.3f}", f"{low:.3f}-{min(high, 99):.3f}",
            f"{stats.spread(native):.2f}",
            f"{mean_of(caused, 1):.0f}", f"{mean_of(caused, 0):.0f}",
            yes(mean >= MEAN and low >= BOUND)]


def bulk(records, cc):
    """Goodput of one congestion control, a row for each network."""
    head = ["network", "pairs", "native", "ATCP", "ratio", "95%", "spread",
            "native drops", "drops", "held"]
    rows = [bulk_row(case, found) for case in cases.BULK
            if pairs(found := of(records, case=case.name, cc=cc), mbit)]
    return head, rows


def fetch(records):
    head = ["response", "fetches", "native median", "ATCP median", "native 99%",
            "ATCP 99%", "held"]
    rows = []
    for size in cases.FETCH_BYTES:
        both = pairs(of(records, case=f"fetch-{size}"),
                     lambda r: r["seconds"] * 1000)
        if not both:
            continue
        figures = [[stats.percentile([pair[which] for pair in both], share)
                    for which in (1, 0)] for share in (0.5, 0.99)]
        rows.append([f"{size // 1000} KB", str(len(both)),
                     *(f"{value:.1f} ms" for pair in figures for value in pair),
                     yes(all(atcp <= native for native, atcp in figures))])
    return head, rows


def fair(records):
    head = ["flows", "runs", "shares, Mbit/s", "Jain's index", "held"]
    rows = []
    for protos in cases.FAIR_PAIRS:
        stacks = [{6: "native", 253: "atcp"}[proto] for proto in protos]
        found = of(records, case="fair", stacks=stacks)
        if not found:
            continue
        index = [stats.jain(r["bytes"]) for r in found]
        shares = [statistics.fmean(r["bytes"][i] * 8 / 1e6 / r["seconds"]
                                   for r in found) for i in range(2)]
        rows.append([" and ".join(stacks).replace("atcp", "ATCP"),
                     str(len(found)), f"{shares[0]:.1f}, {shares[1]:.1f}",
                     f"{min(index):.3f} at least", yes(min(index) > FAIRNESS)])
    return head, rows


def tail(records):
    """How much later the response is there if its last segment was lost."""
    head = ["stack", "runs", "repair, median", "longest", "held"]
    rows = []
    for stack in ("native", "atcp"):
        found = of(records, case="tail", stack=stack)
        times = {lost: {r["pair"]: r["seconds"] * 1000
                        for r in of(found, lost=lost)}
                 for lost in (False, True)}
        late = [times[True][pair] - times[False][pair]
                for pair in times[True] if pair in times[False]]
        if late:
            rows.append([stack.replace("atcp", "ATCP"), str(len(late)),
                         f"{statistics.median(late):.1f} ms",
                         f"{max(late):.1f} ms", yes(max(late) <= TAIL_MS)])
    return head, rows


def all_of(records):
    """Title, head and rows of each table that has rows."""
    found = [("CUBIC, goodput in Mbit/s", *bulk(records, "cubic")),
             ("BBR, goodput in Mbit/s", *bulk(records, "bbr")),
             ("Short responses, 1% loss each way", *fetch(records)),
             ("Fairness", *fair(records)),
             ("The last segment of 10 KB lost", *tail(records))]
    return [table for table in found if table[2]]


def widths(head, rows):
    return [max(map(len, column)) for column in zip(head, *rows)]


def line(cells, sizes):
    return "  ".join(cell.ljust(size)
                     for cell, size in zip(cells, sizes)).rstrip()


def as_text(tables):
    out = []
    for title, head, rows in tables:
        sizes = widths(head, rows)
        out += [title, line(head, sizes), *(line(row, sizes) for row in rows), ""]
    return "\n".join(out)


def as_rst(tables):
    out = []
    for title, head, rows in tables:
        sizes = widths(head, rows)
        rule = "  ".join("=" * size for size in sizes)
        out += [f"{title}:", "", rule, line(head, sizes), rule,
                *(line(row, sizes) for row in rows), rule, ""]
    return "\n".join(out)
