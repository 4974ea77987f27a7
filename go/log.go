package hmsffi

import (
	"log/slog"
	"sync"

	"github.com/hmsffi/hmsffi/go/internal/capi"
)

// Logger takes log lines with their key and value pairs. A *slog.Logger is one. It may be called by several goroutines
// at once.
type Logger interface {
	Debug(msg string, keyvals ...interface{})
	Info(msg string, keyvals ...interface{})
	Warn(msg string, keyvals ...interface{})
	Error(msg string, keyvals ...interface{})
}

// SetLogger sends the library's log lines to logger, for the whole process: the last one that was set in any language
// gets them. Without it they go to slog.Default(), in a Go program; a component leaves them to its host.
func SetLogger(logger Logger) error {
	logOnce.Do(func() {})
	return failed(capi.LogSetSink(sink{logger}, capi.LogLevelDebug))
}

var logOnce sync.Once

// useDefaultLog runs before the first use of the library, unless a logger was set or this is a component.
func useDefaultLog() {
	logOnce.Do(func() {
		// It fails only where nothing else works either, in a forked child.
		_ = failed(capi.LogSetSink(sink{}, capi.LogLevelDebug))
	})
}

// sink without a logger asks for slog's default at each line, so that slog.SetDefault holds at once.
type sink struct{ logger Logger }

// Log passes a line on.
func (s sink) Log(level uint32, target, message string) {
	// A panic would end the thread of whoever caused the line.
	defer func() { _ = recover() }()
	logger := s.logger
	if logger == nil {
		logger = slog.Default()
	}
	write := logger.Info
	switch level {
	case capi.LogLevelDebug:
		write = logger.Debug
	case capi.LogLevelWarning:
		write = logger.Warn
	case capi.LogLevelError:
		write = logger.Error
	}
	write(message, "logger", "hmsffi."+target)
}
