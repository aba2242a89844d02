# Warm ones pale and small below, cold ones large above them.
set style line 1 linecolor rgb blue pointtype 7 pointsize 0.22
set style line 2 linecolor rgb '#888888' pointtype 2 pointsize 0.4
set style line 3 linecolor rgb red pointtype 9 pointsize 0.8

if (legend_title ne '') set key title legend_title; height = page ? height : height + 15

# A logarithmic axis has no zero.
y(ms) = (ms < y_min ? y_min : ms) / y_unit

data = figure . '.dat'
kind(block, style, name) = sprintf("data index %d using ($1/x_unit):(y($2)) with points " . \
    "linestyle %d title '%s', ", block, style, name)
draw = empty ? nothing : \
    "plot " . (warm ? kind(0, 1, 'warm') : '') . (unknown ? kind(1, 2, 'unknown') : '') . \
    (cold ? kind(2, 3, 'cold') : '') . 'NaN notitle'
eval picture(figure)
