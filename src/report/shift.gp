# One panel below the other: all requests, then the endpoints. How much slower each percentile is,
# in percent of the base, and the band in which that is known to lie.

set xlabel 'Percentile'
set lmargin 9
set yrange [*<0:0<*]
set xrange [0:100]
set style fill solid 0.25 noborder
set key outside top left horizontal Left noreverse samplen 1.5
data = figure . '.dat'
height = 190 * panels + 40
panel(i) = sprintf("plot data index %d using 1:3:4 with filledcurves linecolor rgb blue " . \
    "notitle, 0 with lines linecolor rgb ink linewidth 0.8 notitle, '' index %d using 1:2 with lines " . \
    "linecolor rgb blue linewidth 1.6 title columnheader(name)", i, i)
draw = empty ? nothing : \
    "set multiplot layout panels, 1; do for [i = 0:panels - 1] { eval panel(i) }; unset multiplot"
has_pdf = 0
eval picture(figure)
