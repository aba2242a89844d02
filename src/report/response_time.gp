set style line 1 linecolor rgb blue linewidth 1.8 pointtype 7 pointsize 0.3
set style line 2 linecolor rgb orange linewidth 1.4 dashtype (6, 2) pointtype 8 pointsize 0.6

# A logarithmic axis has no zero.
y(ms) = (ms < y_min ? y_min : ms) / y_unit

data = 'response_time.dat'
draw = empty ? nothing('no requests') : \
    "plot data using ($2/x_unit):(y($3)) with lines linestyle 1 title 'median', " . \
    "     data using ($2/x_unit):(y($4)) with lines linestyle 2 title '95th percentile'" . \
    (alone_1 ? ", data using ($2/x_unit):(y($5)) with points linestyle 1 notitle" : "") . \
    (alone_2 ? ", data using ($2/x_unit):(y($6)) with points linestyle 2 notitle" : "")
eval picture('response_time')
