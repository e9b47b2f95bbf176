#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Known answers for stats.py."""

import math
import unittest

import stats


class StatsTest(unittest.TestCase):
    def test_ratio__equal_pairs(self):
        self.assertEqual(stats.ratio([(5, 5)] * 3), (1, 1, 1))

    def test_ratio__spread_is_symmetric_in_logarithms(self):
        mean, low, high = stats.ratio([(2, 1), (1, 2)] * 2)
        self.assertAlmostEqual(mean, 1)
        self.assertAlmostEqual(low * high, 1)
        # ln 2 four times: deviation 0.8004, error 0.4002, t(3) 3.182
        self.assertAlmostEqual(math.log(high), 1.2734, places=3)

    def test_ratio__one_pair_says_nothing_sure(self):
        self.assertEqual(stats.ratio([(2, 1)])[1:], (0, math.inf))

    def test_percentile(self):
        self.assertEqual(stats.percentile(range(1, 201), 0.99), 198)
        self.assertEqual(stats.percentile(range(1, 201), 0.5), 100)
        self.assertEqual(stats.percentile([7], 0.99), 7)

    def test_jain(self):
        self.assertAlmostEqual(stats.jain([3, 3]), 1)
        self.assertAlmostEqual(stats.jain([1, 0]), 0.5)


if __name__ == "__main__":
    unittest.main()
