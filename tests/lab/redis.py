"""A private Redis on a unix socket, nothing on disk."""

import socket

from .lab import wait_until
from .process import Process


class Redis:
    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder("redis")
        self.socket = lab.socket_path("redis/redis.sock")
        with open(lab.path("redis/redis.conf"), "w", encoding="ascii") as conf:
            conf.write("\n".join([
                "port 0", f"unixsocket {self.socket}", "unixsocketperm 777", "daemonize no", f"dir {self.folder}",
                'save ""', "appendonly no", "maxmemory 256mb", "maxmemory-policy noeviction", ""]))
        self.process = Process("Redis", ["redis-server", lab.path("redis/redis.conf")], lab.path("redis/redis.log"))

    def start(self):
        self.process.start()
        wait_until(lambda: self.command("PING") == "+PONG", "Redis to answer", watch=self.process)
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def command(self, *words):
        """The first line of the reply; "" when there is none."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(self.socket)
                connection.sendall(f"*{len(words)}\r\n".encode() + b"".join(
                    b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()) for word in words))
                return connection.makefile("rb").readline().decode().strip()
            except OSError:
                return ""

    def keys(self):
        return int(self.command("DBSIZE").lstrip(":") or 0)
