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

data = figure . '.dat'
draw = empty ? nothing : \
    "plot for [i = 0:lines - 1] data index i using 1:(y($2)) with linespoints " . \
    "linestyle (aggregated ? i + 1 : i + 2) pointnumber 6 title columnheader(name)"
eval picture(figure)
