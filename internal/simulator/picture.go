package simulator

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"sync"
	"time"
)

// picture is a small landscape, drawn once: something to see in an MMS.
var picture = sync.OnceValue(func() []byte {
	const w, h = 320, 200
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(90 + y/2), uint8(150 + y/3), 235, 255} // sky
			if dx, dy := x-240, y-60; dx*dx+dy*dy < 28*28 {
				c = color.RGBA{255, 214, 102, 255} // sun
			}
			if ridge := 150 - abs(x-90)/2; y > ridge {
				c = color.RGBA{64, 92, 110, 255}
			}
			if ridge := 165 - abs(x-230)/3; y > ridge {
				c = color.RGBA{46, 71, 86, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // an image in memory always encodes
	}
	return b.Bytes()
})

func abs(n int) int { return max(n, -n) }

func servePicture(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "image/png")
	http.ServeContent(w, r, "sample.png", time.Time{}, bytes.NewReader(picture()))
}
