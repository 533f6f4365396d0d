# gnuplot levels.gp, in this folder, draws levels.png and levels.svg again.
reset session
set encoding utf8
set datafile missing "?"
set border 3 lc rgb "#808080"
set tics nomirror out scale 0.5 textcolor rgb "#404040"
set grid ytics lt 1 lw 0.5 lc rgb "#D8D8D8"
unset key
set tmargin 3
set title 'Throughput against batch' offset 0,0 font ",17"
set xrange [0:2]
set yrange [0:42.21084029]
set xlabel 'Batch'
set ylabel 'Throughput (tokens/s)'
set xtics ("1" 1)
set rmargin 12
set label 'W = 1' at first 1, graph 0.9259 left offset 1,0 font ",12" textcolor rgb "#7A2D8F"
set terminal pngcairo size 1280,640 font "DejaVu Sans,15" noenhanced
set output 'levels.png'
plot 'levels.dat' index 0 using 1:2 with linespoints lw 2 dt 1 pt 7 ps 1 lc rgb "#7A2D8F" notitle
set terminal svg size 960,480 dynamic font "DejaVu Sans,14" noenhanced
set output 'levels.svg'
replot
set output
