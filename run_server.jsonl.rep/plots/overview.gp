# gnuplot overview.gp, in this folder, draws overview.png and overview.svg again.
reset session
set encoding utf8
set datafile missing "?"
set border 3 lc rgb "#808080"
set tics nomirror out scale 0.5 textcolor rgb "#404040"
set grid ytics lt 1 lw 0.5 lc rgb "#D8D8D8"
set key at graph 0, graph 1.02 left bottom horizontal Left reverse samplen 2.5
set tmargin 5
set title 'Capacity curve' offset 0,1.2 font ",17"
set xrange [0:2]
set yrange [0:42.21084029]
set xlabel 'Requests in flight'
set ylabel 'Throughput (tokens/s)'
set terminal pngcairo size 1280,640 font "DejaVu Sans,15" noenhanced
set output 'overview.png'
plot 'overview.dat' index 0 using 1:2 with points pt 7 ps 1.2 lw 2 lc rgb "#0072B2" title 'fitted points'
set terminal svg size 680,420 dynamic font "DejaVu Sans,14" noenhanced
set output 'overview.svg'
replot
set output
