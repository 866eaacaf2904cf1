# The measures of condensation over the epochs, mean over blocks and seeds: gnuplot -e "table =
# 'jobs/results/condensation_measures.csv'" jobs/condensation_measures.gnuplot
set terminal pngcairo size 1100,620 font "sans,10"
set output table[1:strlen(table) - 4].".png"
set xlabel "epoch"
set grid ytics
set key off
laws = "none line_of_centres line_of_centres line_of_centres uniform uniform uniform"
rates = "0 0.1 0.3 1 0.1 0.3 1"
colours = "#000000 #56b4e9 #0072b2 #cc79a7 #e69f00 #d55e00 #009e73"
name(i) = word(laws, i) eq "none" ? "no collisions" : \
    (word(laws, i) eq "uniform" ? "uniform, rate " : "line of centres, rate ").word(rates, i)
pick(i, kind, column) = sprintf( \
    "< awk -F, '$1 == \"%s\" && $2 == %s && $5 ~ /%s/ { s[$4] += $%d; n[$4]++ } ". \
    "END { for (e in s) print e, s[e] / n[e] }' %s | sort -n", word(laws, i), word(rates, i), kind, column, table)
set multiplot layout 2,4 columnsfirst
do for [c = 1:3] {
  do for [kind in "linear spectral"] {
    set title word("participation alignment effective", c).(c == 1 ? " ratio" : c == 3 ? " rank" : ""). \
      ", ".kind." weights"
    # far above at the start, where all initial weights are positive
    if (kind eq "spectral" && c == 2) { set yrange [0.05:0.3] }
    if (kind eq "spectral" && c == 3) { set yrange [10:28] }
    plot for [i = 1:7] pick(i, kind, 5 + c) using 1:2 with linespoints lw 2 pt 7 ps 0.5 lc rgb word(colours, i)
    set autoscale y
  }
}
set title "test error, %"
set yrange [2:6]
plot for [i = 1:7] pick(i, "block0.linear", 10) using 1:(100 * $2) \
  with linespoints lw 2 pt 7 ps 0.5 lc rgb word(colours, i)
unset title
unset tics
unset xlabel
unset border
unset grid
set key on at graph 1.05, graph 0.95
set xrange [0:1]
set yrange [0:1]
plot for [i = 1:7] NaN with lines lw 3 lc rgb word(colours, i) title name(i)
unset multiplot
