#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""An echo server of asyncio's, and a client that counts on getting all back."""

import argparse
import asyncio
import hashlib
import os


async def echo(reader, writer):
    """Serve one connection."""
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def serve(host, port):
    """Until killed."""
    server = await asyncio.start_server(echo, host, port, backlog=1024)
    await server.serve_forever()


async def send(writer, data):
    """All of it, then the end."""
    for at in range(0, len(data), 10000):
        writer.write(data[at:at + 10000])
        await writer.drain()
    writer.write_eof()


async def receive(reader):
    """The hash of all that comes."""
    digest = hashlib.sha256()
    while piece := await reader.read(65536):
        digest.update(piece)
    return digest.digest()


async def ask(host, port, data):
    """One connection. Return: has the same come back?"""
    reader, writer = await asyncio.open_connection(host, port)
    _, digest = await asyncio.gather(send(writer, data), receive(reader))
    writer.close()
    await writer.wait_closed()
    return digest == hashlib.sha256(data).digest()


async def ask_all(args):
    """All streams at once."""
    good = await asyncio.gather(*[
        ask(*args.connect, os.urandom(args.bytes)) for _ in range(args.streams)])
    print(f"{sum(good)} of {args.streams} came back equal")
    return all(good)


def main():
    """Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", nargs=2, metavar=("HOST", "PORT"))
    parser.add_argument("--connect", nargs=2, metavar=("HOST", "PORT"))
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--bytes", type=int, default=1000)
    args = parser.parse_args()
    if args.listen:
        asyncio.run(serve(*args.listen))
    return not asyncio.run(ask_all(args))


if __name__ == "__main__":
    raise SystemExit(main())
