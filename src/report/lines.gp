if (legend_title ne '') set key title legend_title; height = page ? height : height + 15

if (|titles| == 1) unset key

# A logarithmic axis has no zero.
y(v) = (v < y_min ? y_min : v) / y_unit

# A value without a neighbour is a point: a line would not show it.
dots(i) = !alone[i] ? '' : sprintf(", data using ($2/x_unit):(y($%d)) with points " . \
    "linestyle %d notitle", 2 + |alone| + i, i)

data = figure . '.dat'
draw = empty ? nothing : "plot for [i = 1:|titles|] data using ($2/x_unit):(y(column(2 + i))) " . \
    "with lines linestyle i title titles[i]"
do for [i = 1:|alone|] { draw = empty ? draw : draw . dots(i) }
eval picture(figure)
