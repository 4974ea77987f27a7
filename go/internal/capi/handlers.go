package capi

import (
	"slices"
	"sync"
	"sync/atomic"
)

// The handlers that the library has, by number. Each call looks one up, which a table that is copied for each change makes
// cheaper than a cgo.Handle.
var handlers struct {
	table atomic.Pointer[[]Handler]
	mu    sync.Mutex
}

// keepHandler gives a handler a number, which is never 0.
func keepHandler(handler Handler) uintptr {
	handlers.mu.Lock()
	defer handlers.mu.Unlock()
	var table []Handler
	if current := handlers.table.Load(); current != nil {
		table = slices.Clone(*current)
	}
	at := slices.Index(table, nil)
	if at < 0 {
		at = len(table)
		table = append(table, nil)
	}
	table[at] = handler
	handlers.table.Store(&table)
	return uintptr(at) + 1
}

func handlerAt(number uintptr) Handler { return (*handlers.table.Load())[number-1] }

func dropHandler(number uintptr) {
	handlers.mu.Lock()
	defer handlers.mu.Unlock()
	table := slices.Clone(*handlers.table.Load())
	table[number-1] = nil
	handlers.table.Store(&table)
}
