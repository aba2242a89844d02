set ylabel 'Virtual users'
unset key
set style fill solid 0.15 noborder

data = 'users.dat'
draw = empty ? nothing('no users') : \
    "plot data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue, " . \
    "     data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8"
eval picture('users')
