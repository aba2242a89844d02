# The server's latency over the run, with and without start-up
# Draw it again with: gnuplot request_latency.gp

load 'style.gp'

# What fits the data:
means = 0
x_unit = 1.0
set xrange [0:98]
set xlabel 'Time (s)'
set ylabel 'Latency (log scale)'
set logscale y
set yrange [200:50000]
y_unit = 1.0
y_min = 200
set ytics ('200 ms' 200 0, '' 300 1, '' 400 1, '500 ms' 500 0, '' 600 1, '' 700 1, '' 800 1, '' 900 1, '1 s' 1000 0, '2 s' 2000 0, '' 3000 1, '' 4000 1, '5 s' 5000 0, '' 6000 1, '' 7000 1, '' 8000 1, '' 9000 1, '10 s' 10000 0, '20 s' 20000 0, '' 30000 1, '' 40000 1, '50 s' 50000 0)
empty = 0
alone_1 = 0
alone_2 = 0

# The picture:
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
