package hmsffi

import (
	"errors"
	"math"
	"math/big"
	"reflect"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// codec is fxamacker/cbor, set to the profile of docs/values.md as far as it has settings for that; the rest is the
// checker's.
var codec = sync.OnceValues(func() (cbor.EncMode, cbor.DecMode) {
	tags := cbor.NewTagSet()
	tagged := cbor.TagOptions{EncTag: cbor.EncTagRequired, DecTag: cbor.DecTagRequired}
	must(tags.Add(tagged, reflect.TypeFor[UUID](), tagUUID))
	must(tags.Add(tagged, reflect.TypeFor[Decimal](), tagDecimal))
	encoder, err := cbor.EncOptions{
		Sort:          cbor.SortBytewiseLexical,
		BigIntConvert: cbor.BigIntConvertShortest,
		Time:          cbor.TimeRFC3339Nano,
		TimeTag:       cbor.EncTagRequired,
		NilContainers: cbor.NilContainerAsEmpty,
	}.EncModeWithTags(tags)
	must(err)
	decoder, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyQuiet,
		TimeTag:          cbor.DecTagRequired,
		MaxNestedLevels:  4 * maxDepth,
		MaxArrayElements: math.MaxInt32,
		MaxMapPairs:      math.MaxInt32,
		IntDec:           cbor.IntDecConvertSignedOrBigInt,
		BigIntDec:        cbor.BigIntDecodePointer,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
	}.DecModeWithTags(tags)
	must(err)
	return encoder, decoder
})

// must is for settings that are fixed when this package is written.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func marshalCBOR(value any) ([]byte, error) {
	if err := checkTimes(value); err != nil {
		return nil, err
	}
	encoder, _ := codec()
	encoded, err := encoder.Marshal(value)
	if err != nil {
		return nil, invalid("a %T cannot be sent: %s", value, strings.TrimPrefix(err.Error(), "cbor: "))
	}
	c := checker{in: encoded}
	return c.run()
}

func unmarshalCBOR(encoded []byte, target any) error {
	c := checker{in: encoded}
	form, err := c.run()
	if err != nil {
		return err
	}
	_, decoder := codec()
	err = decoder.Unmarshal(form, target)
	if mismatch := (*cbor.UnmarshalTypeError)(nil); errors.As(err, &mismatch) && !holds(reflect.TypeOf(target), anyKind) {
		// Other languages may send 1 as 1.0. A target that takes any kind would show the change, others cannot.
		whole := checker{in: encoded, wholeFloats: true}
		if form, bad := whole.run(); bad == nil && decoder.Unmarshal(form, target) == nil {
			err = nil
		}
	}
	if err != nil {
		return invalid("the value does not fit %s: %s", reflect.TypeOf(target).Elem(), strings.TrimPrefix(err.Error(), "cbor: "))
	}
	if len(c.unsafe) > 0 {
		if err := checkFloats(target, c.unsafe); err != nil {
			return err
		}
	}
	if c.large {
		foldLarge(reflect.ValueOf(target))
	}
	return nil
}

var bigInt = reflect.TypeFor[*big.Int]()

// foldLarge turns the integers from 2^63 to 2^64-1, which the codec puts into interfaces as big ones, into uint64.
func foldLarge(value reflect.Value) {
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() && value.Type() != bigInt {
			foldLarge(value.Elem())
		}
	case reflect.Interface:
		if folded, changed := folded(value.Elem()); changed && value.CanSet() {
			value.Set(folded)
		}
	case reflect.Slice, reflect.Array:
		if holds(value.Type(), anyKind) {
			for i := range value.Len() {
				foldLarge(value.Index(i))
			}
		}
	case reflect.Map:
		if holds(value.Type(), anyKind) {
			for _, key := range value.MapKeys() {
				if folded, changed := folded(value.MapIndex(key)); changed {
					value.SetMapIndex(key, folded)
				}
			}
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				foldLarge(value.Field(i))
			}
		}
	}
}

// folded is what takes the place of a value that cannot be changed where it is.
func folded(value reflect.Value) (reflect.Value, bool) {
	if value.Kind() == reflect.Interface {
		value = value.Elem()
	}
	if value.IsValid() && value.Type() == bigInt {
		if large := value.Interface().(*big.Int); large.IsUint64() {
			return reflect.ValueOf(large.Uint64()), true
		}
		return value, false
	}
	if value.IsValid() && value.Kind() == reflect.Struct {
		changed := reflect.New(value.Type()).Elem()
		changed.Set(value)
		foldLarge(changed)
		return changed, true
	}
	foldLarge(value)
	return value, false
}
