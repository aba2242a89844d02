# Requests per second: sent by the client and arrived at the server
# Draw it again with: gnuplot request_count.gp

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
set ylabel 'Requests per second'
set style line 1 linecolor rgb blue linewidth 1.6 pointtype 7 pointsize 0.3
set style line 2 linecolor rgb orange linewidth 1.6 dashtype (6, 2) pointtype 8 pointsize 0.6

data = 'request_count.dat'
draw = empty ? nothing('no requests') : \
    "plot data using ($2/x_unit):3 with lines linestyle 1 title 'sent (client)', " . \
    "     data using ($2/x_unit):4 with lines linestyle 2 title 'arrived (server)'" . \
    (alone_1 ? ", data using ($2/x_unit):5 with points linestyle 1 notitle" : "") . \
    (alone_2 ? ", data using ($2/x_unit):6 with points linestyle 2 notitle" : "")
eval picture('request_count')
