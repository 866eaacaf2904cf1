# The tables of jobs/results/README.md from scaling_simulated.csv: efficiency with 1, 2, 8 micro-batches a rank and
# step. awk -F, -f tests/bench/scale/scale.awk jobs/results/scaling_simulated.csv
$1 == "simulated" { efficiency[$2, $3, $4, $5, $6] = sprintf("%.0f %%", 100 * $8) }
END {
  split("64 256 1024 2048", ranks, " ")
  split("0.39 3.1 12.5", bandwidth, " ")
  split("fat_tree dragonfly", topology, " ")
  for (overlap = 1; overlap >= 0; overlap--) {
    print overlap ? "along with backward:\n" : "\nafter backward:\n"
    print "| GB/s of a rank, network | 64 ranks | 256 | 1,024 | 2,048 |\n|---|---|---|---|---|"
    for (b = 1; b <= 3; b++)
      for (t = 1; t <= 2; t++) {
        line = "| " bandwidth[b] ", " (t == 1 ? "fat tree" : "dragonfly") " |"
        for (r = 1; r <= 4; r++) {
          cell = ""
          for (i = 1; i <= 8; i *= i == 1 ? 2 : 4)
            if ((topology[t], bandwidth[b], overlap, ranks[r], i) in efficiency)
              cell = cell (cell == "" ? "" : ", ") efficiency[topology[t], bandwidth[b], overlap, ranks[r], i]
          line = line " " (cell == "" ? "-" : cell) " |"
        }
        if (line ~ /%/) print line
      }
  }
}
