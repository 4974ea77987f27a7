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
	Code    int    `json:"code"`
	Message string `json:"message"`
	Stack   string `json:"stack"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if err := relay.Register(nil); err != nil {
		return err
	}
	client, err := hmsffi.NewClient(hmsffi.ClientOptions{})
	if err != nil {
		return err
	}
	answers := json.NewEncoder(os.Stdout)
	commands := bufio.NewScanner(os.Stdin)
	for commands.Scan() {
		answer, err := obey(client, commands.Text())
		line := any(map[string]string{"answer": hex.EncodeToString(answer)})
		if err != nil {
			line = map[string][]failure{"error": chain(err)}
		}
		if err := answers.Encode(line); err != nil {
			return err
		}
	}
	return commands.Err()
}

func obey(client hmsffi.Client, line string) ([]byte, error) {
	command, rest, _ := strings.Cut(line, " ")
	if command == "load" {
		return nil, hmsffi.LoadComponent(rest)
	}
	words := strings.Split(rest, " ")
	if len(words) != 5 {
		return nil, fmt.Errorf("call has %d arguments instead of 5", len(words))
	}
	serviceID, method, contentType := words[0], words[1], words[2]
	request, err := hex.DecodeString(words[3])
	if err != nil {
		return nil, err
	}
	timeoutMillis, err := strconv.ParseInt(words[4], 10, 64)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.Background(), func() {}
	if timeoutMillis > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(timeoutMillis)*time.Millisecond)
	}
	defer cancel()
	service, err := client.GetService(ctx, serviceID)
	if err != nil {
		return nil, err
	}
	defer service.Close()
	bound, err := service.Bind(method)
	if err != nil {
		return nil, err
	}
	defer bound.Close()
	return bound.CallBytes(ctx, request, hmsffi.WithContentType(contentType))
}

func chain(err error) []failure {
	found := []failure{}
	for err != nil {
		if e, ok := err.(*hmsffi.Error); ok {
			found = append(found, failure{int(e.Code), e.Message, e.Stack})
		}
		err = errors.Unwrap(err)
	}
	return found
}
