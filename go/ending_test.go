package hmsffi_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

// What a Go program leaves in the directory of its domain when it ends: nothing, if it closes or stops its servers, as
// Go runs no exit hooks.
func TestAProgramThatClosesItsServerLeavesNoNameBehind(t *testing.T) {
	if os.Getenv("HMSFFI_TEST_ENDING") != "" {
		serveAndEnd(t, os.Getenv("HMSFFI_TEST_ENDING"))
	}
	for _, ending := range []string{"close", "stop"} {
		folder := t.TempDir()
		child := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
		child.Env = append(os.Environ(), "HMSFFI_TEST_ENDING="+ending, "HMSFFI_DOMAIN=test", "XDG_RUNTIME_DIR="+folder)
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", ending, err, out)
		}
		if left := names(t, folder); len(left) != 0 {
			t.Fatalf("%s leaves %v", ending, left)
		}
	}
}

func serveAndEnd(t *testing.T, ending string) {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{Name: "ending"})
	check(t, err)
	service := &hmsffi.Service{ID: "ending", Version: "1.0.0"}
	service.Method("nothing", func() {})
	check(t, server.RegisterService(service))
	check(t, server.Start())
	if len(names(t, os.Getenv("XDG_RUNTIME_DIR"))) != 2 {
		os.Exit(2)
	}
	switch ending {
	case "close":
		check(t, server.Close())
	case "stop":
		check(t, server.Stop())
	}
	os.Exit(0)
}

// names are a lock and a socket for each process.
func names(t *testing.T, folder string) []string {
	found, err := filepath.Glob(filepath.Join(folder, "hmsffi", "test", "*"))
	check(t, err)
	return found
}
