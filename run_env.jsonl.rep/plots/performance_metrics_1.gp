# gnuplot performance_metrics_1.gp, in this folder, draws performance_metrics_1.png and performance_metrics_1.svg again.
reset session
set encoding utf8
set datafile missing "?"
set border 3 lc rgb "#808080"
set tics nomirror out scale 0.5 textcolor rgb "#404040"
set grid ytics lt 1 lw 0.5 lc rgb "#D8D8D8"
set key at graph 0, graph 1.02 left bottom horizontal Left reverse samplen 2.5
set tmargin 5
set border 11
set title 'Throughput and total time, workers = 1' offset 0,1.2 font ",17"
set xrange [0:2]
set yrange [0:1]
set ytics (0)
set xlabel 'Batch'
set ylabel 'Throughput (tokens/s)' textcolor rgb "#0072B2"
set xtics ("1" 1)
set y2range [0:0.00170189316]
set y2tics
set y2label 'Total time (s)' textcolor rgb "#C05500"
set terminal pngcairo size 1280,640 font "DejaVu Sans,15" noenhanced
set output 'performance_metrics_1.png'
plot 'performance_metrics_1.dat' index 0 using 1:2 axes x1y2 with linespoints lw 2 dt 2 pt 9 ps 1 lc rgb "#D55E00" title 'Total time (s)', \
     'performance_metrics_1.dat' index 1 using 1:2 with points pt 2 ps 1.2 lw 2 lc rgb "#C1272D" title 'failed'
set terminal svg size 960,480 dynamic font "DejaVu Sans,14" noenhanced
set output 'performance_metrics_1.svg'
replot
set output
