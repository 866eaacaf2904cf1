# Error against operations, of classifiers the error rate, mean and deviation over the seeds:
# gnuplot -e "table = 'jobs/results/condensation.csv'" jobs/condense_study.gnuplot
set terminal pngcairo size 900,420 font "sans,10"
set output table[1:strlen(table) - 4].".png"
set xlabel "MFLOP a sample, forward"
shares = system(sprintf("head -n 1 %s | grep -c accuracy", table)) + 0
set ylabel shares ? "error rate on test samples, %" : "relative L2 error on test samples, %"
set grid ytics
if (!shares) set xrange [2:12.5]
set key outside right center
# mean MFLOP, mean error, its deviation over the seeds
pick(residual, network) = sprintf("< awk -F, '$1 == \"%s\" && $4 == \"%s\" && !s[$2,$3]++ { ". \
  "n[$3]++; f[$3] += $9; x = %s; e[$3] += x; q[$3] += x * x } ". \
  "END { for (k in n) { m = e[k] / n[k]; v = n[k] > 1 ? (q[k] - n[k] * m * m) / (n[k] - 1) : 0; ". \
  "print f[k] / n[k], m, (v > 0 ? sqrt(v) : 0) } }' %s | sort -n", \
  residual, network, shares ? "1 - $NF" : "$10", table)
colour(residual) = residual eq "collision" ? "#0072b2" : "#d55e00"
plot for [r in "collision plain"] pick(r, "fine-tuned") using 1:(100 * $2):(100 * $3) \
       with yerrorlines lw 2 pt 7 lc rgb colour(r) title r.", condensed", \
     for [r in "collision plain"] pick(r, "scratch") using 1:(100 * $2):(100 * $3) \
       with yerrorlines lw 2 dt 2 pt 6 lc rgb colour(r) title r.", small from scratch", \
     for [r in "collision plain"] pick(r, "full") using 1:(100 * $2):(100 * $3) \
       with yerrorbars lw 2 pt 5 lc rgb colour(r) title r.", full network", \
     for [r in "collision plain"] pick(r, "long") using 1:(100 * $2):(100 * $3) \
       with yerrorbars lw 2 pt 4 lc rgb colour(r) title r.", full, trained as long"
