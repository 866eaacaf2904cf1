"""Coverage from gcov's JSON, one document a line: a table of the folders, and the functions that nothing calls.

Called by coverage.sh. A source is compiled several times (float, double): the calls of its functions and lines add up.
"""

import collections
import json
import os
import sys

top = os.path.realpath(os.path.join(os.path.dirname(__file__), ".."))
lines = collections.defaultdict(lambda: collections.defaultdict(int))
functions = collections.defaultdict(lambda: collections.defaultdict(int))
for document in sys.stdin:
    if not document.strip():
        continue
    record = json.loads(document)
    for file in record["files"]:
        path = os.path.realpath(os.path.join(record["current_working_directory"], file["file"]))
        path = os.path.relpath(path, top)
        if not path.startswith(("src/", "solvers/")) or not path.endswith(".c"):
            continue
        for line in file["lines"]:
            lines[path][line["line_number"]] += line["count"]
        for function in file["functions"]:
            functions[path][function["start_line"], function["name"]] += function["execution_count"]

folders = collections.defaultdict(lambda: [0, 0, 0, 0])
for path in lines:
    sums = folders[os.path.dirname(path)]
    for k, counts in enumerate((lines[path], functions[path])):
        sums[2 * k] += sum(1 for count in counts.values() if count)
        sums[2 * k + 1] += len(counts)
print(f"{'folder':<16} {'lines':>8} {'functions':>10}")
total = [sum(column) for column in zip(*folders.values())] or [0, 0, 0, 0]
for name, sums in sorted(folders.items()) + [("all", total)]:
    print(f"{name:<16} {100 * sums[0] / max(sums[1], 1):>6.1f} % {100 * sums[2] / max(sums[3], 1):>8.1f} %")
print("\nfunctions that no test calls:")
for path in sorted(functions):
    for (line, name), count in sorted(functions[path].items()):
        if not count:
            print(f"  {path}:{line}: {name}")
