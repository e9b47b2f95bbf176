# SPDX-License-Identifier: GPL-2.0
"""A device's qdisc over rtnetlink: what it has dropped, and netem's seed.

tc of Debian 12 does not know the seed, and a process for each question would cost
more than the answer.
"""

import ctypes
import os
import socket
import struct

RTM_NEWQDISC, RTM_GETQDISC = 36, 38
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
TCA_KIND, TCA_OPTIONS, TCA_STATS = 1, 2, 3
TCA_NETEM_PRNG_SEED = 14
NETEM_QOPT_LEN = 24
CLONE_NEWNET = 0x40000000

HEADER = struct.Struct("=IHHII")
TCMSG = struct.Struct("=BxxxiIII")
ATTR = struct.Struct("=HH")


def socket_in(netns):
    """An rtnetlink socket in that namespace, and the device's namespace left."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as home, \
            open(f"/run/netns/{netns}", "rb") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            return (socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                  socket.NETLINK_ROUTE), netns)
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


def attributes(data):
    """Pairs of type and value."""
    while len(data) >= ATTR.size:
        length, kind = ATTR.unpack_from(data)
        yield kind & 0x3fff, data[ATTR.size:length]
        data = data[(length + 3) & ~3:]


def attribute(kind, value):
    packed = ATTR.pack(ATTR.size + len(value), kind) + value
    return packed + bytes(-len(packed) % 4)


class Qdisc:
    """The root qdisc of one device."""

    def __init__(self, netns, ifindex):
        self.sock, self.netns = socket_in(netns)
        self.ifindex = ifindex

    def _ask(self, kind, flags, body):
        self.sock.send(HEADER.pack(HEADER.size + len(body), kind,
                                   NLM_F_REQUEST | flags, 0, 0) + body)
        while True:
            data = self.sock.recv(65536)
            while data:
                length, kind = HEADER.unpack_from(data)[:2]
                yield kind, data[HEADER.size:length]
                if kind in (NLMSG_DONE, NLMSG_ERROR):
                    return
                data = data[(length + 3) & ~3:]

    def _read(self):
        """The struct tcmsg and the attributes."""
        found = None
        for kind, body in self._ask(RTM_GETQDISC, NLM_F_DUMP,
                                    TCMSG.pack(0, 0, 0, 0, 0)):
            if kind == RTM_NEWQDISC and \
                    TCMSG.unpack_from(body)[1] == self.ifindex:
                found = body[:TCMSG.size], dict(attributes(body[TCMSG.size:]))
        return found

    def drops(self):
        """Packets dropped since it was made."""
        return struct.unpack_from("=QII", self._read()[1][TCA_STATS])[2]

    def seed(self, seed):
        """Start netem's random numbers anew."""
        tcmsg, attrs = self._read()
        options = attrs[TCA_OPTIONS]
        changed = options[:NETEM_QOPT_LEN] + b"".join(
            attribute(kind, value) for kind, value
            in attributes(options[NETEM_QOPT_LEN:])
            if kind != TCA_NETEM_PRNG_SEED)
        changed += attribute(TCA_NETEM_PRNG_SEED, struct.pack("=Q", seed))
        body = tcmsg + attribute(TCA_KIND, attrs[TCA_KIND]) + \
            attribute(TCA_OPTIONS, changed)
        for kind, answer in self._ask(RTM_NEWQDISC, NLM_F_ACK, body):
            error = struct.unpack_from("=i", answer)[0]
            if kind == NLMSG_ERROR and error:
                raise OSError(-error, f"netem in {self.netns}: "
                              f"{os.strerror(-error)}")
