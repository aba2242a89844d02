# Virtual users over the run
# Draw it again with: gnuplot users.gp

load 'style.gp'

# What fits the data:
x_unit = 1.0
set xrange [0:98]
set xlabel 'Time (s)'
set yrange [0:10.8]
empty = 0
alone_1 = 0
alone_2 = 0

# The picture:
set ylabel 'Virtual users'
unset key
set style fill solid 0.15 noborder

data = 'users.dat'
draw = empty ? nothing('no users') : \
    "plot data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue, " . \
    "     data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8"
eval picture('users')
