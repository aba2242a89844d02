# What all figures share; a script loads it before it sets what is its own.
# A figure is one column of a paper wide: 420 px at 12 px letters, printed at 3.5 in the letters are 7 pt.

reset
set encoding utf8
set datafile separator whitespace

width = 420
height = 262

# Okabe and Ito's colours, told apart by colour-blind readers; the first two differ in grey too.
blue = '#0072B2'; orange = '#E69F00'; green = '#009E73'; purple = '#CC79A7'; sky = '#56B4E9'; red = '#D55E00'
ink = '#222222'; pale = '#DDDDDD'

set border 3 back linewidth 0.8 linecolor rgb ink
set grid back linetype 1 linewidth 0.5 linecolor rgb pale
set tics nomirror out scale 0.6
set format '%g'
set xlabel offset 0, 0.3
set key outside top center horizontal Left reverse noenhanced samplen 2.8 width 1 textcolor rgb ink

svg(name) = sprintf("set terminal svg size %d,%d font 'sans-serif,12' linewidth 1 background rgb 'white' noenhanced name '%s'; set output '../%s.svg'", width, height, name, name)
# 12 is pixels there and points of 1/72 in at 96 per inch here.
scale = 1400.0 / width
png(name) = sprintf("set terminal pngcairo size 1400,%d font 'sans-serif,12' fontscale %.4f linewidth %.4f pointscale %.4f background rgb 'white' noenhanced; set output '../%s.png'", int(height * scale), scale * 0.75, scale, scale, name)
no_requests = "set label 'no requests' at graph 0.5, graph 0.5 center textcolor rgb '#666666'; plot NaN notitle"
