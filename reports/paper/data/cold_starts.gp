# Latency of the requests over the run, cold starts marked
# Draw it again with: gnuplot cold_starts.gp

load 'style.gp'

# What fits the data:
guess = 0
x_unit = 1.0
set xrange [0:98]
set xlabel 'Time (s)'
set ylabel 'Latency (log scale)'
set logscale y
set yrange [1:50000]
y_unit = 1.0
y_min = 1
set ytics ('1 ms' 1 0, '' 2 1, '' 3 1, '' 4 1, '' 5 1, '' 6 1, '' 7 1, '' 8 1, '' 9 1, '10 ms' 10 0, '' 20 1, '' 30 1, '' 40 1, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '100 ms' 100 0, '' 200 1, '' 300 1, '' 400 1, '' 500 1, '' 600 1, '' 700 1, '' 800 1, '' 900 1, '1 s' 1000 0, '' 2000 1, '' 3000 1, '' 4000 1, '' 5000 1, '' 6000 1, '' 7000 1, '' 8000 1, '' 9000 1, '10 s' 10000 0, '' 20000 1, '' 30000 1, '' 40000 1, '' 50000 1)
empty = 0
warm = 1
unknown = 0
cold = 1

# The picture:
# Warm ones pale and small below, cold ones large above them.
set style line 1 linecolor rgb blue pointtype 7 pointsize 0.22
set style line 2 linecolor rgb '#888888' pointtype 2 pointsize 0.4
set style line 3 linecolor rgb red pointtype 9 pointsize 0.8

if (guess) set key title 'as it seems to the client'
height = guess && !page ? height + 15 : height

# A logarithmic axis has no zero.
y(ms) = (ms < y_min ? y_min : ms) / y_unit

data = 'cold_starts.dat'
kind(block, style, name) = sprintf("data index %d using ($1/x_unit):(y($2)) with points " . \
    "linestyle %d title '%s', ", block, style, name)
draw = empty ? nothing('no requests') : \
    "plot " . (warm ? kind(0, 1, 'warm') : '') . (unknown ? kind(1, 2, 'unknown') : '') . \
    (cold ? kind(2, 3, 'cold') : '') . 'NaN notitle'
eval picture('cold_starts')
