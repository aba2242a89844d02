# CPU utilization of the instances over the run
# Draw it again with: gnuplot cpu_utilization.gp

load 'style.gp'

# What fits the data:
x_unit = 1.0
set xrange [0:98]
set xlabel 'Time (s)'
set yrange [0:120.519467]
empty = 0
alone_1 = 0
alone_2 = 0

# The picture:
set ylabel 'CPU utilization (%)'
unset key
set style fill solid 0.15 noborder

data = 'cpu_utilization.dat'
draw = empty ? nothing('no utilization') : \
    "plot data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue, " . \
    "     data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8"
eval picture('cpu_utilization')
