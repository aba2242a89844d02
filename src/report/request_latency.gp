set style line 1 linecolor rgb red linewidth 1.6 pointtype 7 pointsize 0.3
set style line 2 linecolor rgb blue linewidth 1.6 dashtype (6, 2) pointtype 8 pointsize 0.6
set key title (means ? 'mean' : '95th percentile')
height = page ? height : height + 15

# A logarithmic axis has no zero.
y(ms) = (ms < y_min ? y_min : ms) / y_unit

data = 'request_latency.dat'
draw = empty ? nothing('no requests') : \
    "plot data using ($2/x_unit):(y($3)) with lines linestyle 1 title 'with start-up', " . \
    "     data using ($2/x_unit):(y($4)) with lines linestyle 2 title 'without'" . \
    (alone_1 ? ", data using ($2/x_unit):(y($5)) with points linestyle 1 notitle" : "") . \
    (alone_2 ? ", data using ($2/x_unit):(y($6)) with points linestyle 2 notitle" : "")
eval picture('request_latency')
