//! Methods and types as all languages see them.

/// A service.
pub struct Api {
    pub service: String,
    pub version: String,
    pub description: String,
    /// By name.
    pub methods: Vec<Method>,
    /// By name.
    pub types: Vec<Named>,
    /// What methods fail with, by schema.
    pub errors: Vec<TypedError>,
}

/// A method.
pub struct Method {
    /// As it is called.
    pub name: String,
    pub description: String,
    pub flow: Flow,
    /// The request; of a method that callers send to, each message.
    pub params: Type,
    /// The answer, or each message that comes.
    pub result: Type,
    /// The places of its errors with data in `Api::errors`.
    pub errors: Vec<usize>,
}

/// An error with data.
pub struct TypedError {
    /// The id of its schema, by which it travels; no two are the same.
    pub schema: String,
    pub description: String,
    pub data: Type,
}

/// How messages flow.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Call,
    ServerStream,
    ClientStream,
    Bidirectional,
}

/// A type that has a name of its own.
pub struct Named {
    /// In Pascal case; no two are the same.
    pub name: String,
    pub description: String,
    pub shape: Shape,
}

/// What is behind a name.
pub enum Shape {
    Object(Vec<Field>),
    Enum(Vec<EnumValue>),
    /// The first that takes the value is meant. None of them is null.
    Union(Vec<Type>),
    Alias(Type),
}

/// A field of an object.
pub struct Field {
    /// As it travels.
    pub name: String,
    pub description: String,
    pub holds: Type,
    pub is_required: bool,
}

/// A value of an enum.
pub struct EnumValue {
    /// As it travels.
    pub value: String,
    pub description: String,
}

/// A type, where it is used.
#[derive(Clone, PartialEq, Eq)]
pub enum Type {
    Any,
    Null,
    Boolean,
    Integer(Integer),
    Number,
    Text,
    Bytes,
    DateTime,
    Uuid,
    List(Box<Type>),
    /// Of texts to these.
    Map(Box<Type>),
    /// This, or null.
    Nullable(Box<Type>),
    /// The place in `Api::types`.
    Named(usize),
}

/// How large an integer can be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Integer {
    /// Nobody said it.
    Unstated,
    /// Its limits are past the integers that a double holds.
    Large,
    Bits {
        bits: u8,
        is_signed: bool,
    },
}

impl Flow {
    /// Whether callers send messages.
    pub fn sends(self) -> bool {
        matches!(self, Flow::ClientStream | Flow::Bidirectional)
    }
}

impl Field {
    /// The type of the value where it is there: languages where absence and null are one have one place for both.
    pub fn present(&self) -> &Type {
        match &self.holds {
            Type::Nullable(inner) => inner,
            holds => holds,
        }
    }

    /// Whether a value need not be there.
    pub fn may_lack(&self) -> bool {
        !self.is_required || matches!(self.holds, Type::Nullable(_))
    }
}

impl Api {
    /// What its clients ask for: versions that have all that this one has.
    pub fn query(&self) -> String {
        if self.version.is_empty() {
            self.service.clone()
        } else {
            format!("{}@^{}", self.service, self.version)
        }
    }

    /// Service and version, for people.
    pub fn source(&self) -> String {
        format!("{} {}", self.service, self.version).trim_end().to_owned()
    }

    /// Whether a value of type `outer` can have one of `inner` in itself that is not in a list or map, which have room for any.
    pub fn embeds(&self, outer: usize, inner: usize) -> bool {
        self.leads(&Type::Named(outer), inner, false, &mut Vec::new())
    }

    /// Whether a type is made of itself.
    pub fn is_recursive(&self, index: usize) -> bool {
        self.types[index].parts().into_iter().any(|part| self.leads(part, index, true, &mut Vec::new()))
    }

    fn leads(&self, from: &Type, to: usize, through_lists: bool, seen: &mut Vec<usize>) -> bool {
        match from {
            Type::Named(index) if *index == to => true,
            Type::Named(index) if seen.contains(index) => false,
            Type::Named(index) => {
                seen.push(*index);
                let parts = self.types[*index].parts();
                parts.into_iter().any(|part| self.leads(part, to, through_lists, seen))
            }
            Type::Nullable(inner) => self.leads(inner, to, through_lists, seen),
            Type::List(inner) | Type::Map(inner) => {
                through_lists && self.leads(inner, to, through_lists, seen)
            }
            _ => false,
        }
    }

    /// Whether a type is what errors carry.
    pub fn is_error(&self, index: usize) -> bool {
        self.errors.iter().any(|error| error.data == Type::Named(index))
    }

    /// The type that is the data of an error and of none before it; none = the error needs one of its own.
    pub fn type_of_error(&self, error: usize) -> Option<usize> {
        let Type::Named(index) = self.errors[error].data else { return None };
        let is_taken = self.errors[..error].iter().any(|before| before.data == Type::Named(index));
        (!is_taken).then_some(index)
    }

    /// Whether any type is or has one that this is true of.
    pub fn uses(&self, is: impl Fn(&Type) -> bool) -> bool {
        let ends = self.methods.iter().flat_map(|method| [&method.params, &method.result]);
        let ends = ends.chain(self.errors.iter().map(|error| &error.data));
        ends.chain(self.types.iter().flat_map(Named::parts)).any(|one| one.has(&is))
    }
}

impl Named {
    /// The types that it is made of.
    pub fn parts(&self) -> Vec<&Type> {
        match &self.shape {
            Shape::Object(fields) => fields.iter().map(|field| &field.holds).collect(),
            Shape::Enum(_) => Vec::new(),
            Shape::Union(types) => types.iter().collect(),
            Shape::Alias(meant) => vec![meant],
        }
    }
}

impl Type {
    fn has(&self, is: &impl Fn(&Type) -> bool) -> bool {
        is(self)
            || match self {
                Type::List(inner) | Type::Map(inner) | Type::Nullable(inner) => inner.has(is),
                _ => false,
            }
    }
}
