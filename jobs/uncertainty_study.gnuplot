# Coverage and rank histograms of ensembles, all seeds: gnuplot -e "table = 'jobs/results/uncertainty.csv'"
# jobs/uncertainty_study.gnuplot
set terminal pngcairo size 1200,400 font "sans,9"
base = table[1:strlen(table) - 4]
set output base.".png"
networks = "collision collision_rare dropout_element dropout_channel"
names = "'collisions, rate 1' 'collisions, rate 0.3' 'dropout of elements' 'dropout of channels'"
colours = "#0072b2 #56b4e9 #d55e00 #e69f00"
set grid ytics
set multiplot layout 1,3
set title "points in 90 % intervals, %: open as they are, full fitted"
set xrange [0.5:8.5]
set yrange [50:101]
set key off
set xtics ("Darcy" 2.5, "Burgers" 6.5)
set object 1 rectangle from graph 0, first 85 to graph 1, first 95 \
  fillcolor rgb "#e8e8e8" fillstyle solid noborder behind
cover(problem, i, fitted) = sprintf( \
  "< awk -F, '$1 == \"%s\" && $2 == \"%s\" && $4 ~ /_test/ && ($8 > 0) == %d { print 100 * $11 }' %s", \
  problem, word(networks, i), fitted, table)
plot for [i = 1:4] cover("darcy", i, 0) using (i - 0.1):1 with points pt 6 ps 1.2 lw 1.5 lc rgb word(colours, i), \
     for [i = 1:4] cover("darcy", i, 1) using (i + 0.1):1 with points pt 7 ps 1.2 lc rgb word(colours, i), \
     for [i = 1:4] cover("burgers", i, 0) using (i + 3.9):1 with points pt 6 ps 1.2 lw 1.5 lc rgb word(colours, i), \
     for [i = 1:4] cover("burgers", i, 1) using (i + 4.1):1 with points pt 7 ps 1.2 lc rgb word(colours, i)
unset object 1
set autoscale
set xtics autofreq
set yrange [0:2]
set xlabel "rank of the truth among the members, fitted"
histogram(problem, i) = sprintf( \
  "< awk -F, '$1 == \"%s\" && $2 == \"%s\" { n[$4] += $5; all += $5; m = $4 > m ? $4 : m } ". \
  "END { for (k = 0; k <= m; k++) print k, n[k] / all * (m + 1) }' %s_ranks.csv", problem, word(networks, i), base)
do for [problem in "darcy burgers"] {
  set title (problem eq "darcy" ? "Darcy" : "Burgers").": frequency, 1 where truth is a member like others"
  if (problem eq "burgers") { set key top center }
  plot for [i = 1:4] histogram(problem, i) using 1:2 \
    with linespoints lw 2 pt 7 ps 0.6 lc rgb word(colours, i) title word(names, i)
}
unset multiplot
