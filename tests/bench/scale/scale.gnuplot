# Weak scaling from jobs/results/scaling_simulated.csv, with overlap: gnuplot tests/bench/scale/scale.gnuplot, at the top of the tree.
set terminal pngcairo size 900,380 font "sans,10"
set output "jobs/results/scaling_simulated.png"
set datafile separator ","
set logscale x 2
set xrange [1.5:3000]
set yrange [0:1.05]
set xlabel "ranks (simulated)"
set key bottom right
set grid ytics
pick(topology, bandwidth, leaves) = sprintf("< awk -F, '$1 == \"simulated\" && $2 == \"%s\" && $3 == %s && $4 == 1 && $6 == %d' jobs/results/scaling_simulated.csv | sort -t, -n -k5", topology, bandwidth, leaves)
set multiplot layout 1,2
do for [leaves in "1 8"] {
  set title leaves eq "1" ? "one micro-batch of 5 a rank and step" : "8 micro-batches of 5 a rank and step"
  set ylabel "efficiency, weak scaling"
  plot for [b in "12.5 3.1 0.39"] pick("fat_tree", b, int(leaves)) using 5:8 with linespoints lw 2 title "fat tree, ".b." GB/s a rank", \
       for [b in "12.5 3.1 0.39"] pick("dragonfly", b, int(leaves)) using 5:8 with linespoints dt 2 title "dragonfly, ".b." GB/s"
}
unset multiplot
