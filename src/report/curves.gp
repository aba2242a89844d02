# One panel below the other, over the same loads: times, throughput, share of failures. The interval
# is shaded, the estimate has a vertical line, and limits are dashed. Each panel sets all that another
# one changes.

data = figure . '.dat'
height = 470
set lmargin 11
set rmargin 3
known(x) = x == x
shade = !known(band_low) && !known(band_high) ? '' : \
    sprintf("set object 1 rectangle from first %.9g, graph 0 to %s, graph 1 behind fillcolor rgb '%s' " . \
    "fillstyle solid 0.15 noborder; ", known(band_low) ? band_low : 0, \
    known(band_high) ? sprintf("first %.9g", band_high) : "graph 1", blue)
line = !known(mark) ? '' : \
    sprintf("set arrow 1 from first %.9g, graph 0 to first %.9g, graph 1 nohead linecolor rgb '%s' " . \
    "linewidth 1 dashtype (2, 3); ", mark, mark, blue)
limit(at, name) = !known(at) ? '' : \
    sprintf(", %.9g with lines linecolor rgb red linewidth 1.2 dashtype (6, 3) title '%s'", at, name)
set style line 1 linecolor rgb blue linewidth 1.6 pointtype 7 pointsize 0.4
set style line 2 linecolor rgb orange linewidth 1.6 dashtype (6, 2) pointtype 8 pointsize 0.5
set style line 3 linecolor rgb green linewidth 1.6 dashtype (2, 1.5) pointtype 11 pointsize 0.5

times = time_axis . "set size 1, 0.44; set origin 0, 0.56; set tmargin 2; set bmargin 0.5; " . \
    "set key on maxrows 1 samplen 2 width 0; set format x ''; set xlabel ''; " . \
    "plot for [i = 1:3] data using 1:(column(1 + i) / y_unit) with linespoints linestyle i " . \
    "title titles[i]" . limit(limit_ms / y_unit, 'SLO') . '; '
# An empty label at 1 makes an axis end there or above: gnuplot warns of an axis whose values are all 0.
at_least = ", data using 1:(1):('') with labels"
below = "unset logscale y; set ytics auto; set yrange [0:*]; set tmargin 0.5; unset key; "
rate = below . (known(rate_tics) ? sprintf('set ytics %.9g; ', rate_tics) : '') . \
    "set size 1, 0.23; set origin 0, 0.33; set ylabel 'Successes/s'; " . \
    "plot data using 1:5 with linespoints linestyle 1" . at_least . '; '
share = below . "set size 1, 0.33; set origin 0, 0; set bmargin 3.5; set format x '%g'; " . \
    "set xlabel load_name; set ylabel 'Failures (%)'; " . \
    "plot data using 1:6 with linespoints linestyle 1" . at_least . limit(limit_percent, 'SLO') . '; '
draw = empty ? nothing : shade . line . 'set multiplot; ' . times . rate . share . 'unset multiplot'
eval picture(figure)
