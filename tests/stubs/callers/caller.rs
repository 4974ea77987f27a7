//! Calls the services of this folder through typed clients.

mod all_kinds;
mod nasty;
mod odd;

use std::collections::BTreeMap;
use std::time::Duration;

use all_kinds::{
    AllKinds, Circle, Closed, Color, GreetParams, Nest, OutOfStock, Record, RecordInner, RecordShape, Tree,
};
use hmsffi::{CallOptions, ClientOptions, DateTime, ErrorCode, Uuid, Value, new_client};
use nasty::{Class, Nasty};

fn main() -> Result<(), hmsffi::Error> {
    let mut id = [0; 16];
    id[15] = 1;
    let mut record = Record {
        nothing: (),
        yes: true,
        count: -5,
        small: 255,
        large: u64::MAX,
        ratio: 0.5,
        text: "Ada".into(),
        bytes: vec![1, 2].into(),
        day: "2013-03-21".into(),
        moment: DateTime("2013-03-21T20:04:00Z".into()),
        id: Uuid(id),
        anything: Value::List(vec![Value::Int(1), Value::Text("two".into())]),
        color: Color::DarkBlue,
        list: vec![1, 2],
        map: BTreeMap::from([("a".into(), 1.5)]),
        shape: RecordShape::Circle(Circle { radius: 2.5 }),
        nullable: None,
        maybe: None,
        maybe_list: Some(vec![]),
        maybe_null: Some(Circle { radius: 1.5 }),
        inner: Some(RecordInner { deep: Some("down".into()) }),
    };
    let client = new_client(ClientOptions::default())?;
    let kinds = AllKinds::new(&*client)?;
    let plain = CallOptions::new();
    assert_eq!(kinds.echo(&record, &plain)?, record);
    println!("echo: the same");
    println!("greet: {}", kinds.greet(&GreetParams { name: "Ada".into(), times: Some(2) }, &plain)?);
    println!("greet: {}", kinds.greet(&GreetParams { name: "Grace".into(), times: None }, &plain)?);
    let leaf = |name: &str| Tree { name: name.into(), left: None, children: None, by_name: None };
    let third = Tree { by_name: Some(BTreeMap::from([("4".into(), leaf("4"))])), ..leaf("3") };
    let second = Tree { children: Some(vec![third]), ..leaf("2") };
    println!("depth: {}", kinds.depth(&Tree { left: Some(Box::new(second)), ..leaf("1") }, &plain)?);
    let nested = kinds.nest(&Nest(vec![]), &plain)?;
    assert_eq!(nested, Nest(vec![Nest(vec![])]));
    println!("nest: [[]]");
    let reversed = kinds.reverse(&[1, 2, 3], &plain)?;
    println!("reverse: {} {} {}", reversed[0], reversed[1], reversed[2]);
    kinds.nothing(&plain)?;
    println!("nothing: done");
    let Value::Int(anything) = kinds.anything(7, &plain)? else { panic!("no integer") };
    println!("anything: {anything}");
    println!("find: {}", kinds.find("Ada", &plain)?.unwrap_or_default());
    println!("find: {}", kinds.find("nobody", &plain)?.unwrap_or("nobody".into()));
    let options = CallOptions::new().metadata("who", "Ada").timeout(Duration::from_secs(10));
    println!("who: {}", kinds.who((), &options)?);
    let grown: Vec<String> =
        kinds.grow(3, &plain)?.map(|circle| Ok(circle?.radius.to_string())).collect::<hmsffi::Result<_>>()?;
    println!("grow: {}", grown.join(" "));
    let total = kinds.total(&plain)?;
    total.send(&Circle { radius: 1.5 })?;
    total.send(&Circle { radius: 3.0 })?;
    println!("total: {}", total.result()?);
    let label = kinds.label(&plain)?;
    label.send("one")?;
    label.send("two")?;
    label.close()?;
    let labels: Vec<String> = label.map(|label| Ok(label?.text)).collect::<hmsffi::Result<_>>()?;
    println!("label: {}", labels.join(" "));
    record.day = "someday".into();
    let refused = kinds.echo(&record, &plain).expect_err("that is no day");
    assert_eq!(refused.kind(), Some(ErrorCode::InvalidArgument));
    println!("refused: INVALID_ARGUMENT");
    let short = kinds.order("tea", &plain).expect_err("there is too little");
    let OutOfStock { item, left, again: None } = short.data().expect("how much") else { panic!("no tea again") };
    println!("order: {}, {left} of {item} are left", short.kind().expect("a code"));
    assert_eq!(short.data::<Closed>(), None);
    let closed = kinds.order("night", &plain).expect_err("it is closed");
    println!("order: closed until {}", closed.data::<Closed>().expect("when").0);
    let grown = kinds.grow(-1, &plain).and_then(|mut grown| grown.next().expect("an error"));
    println!("grow: closed until {}", grown.expect_err("it is closed").data::<Closed>().expect("when").0);
    let nasty = Nasty::new(&*client)?;
    let text = |text: &str| Some(text.to_owned());
    let class = Class {
        class: "class".into(),
        for_: "for".into(),
        type_: text("type"),
        a_b: None,
        a_b2: text("a_b"),
        a_b3: None,
        n_2nd: text("2nd"),
        init: None,
        quote: text("quote"),
        x_s: None,
        self_: text("self"),
        constructor: None,
    };
    let answer = nasty.class(&class, &plain)?;
    assert_eq!(answer, class);
    println!("class: {} {}", answer.for_, answer.class);
    let (one, other) = (nasty.say_it((), &plain)?, nasty.say_it2((), &plain)?);
    let list = nasty.list((), &plain)?;
    println!("names: {one} {other} {} {}", nasty.constructor((), &plain)?, list[0]);
    Ok(())
}
