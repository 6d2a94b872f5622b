"""Tokens made apart from Retour, out of a ring file: what no key of ours, another day or another purpose would have made."""

import base64
import hashlib
import os
import re
import struct
import time

RETURN_PATH, TRACE, FEEDBACK, UNSUBSCRIBE = b"return-path", b"trace", b"feedback-id", b"unsubscribe"


def read_ring(path):
    """Key number -> secret, retired ones left out."""
    with open(path, encoding="ascii") as file:
        entries = file.read().split("  - id: ")[1:]
    found = ((int(entry.split("\n")[0]), re.search(r"secret: (\S+)", entry)) for entry in entries)
    return {number: base64.b64decode(secret[1]) for number, secret in found if secret}


def digest(secret, *parts):
    return hashlib.blake2b(b"".join(parts), key=secret, digest_size=16).digest()[:10]


def make(key, secret, recipient=None, purpose=RETURN_PATH, age=0, context=b"", message=None):
    """trust/token.h has the layout. recipient: an address in lower case; None: of a message to several."""
    message = message or os.urandom(8)
    head = struct.pack(">BI", key, int(time.time()) - age) + message
    tag = digest(secret, b"retour 1 recipient\0", message, recipient.encode()) if recipient else bytes(10)
    seal = digest(secret, b"retour 1 ", purpose, b"\0", head, bytes([recipient is not None]), tag, context)
    return base64.b32encode(head + seal + (tag if recipient else b"")).decode().rstrip("=").lower()
