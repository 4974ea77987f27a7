// Calls the services of this folder through typed clients.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"reflect"
	"time"

	"caller/allkinds"
	"caller/nasty"

	"github.com/hmsffi/hmsffi/go"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	deep, times := "down", int64(2)
	record := allkinds.Record{
		Yes:       true,
		Count:     -5,
		Small:     255,
		Large:     math.MaxUint64,
		Ratio:     0.5,
		Text:      "Ada",
		Bytes:     []byte{1, 2},
		Day:       "2013-03-21",
		Moment:    time.Date(2013, 3, 21, 20, 4, 0, 0, time.UTC),
		ID:        hmsffi.UUID{15: 1},
		Anything:  []any{int64(1), "two"},
		Color:     allkinds.ColorDarkBlue,
		List:      []int64{1, 2},
		Map:       map[string]float64{"a": 1.5},
		Shape:     allkinds.RecordShape{Circle: &allkinds.Circle{Radius: 2.5}},
		MaybeList: []allkinds.Color{},
		MaybeNull: &allkinds.Circle{Radius: 1.5},
		Inner:     &allkinds.RecordInner{Deep: &deep},
	}
	client := must(hmsffi.NewClient(hmsffi.ClientOptions{}))
	defer client.Close()
	ctx := context.Background()
	kinds := allkinds.New(must(client.GetService(ctx, allkinds.Service)))
	if echoed := must(kinds.Echo(ctx, record)); !reflect.DeepEqual(echoed, record) {
		log.Fatalf("%+v is not %+v", echoed, record)
	}
	fmt.Println("echo: the same")
	fmt.Println("greet:", must(kinds.Greet(ctx, allkinds.GreetParams{Name: "Ada", Times: &times})))
	fmt.Println("greet:", must(kinds.Greet(ctx, allkinds.GreetParams{Name: "Grace"})))
	tree := allkinds.Tree{Name: "3", ByName: map[string]allkinds.Tree{"4": {Name: "4"}}}
	tree = allkinds.Tree{Name: "1", Left: &allkinds.Tree{Name: "2", Children: []allkinds.Tree{tree}}}
	fmt.Println("depth:", must(kinds.Depth(ctx, tree)))
	fmt.Println("nest:", must(kinds.Nest(ctx, allkinds.Nest{{}}))[0])
	reversed := must(kinds.Reverse(ctx, []byte{1, 2, 3}))
	fmt.Println("reverse:", reversed[0], reversed[1], reversed[2])
	check(kinds.Nothing(ctx))
	fmt.Println("nothing: done")
	fmt.Println("anything:", must(kinds.Anything(ctx, 7)))
	fmt.Println("find:", *must(kinds.Find(ctx, "Ada")))
	if must(kinds.Find(ctx, "nobody")) == nil {
		fmt.Println("find: nobody")
	}
	soon, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	fmt.Println("who:", must(kinds.Who(soon, nil, hmsffi.WithMetadata(map[string]string{"who": "Ada"}))))
	fmt.Print("grow:")
	grown := must(kinds.Grow(ctx, 3))
	for circle, err := range grown.Messages() {
		fmt.Print(" ", must(circle, err).Radius)
	}
	fmt.Println()
	total := must(kinds.Total(ctx))
	check(total.Send(allkinds.Circle{Radius: 1.5}))
	check(total.Send(allkinds.Circle{Radius: 3}))
	fmt.Println("total:", must(total.Result()))
	label := must(kinds.Label(ctx))
	check(label.Send("one"))
	check(label.Send("two"))
	check(label.Close())
	fmt.Println("label:", must(label.Receive()).Text, must(label.Receive()).Text)
	record.Color = "green"
	_, err := kinds.Echo(ctx, record)
	fmt.Println("refused:", hmsffi.CodeOf(err).String())
	_, err = kinds.Order(ctx, "tea")
	if short := (allkinds.OutOfStockError{}); errors.As(err, &short) {
		fmt.Printf("order: %s, %d of %s are left\n", hmsffi.CodeOf(err).String(), short.Left, short.Item)
	}
	_, err = kinds.Order(ctx, "night")
	closed := allkinds.ClosedError("")
	if errors.As(err, &closed) {
		fmt.Println("order: closed until", string(closed))
	}
	grown = must(kinds.Grow(ctx, -1))
	_, err = grown.Receive()
	if errors.As(err, &closed) {
		fmt.Println("grow: closed until", string(closed))
	}
	odd := nasty.New(must(client.GetService(ctx, nasty.Service)))
	class := must(odd.Class(ctx, nasty.Class{Class: "class", For: "for", N2nd: &deep}))
	fmt.Println("class:", class.For, class.Class)
	said := fmt.Sprint(must(odd.SayIt(ctx, nil)), " ", must(odd.SayIt2(ctx, nil)))
	fmt.Println("names:", said, must(odd.Constructor(ctx, nil)), must(odd.List(ctx, nil))[0])
}
