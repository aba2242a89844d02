# Billable instance time, in seconds per second
# Draw it again with: gnuplot billable_instance_time.gp

load 'style.gp'

# What fits the data:
x_unit = 1.0
set xrange [0:98]
set xlabel 'Time (s)'
set yrange [0:6.25025186]
empty = 0
alone_1 = 0
alone_2 = 0

# The picture:
set ylabel 'Billable time (s per s)'
unset key
set style fill solid 0.15 noborder

data = 'billable_instance_time.dat'
draw = empty ? nothing('nothing billable') : \
    "plot data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue, " . \
    "     data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8"
eval picture('billable_instance_time')
