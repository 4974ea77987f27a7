package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/hmsffi/hmsffi/go"
)

// lend calls invert in lent memory, and says what the call took.
func lend(client hmsffi.Client, words string) (map[string]any, error) {
	ctx := context.Background()
	id, digits, _ := strings.Cut(words, " ")
	length, err := strconv.Atoi(digits)
	if err != nil {
		return nil, err
	}
	service, err := client.GetService(ctx, id)
	if err != nil {
		return nil, err
	}
	defer service.Close()
	invert, err := service.Bind("invert")
	if err != nil {
		return nil, err
	}
	loan, err := invert.Loan(length)
	if err != nil {
		return nil, err
	}
	defer loan.Release()
	for i := range loan.Bytes() {
		loan.Bytes()[i] = byte(i % 251)
	}
	var answer hmsffi.Buffer
	defer answer.Release()
	var report hmsffi.CallReport
	if err := invert.Call(ctx, loan, &answer, hmsffi.WithReport(&report)); err != nil {
		return nil, err
	}
	wrong := ""
	if len(answer.Bytes()) != length {
		wrong = "00"
	}
	for i, b := range answer.Bytes() {
		if b != ^byte(i%251) {
			wrong = "00"
		}
	}
	return map[string]any{"answer": wrong, "transport": report.Transport, "copied": report.BytesCopied}, nil
}
