#!/bin/sh
# By hand: ParaView opens what `kitinet inspect -xdmf` writes. Needs pvpython (Debian: paraview) and xvfb-run.
#   KITINET=build/release/kitinet sh tests/bench/paraview.sh > jobs/results/paraview.txt
# For each dataset: times, points, cells and range of each field as ParaView sees them; the ranges are those of the rows
# that the program prints. Fails where a field is missing or has another range.
set -eu
kitinet=$(realpath "${KITINET:-build/release/kitinet}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
"$kitinet" generate -pde darcy -darcy_grid 16 -samples 2 -output cells.h5 >log
"$kitinet" generate -pde darcy -darcy_points nodes -darcy_grid 17 -samples 2 -output nodes.h5 >log
"$kitinet" generate -pde kdv -samples 1 -output line.h5 >log
"$kitinet" generate -pde navier_stokes -navier_stokes_grid 32 -navier_stokes_frames 4 -samples 1 -output flow.h5 >log
"$kitinet" generate -pde navier_stokes_3d -navier_stokes_3d_grid 16 -navier_stokes_3d_frames 3 \
  -samples 1 -output cube.h5 >log
for data in cells nodes line flow cube; do
  "$kitinet" inspect -input $data.h5 -xdmf >$data.txt
done
cat >look.py <<'END'
import sys
from paraview.simple import XDMFReader, GetParaViewSourceVersion
print(GetParaViewSourceVersion())
for name in sys.argv[1:]:
    reader = XDMFReader(FileNames=[name + ".xdmf"])
    times, ranges = list(reader.TimestepValues), {}
    for t in times:
        reader.UpdatePipeline(t)
        info = reader.GetDataInformation()
        for arrays in (reader.PointData, reader.CellData):
            for i in range(arrays.GetNumberOfArrays()):
                a = arrays.GetArray(i)
                low, high = a.GetRange()
                old = ranges.get(a.Name, (low, high))
                ranges[a.Name] = (min(low, old[0]), max(high, old[1]))
    print("%-6s %d times, %d points, %d cells:" % (name.split("/")[-1], len(times), info.GetNumberOfPoints(),
      info.GetNumberOfCells()),
          ", ".join("%s in [%.5g, %.5g]" % (k, *ranges[k]) for k in sorted(ranges)))
    # what the program says of all rows: "  output  u  1  min mean std max"
    fields = [line.split() for line in open(name + ".txt") if line.startswith(("  input ", "  output "))]
    for words in fields:
        low, high = float(words[-4]), float(words[-1])
        seen = ranges[words[1]]
        assert abs(seen[0] - low) <= 1e-5 * abs(low) and abs(seen[1] - high) <= 1e-5 * abs(high), (words, seen)
END
xvfb-run -a pvpython look.py "$work/cells" "$work/nodes" "$work/line" "$work/flow" "$work/cube" 2>error || {
  cat error >&2
  exit 1
}
