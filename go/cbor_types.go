package hmsffi

import (
	"math/big"
	"reflect"
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

// checkTimes refuses the times that the codec would change in silence.
func checkTimes(value any) error {
	if value == nil || !holds(reflect.TypeOf(value), timeKind) {
		return nil
	}
	return checkTimesIn(reflect.ValueOf(value), nil)
}

func checkTimesIn(value reflect.Value, path []step) error {
	if !value.IsValid() || len(path) > maxDepth || !holds(value.Type(), timeKind) {
		return nil
	}
	if value.Type() == timeType {
		return checkTime(value.Interface().(time.Time), path)
	}
	switch value.Kind() {
	case reflect.Pointer, reflect.Interface:
		return checkTimesIn(value.Elem(), path)
	case reflect.Slice, reflect.Array:
		for i := range value.Len() {
			if err := checkTimesIn(value.Index(i), append(path, step{index: i})); err != nil {
				return err
			}
		}
	case reflect.Map:
		for entries := value.MapRange(); entries.Next(); {
			if err := checkTimesIn(entries.Value(), append(path, step{key: []byte(entries.Key().String())})); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range value.NumField() {
			field := value.Type().Field(i)
			if !field.IsExported() || field.Tag.Get("cbor") == "-" {
				continue
			}
			if err := checkTimesIn(value.Field(i), append(path, step{key: []byte(field.Name)})); err != nil {
				return err
			}
		}
	}
	return nil
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
