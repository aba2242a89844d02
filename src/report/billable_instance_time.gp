set ylabel 'Billable time (s per s)'
unset key
set style fill solid 0.15 noborder

data = 'billable_instance_time.dat'
draw = empty ? nothing('nothing billable') : \
    "plot data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue, " . \
    "     data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8"
eval picture('billable_instance_time')
