# Container instances over the run: active and idle
# Draw it again with: gnuplot instance_count.gp

load 'style.gp'

# What fits the data:
x_unit = 1.0
set xrange [0:98]
set xlabel 'Time (s)'
set yrange [0:6.48]
empty = 0
alone_1 = 0
alone_2 = 0

# The picture:
set ylabel 'Container instances'
set style fill solid 0.15 noborder

# Dashes on top, so that both are seen where they are equal.
data = 'instance_count.dat'
draw = empty ? nothing('no instances') : \
    "plot data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue notitle, " . \
    "     data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8 title 'active', " . \
    "     data using ($1/x_unit):3 with lines linecolor rgb orange linewidth 1.8 " . \
    "     dashtype (5, 4) title 'idle'"
eval picture('instance_count')
