package hmsffi_test

import (
	"bufio"
	"io"
	"log"
	"os"
	"os/exec"
	"testing"

	"github.com/hmsffi/hmsffi/go"
)

// TestMain gives the tests a domain of their own. As the other process of a test it serves instead.
func TestMain(m *testing.M) {
	if os.Getenv("HMSFFI_TEST_SERVES") != "" {
		serveForOthers()
		return
	}
	os.Exit(inDomain(m))
}

func inDomain(m *testing.M) int {
	folder, err := os.MkdirTemp("", "hms-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	must(os.Setenv("XDG_RUNTIME_DIR", folder))
	must(os.Setenv("HMSFFI_DOMAIN", "test"))
	return m.Run()
}

// serveForOthers hosts the service "away" until the process that started this one closes its input.
func serveForOthers() {
	server, err := hmsffi.NewServer(hmsffi.ServerOptions{})
	must(err)
	must(server.RegisterService(lending("away")))
	must(server.Start())
	_, err = os.Stdout.WriteString("ready\n")
	must(err)
	_, _ = io.Copy(io.Discard, os.Stdin)
	must(server.Close())
}

// beside starts another process that hosts "away", and gives a client of it.
func beside(t *testing.T) hmsffi.ServiceClient {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "HMSFFI_TEST_SERVES=1")
	child.Stderr = os.Stderr
	stop, err := child.StdinPipe()
	check(t, err)
	output, err := child.StdoutPipe()
	check(t, err)
	check(t, child.Start())
	t.Cleanup(func() {
		check(t, stop.Close())
		check(t, child.Wait())
	})
	if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	check(t, err)
	t.Cleanup(func() { check(t, client.Close()) })
	service, err := client.GetService(background, "away")
	check(t, err)
	return service
}
