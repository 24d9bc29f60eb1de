package service

// TestResult is what one test inside the file showed.
type TestResult struct {
	Name     string    `json:"name"`
	Pointer  string    `json:"pointer"`
	Failures []Failure `json:"failures,omitempty"`
}

// Passed reports whether everything was as the test wants it.
func (r *TestResult) Passed() bool { return len(r.Failures) == 0 }

// Failure is one difference between what a test wants and what it got.
type Failure struct {
	Pointer string `json:"pointer"` // of the wanted value inside the file
	Want    string `json:"want"`
	Got     string `json:"got"`
	Message string `json:"message,omitempty"`
}

// RunTests runs the tests that the file carries, offline.
func RunTests(s *Service) []TestResult { return nil }

// Failed is every failure as a problem of the file.
func Failed(results []TestResult) Problems { return nil }
