//! Values through Reader, Writer and JSON, against the golden vectors and against ciborium.

#[path = "values/model.rs"]
mod model;

use hmsffi_core::codec::{Encoding, Kind, Reader, Writer, cbor, json, transcode};
use hmsffi_core::{Code, Error};
use minicbor::encode::Encoder;
use model::{Value, float, hex, unhex};

fn golden(refused: bool) -> Vec<serde_json::Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/values.json");
    let text = std::fs::read_to_string(path).expect("the golden file");
    let all: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON in the golden file");
    all.into_iter().filter(|vector| (vector["error"] == true) == refused).collect()
}

fn text<'a>(vector: &'a serde_json::Value, field: &str) -> &'a str {
    vector[field].as_str().unwrap_or_else(|| panic!("{field} of {vector}"))
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>, reason: &str) {
    let error = result.expect_err(reason);
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    assert!(error.message().contains(reason), "{error}\ninstead of: {reason}");
}

#[test]
fn golden_values_are_written_in_one_form_and_read_in_all() {
    let vectors = golden(false);
    assert!(vectors.len() > 100);
    for vector in vectors {
        let name = text(&vector, "name");
        let value = Value::from_golden(&vector);
        assert_eq!(hex(&value.encode()), text(&vector, "hex"), "{name}");
        let also = vector["also"].as_array().into_iter().flatten().map(|form| form.as_str().unwrap());
        for form in also.chain([text(&vector, "hex")]) {
            let bytes = unhex(form);
            cbor::validate(&bytes).unwrap_or_else(|error| panic!("{name}, {form}: {error}"));
            assert_eq!(Reader::new(&bytes).unwrap().kind().unwrap(), value.kind(), "{name}, {form}");
            assert_eq!(Value::decode(&bytes).unwrap(), value, "{name}, {form}");
        }
    }
}

#[test]
fn golden_values_are_what_ciborium_reads() {
    for vector in golden(false) {
        let name = text(&vector, "name");
        let bytes = unhex(text(&vector, "hex"));
        match ciborium::from_reader(bytes.as_slice()) {
            Ok(outside) => assert_eq!(Value::from_outside(outside), Value::from_golden(&vector), "{name}"),
            // RFC 8949 3.4.3 sets no limit; ciborium does where 16 bytes pass its i128.
            Err(error) => assert_eq!(name, "bigint -2^127-1", "{error}"),
        }
    }
}

#[test]
fn golden_values_change_to_json_and_back_or_not_at_all() {
    for vector in golden(false) {
        let name = text(&vector, "name");
        let bytes = unhex(text(&vector, "hex"));
        let changed = transcode(Encoding::Cbor, Encoding::Json, &bytes);
        match vector["json"].as_str() {
            // Compared as values, because serde_json may write 1e38 as 1e+38.
            Some(expected) => {
                let changed = changed.unwrap_or_else(|error| panic!("{name}: {error}"));
                for text in [expected.as_bytes(), &changed] {
                    assert_eq!(
                        hex(&transcode(Encoding::Json, Encoding::Cbor, text).unwrap()),
                        hex(&bytes),
                        "{name}"
                    );
                }
            }
            None => refused(changed, "no form in JSON"),
        }
    }
}

#[test]
fn golden_errors_are_refused_with_their_reason() {
    for vector in golden(true) {
        let bytes = unhex(text(&vector, "hex"));
        let reason = text(&vector, "reason");
        refused(cbor::validate(&bytes), reason);
        refused(Reader::new(&bytes), reason);
        refused(json::from_cbor(&bytes), reason);
    }
}

#[test]
fn the_examples_of_the_specification_are_one_value() {
    let bytes = unhex("a363666f6f0163626172026362617a83010203");
    let text = b"{\n  \"foo\": 1,\n  \"bar\": 2,\n  \"baz\": [1, 2, 3]\n}";
    assert_eq!(bytes.len(), 19);
    assert_eq!(json::to_cbor(text).unwrap(), bytes);
    assert_eq!(json::from_cbor(&bytes).unwrap(), b"{\"foo\":1,\"bar\":2,\"baz\":[1,2,3]}");
}

#[test]
fn random_values_agree_with_ciborium_both_ways() {
    let mut random = Random(0x48_4d53);
    for round in 0..100_000 {
        let value = random.value(3);
        let ours = value.encode();
        let read: ciborium::Value = ciborium::from_reader(ours.as_slice()).unwrap();
        assert_eq!(Value::from_outside(read), value, "round {round}, {}", hex(&ours));
        let mut theirs = Vec::new();
        ciborium::into_writer(&value.to_outside(), &mut theirs).unwrap();
        assert_eq!(Value::decode(&theirs).unwrap(), value, "round {round}, {}", hex(&theirs));
        if let Ok(text) = json::from_cbor(&ours) {
            assert_eq!(
                json::to_cbor(&text).unwrap(),
                ours,
                "round {round}, {}",
                String::from_utf8_lossy(&text)
            );
        }
    }
}

#[test]
fn random_values_in_pieces_are_read_skipped_and_searched() {
    let mut random = Random(7);
    for round in 0..20_000 {
        let value = Value::List(vec![random.value(4), Value::Null]);
        let mut out = Encoder::new(Vec::new());
        value.write_in_pieces(&mut out, &mut || random.below(2) == 0).unwrap();
        let bytes = out.into_writer();
        assert_eq!(Value::decode(&bytes).unwrap(), value, "round {round}, {}", hex(&bytes));
        let mut reader = Reader::new(&bytes).unwrap();
        reader.enter_list().unwrap();
        let Value::List(items) = &value else { unreachable!() };
        if let Value::Map(entries) = &items[0] {
            reader.enter_map().unwrap();
            for (key, value) in entries.iter().rev().chain(entries) {
                assert!(reader.find(key).unwrap());
                assert_eq!(Value::read(&mut reader).unwrap(), *value);
                assert!(!reader.find("no such key").unwrap());
            }
            reader.leave().unwrap();
        } else {
            reader.skip().unwrap();
        }
        assert_eq!(reader.path(), "$[1]", "round {round}, {}", hex(&bytes));
        reader.read_null().unwrap();
        reader.leave().unwrap();
        assert_eq!(reader.kind().unwrap(), Kind::End);
    }
}

#[test]
fn damaged_bytes_are_refused_or_read_and_never_worse() {
    let mut random = Random(99);
    for vector in golden(false) {
        let bytes = unhex(text(&vector, "hex"));
        for end in 0..bytes.len() {
            refused(cbor::validate(&bytes[..end]), "the bytes end inside the value");
        }
        for _ in 0..200 {
            let mut damaged = bytes.clone();
            let at = random.below(damaged.len() as u64) as usize;
            damaged[at] = random.next() as u8;
            match cbor::validate(&damaged) {
                Ok(()) => drop(Value::decode(&damaged).expect("what was checked can be read")),
                Err(error) => assert_eq!(error.code(), Code::InvalidArgument),
            }
        }
    }
}

#[test]
fn a_step_that_does_not_fit_is_the_writers_last() {
    type Steps = fn(&mut Writer) -> hmsffi_core::Result<()>;
    let cases: [(Steps, &str); 22] = [
        (|_| Ok(()), "$: no value was written"),
        (|w| w.null().and(w.null()), "$: the value is already complete"),
        (|w| w.key("a"), "$: a key outside of a map"),
        (|w| w.begin_list(None).and(w.key("a")), "$[0]: a key outside of a map"),
        (|w| w.begin_list(None), "$: a list is not ended"),
        (|w| w.begin_map(None).and(w.null()), "$: a key is due before the value"),
        (|w| w.begin_map(None).and(w.key("a")).and(w.key("b")), "$.a: a value is due, not another key"),
        (|w| w.begin_map(None).and(w.key("a")).and(w.end_map()), "$.a: the key has no value"),
        (|w| w.begin_map(None).and(w.end_list()), "$: a list is ended where a map is open"),
        (|w| w.begin_list(None).and(w.end_map()), "$[0]: a map is ended where a list is open"),
        (|w| w.end_list(), "$: a list is ended that was not begun"),
        (
            |w| w.begin_list(Some(2)).and(w.null()).and(w.end_list()),
            "$: a list was begun with 2 entries and has 1",
        ),
        (|w| w.begin_list(Some(0)).and(w.null()), "$: the list has all the items that it was begun with"),
        (|w| w.begin_map(Some(0)).and(w.key("a")), "$: the map has all the entries that it was begun with"),
        (|w| (0..65).try_for_each(|_| w.begin_list(None)), "more than 64 lists and maps inside each other"),
        (
            |w| {
                w.begin_map(None).and(w.key("rows"))?;
                w.begin_list(None).and(w.null()).and(w.begin_map(None))?;
                w.key("first name").and(w.int(1)).and(w.key("first name")).and(w.int(2)).and(w.end_map())
            },
            "$.rows[1]: key \"first name\" occurs twice",
        ),
        (|w| w.bigint("12a"), "$: \"12a\" is not an integer"),
        (|w| w.datetime("2013-03-21"), "$: \"2013-03-21\" is not a date-time such as"),
        (|w| w.encoded(b"\x01").and(w.encoded(b"\x01")), "$: the value is already complete"),
        (
            |w| w.begin_map(None).and(w.key("a")).and(w.encoded(b"\x82\x01\xf7")),
            "$.a[1]: undefined is not carried",
        ),
        (
            |w| (0..63).try_for_each(|_| w.begin_list(None)).and(w.encoded(b"\x81\x81\x01")),
            "[0][0]: more than 64 lists and maps inside each other",
        ),
        (|w| w.begin_list(None).and(w.decimal("NaN")), "$[0]: \"NaN\" is not a Decimal such as -12.50"),
    ];
    for (steps, reason) in cases {
        let mut writer = Writer::new();
        let first = steps(&mut writer);
        if first.is_err() {
            assert_eq!(writer.text("more"), first);
        }
        refused(writer.finish(), reason);
    }
}

#[test]
fn an_encoded_value_is_part_of_another_as_it_is() {
    for vector in golden(false) {
        let cbor = unhex(text(&vector, "hex"));
        let mut writer = Writer::new();
        writer.encoded(&cbor).unwrap();
        assert_eq!(writer.finish().unwrap(), cbor, "{}", vector["name"]);
        if vector.get("nested").is_some() {
            continue;
        }
        let mut writer = Writer::new();
        writer.begin_map(None).unwrap();
        writer.key("a").unwrap();
        writer.encoded(&cbor).unwrap();
        writer.end_map().unwrap();
        assert_eq!(writer.finish().unwrap(), [b"\xa1\x61a", &cbor[..]].concat(), "{}", vector["name"]);
    }
}

#[test]
fn a_long_container_of_unknown_length_gets_the_shortest_head() {
    for count in [0, 23, 24, 255, 256, 65_536] {
        let items: Vec<i64> = (0..count).map(|_| 7).collect();
        let mut writer = Writer::new();
        writer.begin_list(None).unwrap();
        items.iter().for_each(|item| writer.int(*item).unwrap());
        writer.end_list().unwrap();
        let mut outside = Vec::new();
        ciborium::into_writer(&items, &mut outside).unwrap();
        assert!(writer.finish().unwrap() == outside, "{count} items");
    }
}

#[test]
fn reading_another_kind_says_where_and_stays() {
    let bytes = json::to_cbor(br#"{"times":"x","rows":[[],1.5,{"n":-1}]}"#).unwrap();
    let mut reader = Reader::new(&bytes).unwrap();
    refused(reader.read_int(), "$: needs an integer, found a map");
    refused(reader.next_key(), "$: next_key needs a map that was entered");
    refused(reader.leave(), "$: no list or map was entered");
    reader.enter_map().unwrap();
    refused(reader.read_int(), "$: in a map: call next_key or find before the value");
    assert!(reader.find("times").unwrap());
    refused(reader.read_int(), "$.times: needs an integer, found text");
    refused(reader.enter_list(), "$.times: needs a list, found text");
    assert_eq!(reader.read_text().unwrap(), "x");
    assert!(!reader.find("time").unwrap());
    assert!(reader.find("rows").unwrap());
    assert_eq!(reader.enter_list().unwrap(), Some(3));
    reader.skip().unwrap();
    assert_eq!(
        reader.read_int().unwrap_err().to_string(),
        "OUT_OF_RANGE (11): $.rows[1]: float 1.5 is not an integer up to 2^53"
    );
    reader.skip().unwrap();
    reader.enter_map().unwrap();
    assert!(reader.find("n").unwrap());
    assert_eq!(
        reader.read_uint().unwrap_err().to_string(),
        "OUT_OF_RANGE (11): $.rows[2].n: -1 is not an unsigned 64-bit integer"
    );
    assert_eq!(reader.read_int().unwrap(), -1);
    reader.leave().unwrap();
    assert_eq!(reader.kind().unwrap(), Kind::End);
    assert_eq!(
        reader.skip().unwrap_err().to_string(),
        "OUT_OF_RANGE (11): $.rows[3]: a list has no more entries"
    );
    reader.leave().unwrap();
    reader.leave().unwrap();
    assert_eq!(
        reader.read_int().unwrap_err().to_string(),
        "OUT_OF_RANGE (11): $: the value was already read"
    );
}

#[test]
fn whole_floats_and_integers_stand_for_each_other_up_to_2_to_the_53() {
    let number = |value: &Value| value.encode();
    let limit = 1u64 << 53;
    for whole in [0, 1, limit] {
        let (as_float, as_int) = (number(&float(whole as f64)), number(&Value::Integer(whole.to_string())));
        assert_eq!(Reader::new(&as_float).unwrap().read_uint().unwrap(), whole);
        assert_eq!(Reader::new(&as_int).unwrap().read_float().unwrap(), whole as f64);
    }
    for outside in [float(-0.0), float(0.5), float((limit + 2) as f64), float(f64::NAN), float(f64::INFINITY)]
    {
        let bytes = number(&outside);
        assert_eq!(Reader::new(&bytes).unwrap().read_int().unwrap_err().code(), Code::OutOfRange);
    }
    for outside in [(limit + 1).to_string(), "-18446744073709551617".to_owned()] {
        let bytes = number(&Value::Integer(outside));
        assert_eq!(Reader::new(&bytes).unwrap().read_float().unwrap_err().code(), Code::OutOfRange);
    }
}

#[test]
fn json_that_cbor_would_change_is_refused() {
    for (text, reason) in [
        ("{\"a\":[1,18446744073709551616]}", "$.a[1]: an integer past 64 bits"),
        ("-9223372036854775809", "$: an integer past 64 bits"),
        ("{\"a\":1,\"a\":2}", "$: key \"a\" occurs twice"),
        ("[1e999]", "$[0]: not JSON: number out of range"),
        ("[1,]", "$[1]: not JSON: trailing comma"),
        ("{\"a\":nul}", "$.a: not JSON: expected ident at line 1 column 9"),
        ("[\"\\ud800\"]", "$[0]: not JSON"),
        ("NaN", "$: not JSON"),
        ("1 2", "$: not JSON: trailing characters"),
        ("", "$: not JSON"),
    ] {
        refused(json::to_cbor(text.as_bytes()), reason);
    }
    refused(json::to_cbor(b"\"\xff\""), "$: not JSON");
    refused(json::to_cbor("[".repeat(100_000).as_bytes()), "more than 64 lists and maps inside each other");
}

#[test]
fn json_numbers_keep_kind_and_value() {
    for (text, value) in [
        ("18446744073709551615", Value::Integer(u64::MAX.to_string())),
        ("-9223372036854775808", Value::Integer(i64::MIN.to_string())),
        ("[\"\\\"18446744073709551616\\\\\",18446744073709551615]", {
            let text = "\"18446744073709551616\\".to_owned();
            Value::List(vec![Value::Text(text), Value::Integer(u64::MAX.to_string())])
        }),
        ("1.0", float(1.0)),
        ("1e3", float(1000.0)),
        ("-0", float(-0.0)),
        ("18446744073709551616.0", float(18446744073709551616.0)),
        ("9007199254740993.0", float(9007199254740992.0)),
        // Off by one bit unless serde_json's `float_roundtrip` is on.
        ("3.4028234663852886e38", float(f64::from(f32::MAX))),
    ] {
        assert_eq!(Value::decode(&json::to_cbor(text.as_bytes()).unwrap()).unwrap(), value, "{text}");
    }
}

#[test]
fn content_types_name_encodings() {
    assert_eq!(Encoding::from_content_type("Application/JSON ; charset=utf-8"), Encoding::Json);
    assert_eq!(Encoding::from_content_type("text/plain"), Encoding::Other);
    for encoding in Encoding::NAMED {
        assert_eq!(Encoding::from_content_type(encoding.content_type()), encoding);
        assert_eq!(transcode(encoding, encoding, b"as it is").unwrap(), b"as it is");
        assert_eq!(transcode(encoding, Encoding::Other, b"\x01").unwrap_err().code(), Code::InvalidArgument);
        if encoding != Encoding::Bytes {
            refused(transcode(Encoding::Bytes, encoding, b"\x01"), "holds raw bytes, not a value");
        }
    }
    assert_eq!(transcode(Encoding::Protobuf, Encoding::Json, b"").unwrap_err().code(), Code::Unimplemented);
}

#[test]
fn deep_values_need_no_deep_stack() {
    let deep = [unhex(&"81".repeat(64)), vec![0xf6]].concat();
    let on_stack = |kib: usize| std::thread::Builder::new().stack_size(kib * 1024);
    let bytes = deep.clone();
    let changed = on_stack(64).spawn(move || {
        let mut reader = Reader::new(&bytes).unwrap();
        (0..64).for_each(|_| assert_eq!(reader.enter_list().unwrap(), Some(1)));
        (0..64).for_each(|_| reader.leave().unwrap());
        json::from_cbor(&bytes).unwrap()
    });
    let text = changed.unwrap().join().unwrap();
    // serde_json recurses: 64 KiB are enough for it in a release build only.
    let back = on_stack(128).spawn(move || json::to_cbor(&text).unwrap());
    assert_eq!(back.unwrap().join().unwrap(), deep);
}

/// splitmix64: the same values on each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn value(&mut self, depth: u32) -> Value {
        match self.below(if depth == 0 { 10 } else { 14 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2 | 3 => {
                let wide = i128::from(self.next() as i64) << self.below(63) | i128::from(self.next());
                Value::Integer((wide >> self.below(127)).to_string())
            }
            4 => float(f64::from_bits(self.next())),
            5 => float((self.next() as i32 as f64) / f64::from(1 << self.below(20))),
            6 => Value::Text(self.text()),
            7 => Value::Bytes((0..self.below(40)).map(|_| self.next() as u8).collect()),
            8 => Value::DateTime(format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}+{:02}:30",
                1 + self.below(9999),
                1 + self.below(12),
                1 + self.below(28),
                self.below(24),
                self.below(60),
                self.below(60),
                self.below(1000),
                self.below(15)
            )),
            9 => match self.below(2) {
                0 => Value::Uuid(
                    [self.next().to_be_bytes(), self.next().to_be_bytes()].concat().try_into().unwrap(),
                ),
                _ => Value::Decimal(format!("{}.{:04}", self.next() as i32, self.below(10_000))),
            },
            10 | 11 => Value::List((0..self.below(30) / 4).map(|_| self.value(depth - 1)).collect()),
            _ => {
                let entries =
                    (0..self.below(30) / 4).map(|n| (format!("{n}{}", self.text()), self.value(depth - 1)));
                Value::Map(entries.collect())
            }
        }
    }

    fn text(&mut self) -> String {
        let alphabet = ['a', 'Z', '0', ' ', '"', '\\', '\n', '\0', '\u{fc}', '\u{6c34}', '\u{10151}', '_'];
        (0..self.below(30)).map(|_| alphabet[self.below(12) as usize]).collect()
    }
}
