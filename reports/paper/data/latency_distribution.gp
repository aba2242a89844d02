# Response time by percentile
# Draw it again with: gnuplot latency_distribution.gp

load 'style.gp'

# What fits the data:
set xlabel 'Percentile'
set logscale x
set xrange [1:641.55]
set xtics ('0' 1, '50%%' 2, '90%%' 1e1, '99%%' 1e2, '99.9%%' 1e3, '99.99%%' 1e4, '99.999%%' 1e5, '99.9999%%' 1e6, '99.99999%%' 1e7)
set ylabel 'Response time (log scale)'
set logscale y
set yrange [1:50000]
y_unit = 1.0
y_min = 1
set ytics ('1 ms' 1 0, '' 2 1, '' 3 1, '' 4 1, '' 5 1, '' 6 1, '' 7 1, '' 8 1, '' 9 1, '10 ms' 10 0, '' 20 1, '' 30 1, '' 40 1, '' 50 1, '' 60 1, '' 70 1, '' 80 1, '' 90 1, '100 ms' 100 0, '' 200 1, '' 300 1, '' 400 1, '' 500 1, '' 600 1, '' 700 1, '' 800 1, '' 900 1, '1 s' 1000 0, '' 2000 1, '' 3000 1, '' 4000 1, '' 5000 1, '' 6000 1, '' 7000 1, '' 8000 1, '' 9000 1, '10 s' 10000 0, '' 20000 1, '' 30000 1, '' 40000 1, '' 50000 1)
lines = 3
aggregated = 1
legend_columns = 3
legend_title = ''

# The picture:
# The picture grows with its legend.
height = height + 15 * ((lines - 1) / legend_columns + (legend_title eq '' ? 0 : 1))
set key maxcols legend_columns title legend_title

# The first style is for all requests together, the others for the endpoints.
set style line 1 linecolor rgb 'black' linewidth 2.2 pointtype 7 pointsize 0.35
set style line 2 linecolor rgb blue   linewidth 1.5 dashtype (8, 2) pointtype 5 pointsize 0.45
set style line 3 linecolor rgb orange linewidth 1.5 dashtype (4, 2) pointtype 9 pointsize 0.5
set style line 4 linecolor rgb green  linewidth 1.5 dashtype (2, 1.5) pointtype 11 pointsize 0.5
set style line 5 linecolor rgb purple linewidth 1.5 dashtype (8, 2, 2, 2) pointtype 13 pointsize 0.5
set style line 6 linecolor rgb sky    linewidth 1.5 dashtype (12, 2) pointtype 4 pointsize 0.5
set style line 7 linecolor rgb red    linewidth 1.5 dashtype (5, 2, 1, 2) pointtype 6 pointsize 0.5

y(ms) = (ms < y_min ? y_min : ms) / y_unit

data = 'latency_distribution.dat'
draw = lines == 0 ? nothing('no requests') : \
    "plot for [i = 0:lines - 1] data index i using 1:(y($2)) with linespoints " . \
    "linestyle (aggregated ? i + 1 : i + 2) pointnumber 6 title columnheader(name)"
name = 1
eval svg('latency_distribution')
eval draw
name = 2 # with the letters that every font has
eval png('latency_distribution')
eval draw
unset output
