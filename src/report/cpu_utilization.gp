set ylabel 'CPU utilization (%)'
unset key
set style fill solid 0.15 noborder

data = 'cpu_utilization.dat'
draw = empty ? nothing('no utilization') : \
    "plot data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue, " . \
    "     data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8"
eval picture('cpu_utilization')
