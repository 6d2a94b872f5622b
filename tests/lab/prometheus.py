"""Reads a page of metrics as strictly as its format is written: https://prometheus.io/docs/instrumenting/exposition_formats/"""

import http.client
import re

LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9]+(?:\.[0-9]+)?(?:e[-+][0-9]+)?|[+-]Inf|NaN)')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)')
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


class Page:
    def __init__(self, text):
        self.types, self.series = {}, {}
        if not text.endswith("\n"):
            raise ValueError("the last line has no end")
        self.family = None
        for line in text[:-1].split("\n"):
            self.read(line)
        for name, kind in self.types.items():
            if kind == "histogram":
                self.check_histogram(name)

    def read(self, line):
        if line.startswith("# HELP "):
            self.family = line.split(" ", 3)[2]
            if self.family in self.types:
                raise ValueError(f"{self.family} comes twice")
            return
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != self.family or kind not in ("counter", "gauge", "histogram"):
                raise ValueError(f"bad line: {line}")
            self.types[name] = kind
            return
        match = LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"bad line: {line}")
        name, labels, value = match.groups()
        base = re.sub(r"_(bucket|sum|count)$", "", name) if self.types.get(self.family) == "histogram" else name
        if base != self.family:
            raise ValueError(f"{name} stands below {self.family}")
        key = (name, self.labels(labels))
        if key in self.series:
            raise ValueError(f"{line}: twice")
        self.series[key] = float(value)

    @staticmethod
    def labels(text):
        found, at = [], 0
        while text and at < len(text):
            match = LABEL.match(text, at)
            if match is None:
                raise ValueError(f"bad labels: {text}")
            found.append((match[1], re.sub(r'\\[n"\\]', lambda escape: ESCAPES[escape[0]], match[2])))
            at = match.end()
        if len({name for name, _ in found}) != len(found):
            raise ValueError(f"a label twice: {text}")
        return tuple(sorted(found))

    def check_histogram(self, name):
        groups = {}
        for (series, labels), value in self.series.items():
            if series == f"{name}_bucket":
                bound = float(dict(labels)["le"])
                rest = tuple(pair for pair in labels if pair[0] != "le")
                groups.setdefault(rest, []).append((bound, value))
        for labels, buckets in groups.items():
            counts = [count for _, count in sorted(buckets)]
            whole = self.series[(f"{name}_count", labels)]
            if counts != sorted(counts) or max(buckets) != (float("inf"), whole):
                raise ValueError(f"{name}{labels}: buckets do not add up")

    def sum(self, family, /, **wanted):
        """Of all series with these labels; None: there is none."""
        found = [value for (series, labels), value in self.series.items()
                 if series == family and wanted.items() <= dict(labels).items()]
        return sum(found) if found else None

    def by(self, name, *labels):
        """{(values of the labels): sum}, without zeros."""
        sums = {}
        for (series, pairs), value in self.series.items():
            if series == name and value:
                key = tuple(dict(pairs)[label] for label in labels)
                sums[key] = sums.get(key, 0) + value
        return sums


def get(where, path="/metrics", method="GET"):
    """Status, type and text."""
    connection = http.client.HTTPConnection(*where, timeout=20)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.getheader("Content-Type"), reply.read().decode()
    finally:
        connection.close()


def scrape(where):
    status, kind, text = get(where)
    if status != 200 or not kind.startswith("text/plain; version=0.0.4"):
        raise ValueError(f"{status} {kind}: {text}")
    return Page(text)
