package hmsffi_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheCodeOfTheReadmeIsThatOfTheExamples(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	check(t, err)
	examples := ""
	files, err := filepath.Glob("example*_test.go")
	check(t, err)
	for _, file := range files {
		code, err := os.ReadFile(file)
		check(t, err)
		examples += string(code)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 6 {
		t.Fatalf("found %d blocks", len(blocks))
	}
	for _, block := range blocks {
		if !strings.Contains(examples, block[1]) {
			t.Errorf("no example has this code:\n%s", block[1])
		}
	}
}
