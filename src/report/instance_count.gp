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
