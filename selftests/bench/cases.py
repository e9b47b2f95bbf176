# SPDX-License-Identifier: GPL-2.0
"""What make bench-network measures: networks, and for how long.

a -- r -- s -- b: hosts a and b, routers between them. r has the bottleneck, a queue
at 100 Mbit/s towards s, and before it perhaps a policer; s is the path, netem in
each direction. So the queue counts its own drops only, and neither is a device of
the sender, where a full queue would be felt through the socket (TCP small queues).
"""

import collections

# Packets: 40 ms of 1,514 bytes at 100 Mbit/s, the product of bandwidth and delay.
BDP = 330
RATE = "100mbit"

# ahead, back: netem's words for the path's two directions
# seconds: of virtual time for one run, by congestion control. What is slow costs
# little and varies much, so it lasts longer.
Case = collections.namedtuple(
    "Case", "name title ahead back queue police seconds")


def case(name, title, ahead="", back="", queue=BDP, police=None,
         cubic=4, bbr=3):
    return Case(name, title, f"limit 100000 {ahead}",
                f"limit 100000 delay 40ms {back}", queue, police,
                {"cubic": cubic, "bbr": bbr})


BULK = [
    case("clean", "no loss"),
    case("loss-0.1", "0.1% loss", "loss 0.1%", cubic=12),
    case("loss-1", "1% loss", "loss 1%", cubic=30),
    case("loss-3", "3% loss", "loss 3%", cubic=40),
    # late.dist: of ten packets one is late, by up to 20 ms
    case("reorder", "10% late by up to 20 ms",
         "delay 1us 20ms distribution late"),
    case("ack-loss", "1% of ACKs lost", back="loss 1%"),
    case("policer", "policed to 20 Mbit/s", police="rate 20mbit burst 64k",
         cubic=10, bbr=5),
    case("queue-4", "a queue of 4 packets", queue=4, cubic=6),
]

# 1% loss in both directions; one fetch after the other
FETCH = case("fetch", "", "loss 1%", "loss 1%")
FETCH_BYTES = (10000, 100000)
FETCHES = 200

# The stacks that share the bottleneck, by protocol
FAIR = case("fair", "")
FAIR_PAIRS = ((6, 6), (253, 253), (253, 6))
FAIR_SECONDS = 60
FAIR_RUNS = 3

# A response of seven segments; the last is lost
TAIL = case("tail", "")
TAIL_BYTES = 10000
TAIL_RUNS = 10
