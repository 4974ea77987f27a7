// Command host is a process with a main program in Go: see ../../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/hmsffi/hmsffi/go"
	"github.com/hmsffi/hmsffi/tests/oneprocess/relay/go/relay"
)

type failure struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Stack   string            `json:"stack"`
	Details map[string]string `json:"details"`
}

// request is the arguments of call and submit.
type request struct {
	service, method string
	body            []byte
	// Where the body comes from and the answer goes; empty = they are in the lines.
	file    string
	timeout time.Duration
	options []hmsffi.CallOption
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) < 2 || os.Args[1] != "caller" {
		server, err := relay.Serve(nil)
		if err != nil {
			return err
		}
		defer server.Close()
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	if err != nil {
		return err
	}
	answers := json.NewEncoder(os.Stdout)
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		line, err := answered(client, commands.Text())
		if err != nil {
			line = map[string]any{"error": chain(err)}
		}
		if err := answers.Encode(line); err != nil {
			return err
		}
	}
	return commands.Err()
}

func answered(client hmsffi.Client, line string) (map[string]any, error) {
	if words, found := strings.CutPrefix(line, "lend "); found {
		return lend(client, words)
	}
	var metadata map[string]string
	answer, err := obey(client, line, &metadata)
	return map[string]any{"answer": hex.EncodeToString(answer), "metadata": metadata}, err
}

func obey(client hmsffi.Client, line string, metadata *map[string]string) ([]byte, error) {
	ctx := context.Background()
	command, rest, _ := strings.Cut(line, " ")
	switch command {
	case "load":
		return nil, hmsffi.LoadComponent(rest)
	case "result":
		var answer []byte
		err := client.AsyncCall(rest).Result(ctx, &answer)
		return answer, err
	case "cancel":
		return nil, client.AsyncCall(rest).Cancel()
	}
	to, err := parse(rest)
	if err != nil {
		return nil, err
	}
	if to.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, to.timeout)
		defer cancel()
	}
	service, err := client.GetService(ctx, to.service)
	if err != nil {
		return nil, err
	}
	defer service.Close()
	bound, err := service.Bind(to.method)
	if err != nil {
		return nil, err
	}
	defer bound.Close()
	if command == "submit" {
		call, err := bound.CallAsync(ctx, to.body, to.options...)
		if err != nil {
			return nil, err
		}
		return []byte(call.ID()), nil
	}
	answer, err := bound.CallBytes(ctx, to.body, append(to.options, hmsffi.ReceiveMetadata(metadata))...)
	if err == nil && to.file != "" {
		return nil, os.WriteFile(to.file, answer, 0o600)
	}
	return answer, err
}

func parse(line string) (to request, err error) {
	words := strings.Split(line, " ")
	if len(words) != 6 {
		return to, fmt.Errorf("a call has %d arguments instead of 6", len(words))
	}
	to = request{service: words[0], method: words[1]}
	to.options = []hmsffi.CallOption{hmsffi.WithContentType(words[2])}
	if path, found := strings.CutPrefix(words[3], "@"); found {
		to.file = path
		to.body, err = os.ReadFile(path)
	} else {
		to.body, err = hex.DecodeString(words[3])
	}
	if err != nil {
		return to, err
	}
	timeoutMillis, err := strconv.ParseInt(words[4], 10, 64)
	to.timeout = time.Duration(timeoutMillis) * time.Millisecond
	if key, value, found := strings.Cut(words[5], "="); found {
		to.options = append(to.options, hmsffi.WithMetadata(map[string]string{key: value}))
	}
	return to, err
}

func chain(err error) []failure {
	found := []failure{}
	for err != nil {
		if e, ok := err.(*hmsffi.Error); ok {
			found = append(found, failure{int(e.Code), e.Message, e.Stack, e.Details})
		}
		err = errors.Unwrap(err)
	}
	return found
}
