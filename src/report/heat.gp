# Each field is filled by how many requests it has; an empty one stays white.
set style fill solid 1.0 noborder
set colorbox user horizontal origin graph 0.28, graph 1.05 size graph 0.72, graph 0.04 noborder
set cbtics scale 0 offset 0, 1.9 font ',10'
set label 2 counted at graph 0.26, graph 1.07 right textcolor rgb ink
set tmargin 2.6
unset key

# A little of the next field too: else the page would shine through between them.
more = 1.04
x_end(from, to) = (from + (to - from) * more) / x_unit
y_end(from, to) = from * (to / from) ** more

data = figure . '.dat'
draw = empty ? nothing : \
    "plot data using (($1 + $2) / 2 / x_unit):(sqrt($3 * $4)):" . \
    "($1 / x_unit):(x_end($1, $2)):3:(y_end($3, $4)):($5 + 0.5) " . \
    "with boxxyerror linecolor palette notitle"
eval picture(figure)
