package media

import (
	"image"
	"image/draw"
)

// scale is a picture in w × h, each pixel the mean of those that it stands for, turned as EXIF says. Of the source it holds some rows at a time.
// w and h are at most the source's, before it is turned.
func scale(src image.Image, w, h, turn int) *image.RGBA {
	from := src.Bounds()
	sw, sh := from.Dx(), from.Dy()
	size := image.Rect(0, 0, w, h)
	if turn >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	rows := image.NewRGBA(image.Rect(0, 0, sw, (sh+h-1)/h+1))
	for y := range h {
		top, bottom := y*sh/h, max((y+1)*sh/h, y*sh/h+1)
		n := bottom - top
		draw.Draw(rows, image.Rect(0, 0, sw, n), src, image.Pt(from.Min.X, from.Min.Y+top), draw.Src)
		for x := range w {
			left, right := x*sw/w, max((x+1)*sw/w, x*sw/w+1)
			var r, g, b, a uint32
			for row := range n {
				line := rows.Pix[row*rows.Stride+left*4 : row*rows.Stride+right*4]
				for i := 0; i+3 < len(line); i += 4 {
					r, g, b, a = r+uint32(line[i]), g+uint32(line[i+1]), b+uint32(line[i+2]), a+uint32(line[i+3])
				}
			}
			k := uint32(n * (right - left))
			i := out.PixOffset(turned(x, y, w, h, turn))
			out.Pix[i], out.Pix[i+1], out.Pix[i+2], out.Pix[i+3] = uint8((r+k/2)/k), uint8((g+k/2)/k), uint8((b+k/2)/k), uint8((a+k/2)/k)
		}
	}
	return out
}

// turned is where the pixel (x, y) of a w × h picture belongs once it is turned: EXIF 2.3, 4.6.4 A, Orientation.
func turned(x, y, w, h, turn int) (int, int) {
	switch turn {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}

// within is the size of w × h where no side is longer than most.
func within(w, h, most int) (int, int) {
	if longest := max(w, h); longest > most {
		w, h = max(w*most/longest, 1), max(h*most/longest, 1)
	}
	return w, h
}
