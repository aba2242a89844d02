# One panel below the other: all requests, then the endpoints. How much slower each percentile is, in
# percent of the base, and the band in which that is known to lie.

set xlabel 'Percentile'
set ylabel 'Slower by (%)'
set lmargin 9
set yrange [*<0:0<*]
set xrange [0:100]
set style fill solid 0.25 noborder
set key outside top left horizontal Left noreverse samplen 1.5
data = 'shift.dat'
height = 190 * panels + 40
panel(i) = sprintf("plot data index %d using 1:3:4 with filledcurves linecolor rgb blue notitle, " . \
    "0 with lines linecolor rgb ink linewidth 0.8 notitle, '' index %d using 1:2 with lines " . \
    "linecolor rgb blue linewidth 1.6 title columnheader(name)", i, i)
draw = panels == 0 ? nothing('too few requests') : \
    "set multiplot layout panels, 1; do for [i = 0:panels - 1] { eval panel(i) }; unset multiplot"
name = 1
eval svg('shift')
eval draw
name = 2 # with the letters that every font has
eval png('shift')
eval draw
unset output
