"""Writes the migrations named on the command line as a C table: embed.py OUTPUT MIGRATION..."""

import json
import pathlib
import sys

output, *paths = map(pathlib.Path, sys.argv[1:])
with output.open("w", encoding="ascii") as table:
    table.write('#include "migrations.h"\n\nconst Migration migrations[] = {\n')
    for path in sorted(paths, key=lambda path: path.name):
        table.write(f'\t{{ {int(path.stem[:4])}, "{path.stem}",\n')
        for line in path.read_text(encoding="ascii").splitlines(keepends=True):
            table.write(f"\t\t{json.dumps(line)}\n")
        table.write("\t},\n")
    table.write("\t{ 0, NULL, NULL },\n};\n")
