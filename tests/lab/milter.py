"""An MTA as a milter sees it, byte by byte: for sessions that no Postfix of the lab would make."""

import socket
import struct

OFFERED = struct.pack("!III", 6, 0x1FF, 0x1FFFFF)
CONTINUES = b"c"
# command: (bit that leaves it out, bit that leaves out its reply), libmilter's mfdef.h
STEPS = {b"C": (0x1, 0x1000), b"M": (0x4, 0x4000), b"R": (0x8, 0x8000), b"T": (0x200, 0x10000), b"L": (0x20, 0x80),
         b"N": (0x40, 0x40000), b"B": (0x10, 0x80000)}


class Session:
    """One message of one session. What a milter says to each step must be CONTINUE; end() returns its last word."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path.removeprefix("unix:"))
        self.stream = self.socket.makefile("rb")
        self.send(b"O", OFFERED)
        command, answer = self.receive()
        if command != b"O":
            raise ValueError(f"{command} to the offer")
        self.steps = struct.unpack("!III", answer[:12])[2]

    def send(self, command, data=b""):
        self.socket.sendall(struct.pack("!I", len(data) + 1) + command + data)

    def receive(self):
        length = struct.unpack("!I", self.stream.read(4))[0]
        packet = self.stream.read(length)
        return packet[:1], packet[1:]

    def say(self, command, data=b""):
        left_out, silent = STEPS[command]
        if self.steps & left_out:
            return
        self.send(command, data)
        if not self.steps & silent and (reply := self.receive()[0]) != CONTINUES:
            raise ValueError(f"{reply} to {command}")

    def deliver(self, client, sender, recipient, data):
        """client: (IPv4 address, port). sender: as it stands in the protocol, with brackets or without."""
        self.say(b"C", b"localhost\0" + b"4" + struct.pack("!H", client[1]) + client[0].encode() + b"\0")
        self.say(b"M", sender.encode() + b"\0")
        self.say(b"R", f"<{recipient}>".encode() + b"\0")
        self.say(b"T")
        head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
        for field in head.replace(b"\n ", b"\0 ").replace(b"\n\t", b"\0\t").split(b"\n"):
            name, _, value = field.replace(b"\0", b"\n").partition(b":")
            self.say(b"L", name + b"\0" + value.lstrip(b" ") + b"\0")
        self.say(b"N")
        self.say(b"B", body.replace(b"\n", b"\r\n"))
        self.send(b"E")
        while (reply := self.receive()[0]) in b"+-2mhibqep":
            pass
        self.send(b"Q")
        self.socket.close()
        return reply
