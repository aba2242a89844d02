set style fill solid 0.15 noborder
if (|titles| == 1) unset key

# Dashes on top, so that both are seen where they are equal.
data = figure . '.dat'
first = "data using ($1/x_unit):2 with lines linecolor rgb blue linewidth 1.8"
filled = "data using ($1/x_unit):2 with filledcurves y1=0 linecolor rgb blue"
draw = empty ? nothing : \
    |titles| == 1 ? 'plot ' . filled . ', ' . first : \
    'plot ' . filled . ' notitle, ' . first . ' title titles[1], ' . \
    "data using ($1/x_unit):3 with lines linecolor rgb orange linewidth 1.8 dashtype (5, 4) " . \
    "title titles[2]"
eval picture(figure)
