package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"time"
)

const echoSize = 64

// measure is the loop of measure.c: each request is another one, and each answer is compared with it. One call does what is measured
// so many times.
func measure(name string, call func(request []byte) ([]byte, error), times, calls int) error {
	if calls < 1 {
		return errors.New("no calls to time")
	}
	began := time.Now()
	request, number := make([]byte, echoSize), uint64(0)
	timed := func() (time.Duration, error) {
		number++
		binary.LittleEndian.PutUint64(request, number)
		binary.LittleEndian.PutUint64(request[echoSize-8:], number)
		// Since reads one clock, Now two.
		start := time.Since(began)
		answer, err := call(request)
		took := time.Since(began) - start
		if err == nil && !bytes.Equal(answer, request) {
			err = errors.New("the answer is not the request")
		}
		return took / time.Duration(times), err
	}
	for range calls/10 + 100 {
		if _, err := timed(); err != nil {
			return err
		}
	}
	took := make([]time.Duration, calls)
	before := voluntarySwitches()
	for i := range took {
		var err error
		if took[i], err = timed(); err != nil {
			return err
		}
	}
	switches := float64(voluntarySwitches()-before) / float64(calls)
	slices.Sort(took)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"case": name, "median_ns": took[calls/2], "p99_ns": took[calls-1-calls/100], "calls": calls, "switches": switches,
	})
}
