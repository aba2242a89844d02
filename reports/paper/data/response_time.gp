# Response time over the run: median and 95th percentile
# Draw it again with: gnuplot response_time.gp

load 'style.gp'

# What fits the data:
x_unit = 1.0
set xrange [0:98]
set xlabel 'Time (s)'
set ylabel 'Response time (log scale)'
set logscale y
set yrange [50:50000]
y_unit = 1.0
y_min = 50
set ytics ('50 ms' 50 0, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '100 ms' 100 0, '200 ms' 200 0, '' 300 1, '' 400 1, '500 ms' 500 0, '' 600 1, '' 700 1, '' 800 1, '' 900 1, '1 s' 1000 0, '2 s' 2000 0, '' 3000 1, '' 4000 1, '5 s' 5000 0, '' 6000 1, '' 7000 1, '' 8000 1, '' 9000 1, '10 s' 10000 0, '20 s' 20000 0, '' 30000 1, '' 40000 1, '50 s' 50000 0)
empty = 0
alone_1 = 0
alone_2 = 0

# The picture:
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
