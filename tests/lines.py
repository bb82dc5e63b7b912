"""A line between a node and its database that the tests can stop, cut, or lose around a COMMIT.

It is a small relay of bytes. It reads as much of PostgreSQL's protocol as tells a COMMIT of a transaction that wrote: the
bytes of a lost one never reach the server, or reach it while the answer is lost.
"""

import asyncio
import contextlib
import struct
import threading

CHUNK = 1 << 16
# What a writer's transaction says and a reader's doesn't.
WRITES = (b"FOR UPDATE", b"INSERT", b"UPDATE", b"DELETE")
# The ways in which a COMMIT is lost: before it reaches the server or after, with the line cut or only silent.
BEFORE, AFTER, SILENT_BEFORE, SILENT_AFTER = "before", "after", "silent before", "silent after"
WAYS = (BEFORE, AFTER, SILENT_BEFORE, SILENT_AFTER)


class Messages:
    """What a client says, message by message."""

    def __init__(self):
        self.buffered, self.begun = b"", False
        self.statements, self.writes = {}, False

    def feed(self, data):
        """The messages that are whole now, each with whether it commits what was written."""
        self.buffered += data
        while True:
            head = 1 if self.begun else 0
            if len(self.buffered) < head + 4:
                return
            size = head + struct.unpack_from(">I", self.buffered, head)[0]
            if len(self.buffered) < size:
                return
            message, self.buffered = self.buffered[:size], self.buffered[size:]
            yield message, self.begun and self._commits(message)
            self.begun = True

    def _commits(self, message):
        kind, rest = message[:1], message[5:]
        if kind == b"P":
            name, text = rest.split(b"\0", 2)[:2]
            self.statements[name] = text
            return False
        if kind == b"B":
            text = self.statements.get(rest.split(b"\0", 2)[1], b"")
        elif kind == b"Q":
            text = rest
        else:
            return False
        ended, wrote = text.startswith((b"COMMIT", b"ROLLBACK", b"BEGIN")), self.writes
        self.writes = not ended and (wrote or any(word in text for word in WRITES))
        return text.startswith(b"COMMIT") and wrote


class Line:
    """Passes bytes from a port of its own to another one of this machine."""

    def __init__(self, port):
        self.target = port
        self.port = None
        self.struck = threading.Event()
        self._way = None
        self._pairs = set()
        self._loop = asyncio.new_event_loop()
        self._passing = self._over = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        begun = threading.Event()
        self._begun = begun
        self._thread.start()
        assert begun.wait(30), "the line isn't there"

    def _run(self):
        asyncio.set_event_loop(self._loop)

        async def begin():
            self._over = asyncio.Event()
            self._passing = asyncio.Event()
            self._passing.set()
            server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            self._begun.set()

        self._loop.run_until_complete(begin())
        self._loop.run_forever()

    def _soon(self, work):
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (work(), done.set()))
        assert done.wait(30), "the line doesn't answer"

    def hold(self):
        """Passes nothing any more, in either direction, and tells nobody."""
        self._soon(lambda: self._passing.clear())

    def release(self):
        """Passes everything again, what was held first."""
        self._soon(lambda: self._passing.set())

    def cut(self):
        """Ends every connection; new ones may be made."""
        self._soon(lambda: [pair.abort() for pair in list(self._pairs)])

    def lose_commit(self, way):
        """Loses the next COMMIT of a transaction that wrote; `struck` tells when it has happened."""
        self.struck.clear()
        self._soon(lambda: setattr(self, "_way", way))

    def close(self):
        with contextlib.suppress(AssertionError):
            self.cut()
        self._loop.call_soon_threadsafe(self._loop.create_task, self._end())
        self._thread.join(30)

    async def _end(self):
        # Their lines are cut: what waits for more of them ends by itself.
        for event in (self._passing, self._over):
            event.set()
        under_way = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.wait(under_way, timeout=10) if under_way else None
        self._loop.stop()

    async def _connected(self, reader, writer):
        pair = Pair(self, reader, writer)
        self._pairs.add(pair)
        try:
            await pair.run()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            pair.abort()
            self._pairs.discard(pair)


class Pair:
    """One connection of a client, and the one that it stands for."""

    def __init__(self, line, reader, writer):
        self.line, self.reader, self.writer = line, reader, writer
        self.up = None
        self.lost = None

    async def run(self):
        reader, self.up = await asyncio.open_connection("127.0.0.1", self.line.target)
        ways = [asyncio.ensure_future(self._ask()), asyncio.ensure_future(self._answer(reader))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        # Whatever ended it: one end went away.
        await asyncio.gather(*ways, return_exceptions=True)

    def abort(self):
        for one in (self.writer, self.up):
            if one is not None:
                one.transport.abort()

    async def _ask(self):
        messages = Messages()
        while data := await self.reader.read(CHUNK):
            for message, commits in messages.feed(data):
                await self.line._passing.wait()
                if commits and self.line._way:
                    self.lost, self.line._way = self.line._way, None
                    if self.lost in (BEFORE, SILENT_BEFORE):
                        self.line.struck.set()
                    if self.lost == BEFORE:
                        return
                if self.lost == SILENT_BEFORE:
                    await self.line._over.wait()
                self.up.write(message)
            await self.up.drain()

    async def _answer(self, reader):
        seen = b""
        while data := await reader.read(CHUNK):
            if self.lost in (AFTER, SILENT_AFTER):
                seen += data
                if b"COMMIT\0" not in seen:
                    continue
                self.line.struck.set()
                if self.lost == AFTER:
                    return
                await self.line._over.wait()
            await self.line._passing.wait()
            self.writer.write(data)
            await self.writer.drain()
