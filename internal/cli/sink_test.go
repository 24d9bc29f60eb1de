package cli

import (
	"fmt"
	"io"
	"regexp"
	"testing"
	"testing/synctest"
	"time"
)

func TestAStreamThatNobodyReadsHoldsUpOneLineOnceAndSaysWhatIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := &sink{to: w}
		began := time.Now()
		for i := range 4 {
			if n, err := fmt.Fprintf(s, "line %d\n", i); n != 7 || err != nil {
				t.Errorf("wrote %d, %v", n, err)
			}
		}
		if took := time.Since(began); took != patience {
			t.Errorf("four lines that nobody takes held up their caller for %v, want %v", took, patience)
		}
		read := make(chan string)
		go func() {
			b, _ := io.ReadAll(r)
			read <- string(b)
		}()
		synctest.Wait()
		for i := 4; i < 6; i++ {
			fmt.Fprintf(s, "line %d\n", i)
		}
		w.Close()
		got := <-read
		if !regexp.MustCompile(`^line 0\ntime=\S+ level=WARN msg="nobody took what was said here" lost=3\nline 4\nline 5\n$`).MatchString(got) {
			t.Errorf("read %q", got)
		}
	})
}
