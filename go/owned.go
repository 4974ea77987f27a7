package hmsffi

import (
	"io"
	"sync"
)

// owned is what is closed together with its owner. The zero value is empty.
type owned struct {
	mu  sync.Mutex
	all map[io.Closer]struct{}
}

func (o *owned) add(closer io.Closer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.all == nil {
		o.all = make(map[io.Closer]struct{})
	}
	o.all[closer] = struct{}{}
}

func (o *owned) remove(closer io.Closer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.all, closer)
}

// Close closes all; the first error counts.
func (o *owned) Close() (err error) {
	o.mu.Lock()
	all := o.all
	o.all = nil
	o.mu.Unlock()
	for closer := range all {
		if closed := closer.Close(); err == nil {
			err = closed
		}
	}
	return err
}
