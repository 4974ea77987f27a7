package hmsffi

import (
	"math/big"
	"reflect"
	"slices"
	"sync"
	"time"
)

// What a type may have inside.
type inside uint8

const (
	// A place for a value of any type.
	anyKind inside = 1 << iota
	// A time.
	timeKind
	// A float; those in a place of any kind do not count.
	floatKind
)

var (
	insides  sync.Map // reflect.Type -> inside
	timeType = reflect.TypeFor[time.Time]()
)

// holds says whether values of a type may have something of a kind inside.
func holds(t reflect.Type, what inside) bool {
	known, ok := insides.Load(t)
	if !ok {
		known = explore(t, map[reflect.Type]bool{})
		insides.Store(t, known)
	}
	return known.(inside)&what != 0
}

func explore(t reflect.Type, seen map[reflect.Type]bool) (found inside) {
	if seen[t] {
		return 0
	}
	seen[t] = true
	switch {
	case t == timeType:
		return timeKind
	case t == reflect.TypeFor[big.Int]():
		return 0
	}
	switch t.Kind() {
	case reflect.Float32, reflect.Float64:
		return floatKind
	case reflect.Interface:
		return anyKind | timeKind
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return explore(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			found |= explore(t.Field(i).Type, seen)
		}
	}
	return found
}

// visit calls found for each time or float in a value, whichever what says.
func visit(value reflect.Value, what inside, path []step, found func(reflect.Value, []step) error) error {
	if !value.IsValid() || len(path) > maxDepth || !holds(value.Type(), what) {
		return nil
	}
	if what == timeKind && value.Type() == timeType || what == floatKind && value.CanFloat() {
		return found(value, path)
	}
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		return visit(value.Elem(), what, path, found)
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			if err := visit(value.Index(i), what, append(path, step{index: i}), found); err != nil {
				return err
			}
		}
	case reflect.Map:
		for entries := value.MapRange(); entries.Next(); {
			key := step{key: []byte(entries.Key().String())}
			if err := visit(entries.Value(), what, append(path, key), found); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range value.NumField() {
			field := value.Type().Field(i)
			if !field.IsExported() || field.Tag.Get("cbor") == "-" {
				continue
			}
			if err := visit(value.Field(i), what, append(path, step{key: []byte(field.Name)}), found); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTimes refuses the times that the codec would change in silence.
func checkTimes(value any) error {
	if value == nil {
		return nil
	}
	return visit(reflect.ValueOf(value), timeKind, nil, func(value reflect.Value, path []step) error {
		return checkTime(value.Interface().(time.Time), path)
	})
}

// checkFloats refuses the floats that the codec made of integers which they cannot hold. An equal float that came as one
// is refused with them.
func checkFloats(target any, integers []float64) error {
	return visit(reflect.ValueOf(target), floatKind, nil, func(value reflect.Value, path []step) error {
		if slices.Contains(integers, value.Float()) {
			return Errorf(CodeOutOfRange, "%s: %.0f is past 2^53, where a float loses digits", renderPath(path), value.Float())
		}
		return nil
	})
}

func checkTime(value time.Time, path []step) error {
	if value.IsZero() {
		return invalid("%s: the zero time.Time is not carried; use a *time.Time that is nil for no time", renderPath(path))
	}
	if _, offset := value.Zone(); offset%60 != 0 {
		return invalid("%s: the offset of %s has seconds, which RFC 3339 has no place for; send its UTC()",
			renderPath(path), value)
	}
	return nil
}
