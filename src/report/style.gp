# What all figures share; a script loads it before it sets what is its own.
# A figure is one column of a paper wide: 420 px with letters of 12 px, which are 7 pt when it is
# printed 3.5 in wide.

reset
set encoding utf8
# Where the page of all figures loads the script, it says where on it this one goes.
page = exists('page_width')
if (page) set origin page_x, page_y + page_line; set size page_width, page_height - 1.7 * page_line
if (page) set label 1 page_caption at graph 0.5, screen page_y + 0.5 * page_line center noenhanced
set datafile separator whitespace

width = 420
height = 262

# Okabe and Ito's colours, told apart by colour-blind readers; the first two differ in grey too.
blue = '#0072B2'; orange = '#E69F00'; green = '#009E73'
purple = '#CC79A7'; sky = '#56B4E9'; red = '#D55E00'
ink = '#222222'; pale = '#DDDDDD'

set border 3 back linewidth 0.8 linecolor rgb ink
set grid back linetype 1 linewidth 0.5 linecolor rgb pale
set tics nomirror out scale 0.6
set format '%g'
set xlabel offset 0, 0.3
set key outside top center horizontal Left reverse noenhanced samplen 2.8 width 1 textcolor rgb ink

# What a script evaluates before it plots: where the picture goes, and how large.
svg(name) = sprintf("set terminal svg size %d,%d font 'sans-serif,12' linewidth 1 " . \
    "background rgb 'white' noenhanced name '%s'; set output '../%s.svg'", \
    width, height, name, name)
# In a PNG 12 is points of 1/72 in at 96 pixels per inch; in an SVG it is pixels.
scale = 1400.0 / width
png(name) = sprintf("set terminal pngcairo size %d,%d font 'sans-serif,12' " . \
    "fontscale %.4f linewidth %.4f pointscale %.4f " . \
    "background rgb 'white' noenhanced; set output '../%s.png'", \
    int(width * scale + 0.5), int(height * scale), scale * 0.75, scale, scale, name)

# One column of a paper wide. Not every gnuplot has this terminal.
has_pdf = strstrt(GPVAL_TERMINALS, ' pdfcairo ') > 0
pdf(name) = sprintf("set terminal pdfcairo size %.3fin,%.3fin font 'sans-serif,12' " . \
    "fontscale 0.36 linewidth 0.6 pointscale 0.6 " . \
    "background rgb 'white' noenhanced; set output '../%s.pdf'", \
    width / 120.0, height / 120.0, name)

# What it plots when there are no data.
nothing = "set label nothing_text at graph 0.5, graph 0.5 center textcolor rgb '#666666'; " . \
    "plot NaN notitle"

# Draws `draw` into all files, or into its place on the page. Where the data have names, the second
# of them has the letters that every font has.
picture(key) = page ? draw : \
    svg(key) . '; name = 1; ' . draw . '; ' . png(key) . '; name = 2; ' . draw . '; ' . \
    (has_pdf ? pdf(key) . '; ' . draw . '; ' : '') . 'unset output'
