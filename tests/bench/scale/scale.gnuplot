# Weak scaling from jobs/results/scaling_simulated.csv, with overlap: gnuplot tests/bench/scale/scale.gnuplot, at the
# top of the tree.
set terminal pngcairo size 940,440 font "sans,10"
set output "jobs/results/scaling_simulated.png"
set datafile separator ","
set logscale x 2
set xrange [1.5:3000]
set yrange [0:1.05]
set xtics (2, 8, 64, 256, 1024, 2048) rotate by 45 right
set xlabel "ranks (simulated)" offset 0, 1
set key below vertical maxrows 3 samplen 2 width -3 font ",9"
set grid ytics
pick(topology, bandwidth, leaves) = sprintf( \
  "< awk -F, '$1 == \"simulated\" && $2 == \"%s\" && $3 == %s && $4 == 1 && $6 == %d' ". \
  "jobs/results/scaling_simulated.csv | sort -t, -n -k5", topology, bandwidth, leaves)
array bandwidth[3] = ["12.5", "3.1", "0.39"]
set multiplot layout 1,2
do for [leaves in "1 8"] {
  set title leaves eq "1" ? "one micro-batch of 5 a rank and step" : "8 micro-batches of 5 a rank and step"
  set ylabel "efficiency, weak scaling"
  plot for [b = 1:3] pick("fat_tree", bandwidth[b], int(leaves)) using 5:8 \
         with linespoints lw 2 lc b pt 7 title "fat tree, ".bandwidth[b]." GB/s", \
       for [b = 1:3] pick("dragonfly", bandwidth[b], int(leaves)) using 5:8 \
         with linespoints dt 2 lw 2 lc b pt 6 title "dragonfly, ".bandwidth[b]." GB/s"
}
unset multiplot
