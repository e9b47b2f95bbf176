# SPDX-License-Identifier: GPL-2.0
"""What the benchmark's figures say, and how sure they are."""

import math
import statistics

# Student's t, 97.5%, by degrees of freedom from 1
T975 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
        2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
        2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)


def t975(freedom):
    return T975[freedom - 1] if freedom <= len(T975) else 1.96 + 2.5 / freedom


def geometric(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def ratio(pairs):
    """Of pairs (atcp, native): the geometric mean of atcp/native, and the bounds
    between which it is with 95% confidence."""
    logs = [math.log(atcp / native) for atcp, native in pairs]
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(mean), 0.0, math.inf
    half = t975(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(mean), math.exp(mean - half), math.exp(mean + half)


def spread(values):
    """Largest by smallest."""
    return max(values) / min(values)


def percentile(values, share):
    """The smallest of them that so many are not above."""
    ordered = sorted(values)
    return ordered[math.ceil(share * len(ordered)) - 1]


def jain(values):
    """Jain's index: 1 if all are equal, 1/n if one has everything."""
    return sum(values) ** 2 / (len(values) * sum(v * v for v in values))
