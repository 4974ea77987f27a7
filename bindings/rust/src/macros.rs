//! The macros of the specification, and the one of components.

/// Makes a type that collects the methods of a service, to be given to
/// [`register_service`](crate::Server::register_service).
///
/// ```
/// use hmsffi::prelude::*;
///
/// ffi_service!(Calc, "calc");
///
/// async fn add((a, b): (i64, i64)) -> Result<i64, Error> {
///     Ok(a + b)
/// }
///
/// # fn main() -> Result<(), Error> {
/// # let mut server = hmsffi::Runtime::private("doc")?.new_server(ServerOptions::named("calc"))?;
/// let calc = Calc::new().version("1.2.0").description("Arithmetic").method(ffi_method!(add, add));
/// server.register_service(Box::new(calc))?;
/// # assert_eq!(server.service_ids(), [Calc::ID]);
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! ffi_service {
    ($name:ident, $id:expr) => {
        #[doc = concat!("The service `", stringify!($name), "`.")]
        pub struct $name($crate::Service);

        impl $name {
            /// What clients ask for.
            pub const ID: &'static str = $id;

            /// The service, without methods.
            #[allow(clippy::new_without_default)]
            pub fn new() -> $name {
                $name($crate::Service::new(Self::ID))
            }

            /// Adds a method.
            #[allow(dead_code)]
            pub fn method(self, entry: $crate::MethodEntry) -> $name {
                $name(self.0.method(entry))
            }

            /// Sets the semantic version.
            #[allow(dead_code)]
            pub fn version(self, version: &str) -> $name {
                $name(self.0.version(version))
            }

            /// Describes the service for people.
            #[allow(dead_code)]
            pub fn description(self, description: &str) -> $name {
                $name(self.0.description(description))
            }
        }

        impl $crate::ServiceHandler for $name {
            fn service_info(&self) -> $crate::ServiceInfo {
                $crate::ServiceHandler::service_info(&self.0)
            }

            fn methods(&self) -> Vec<$crate::MethodEntry> {
                $crate::ServiceHandler::methods(&self.0)
            }
        }
    };
}

/// A method with its asynchronous function, as a [`MethodEntry`](crate::MethodEntry): see
/// [`ffi_service!`](crate::ffi_service!).
#[macro_export]
macro_rules! ffi_method {
    ($name:ident, $fn:expr) => {
        $crate::MethodEntry::new(stringify!($name), $fn)
    };
}

/// A streaming method with its function, as a [`MethodEntry`](crate::MethodEntry); bidirectional unless
/// [`stream_type`](crate::MethodEntry::stream_type) says otherwise.
///
/// ```
/// use hmsffi::prelude::*;
///
/// fn count(stream: ServerStream) -> Result<(), Error> {
///     let to: u32 = stream.params()?;
///     (1..=to).try_for_each(|n| stream.send(&n))
/// }
/// let entry = ffi_stream_method!(count, count).stream_type(StreamType::ServerStreaming);
/// ```
#[macro_export]
macro_rules! ffi_stream_method {
    ($name:ident, $fn:expr) => {
        $crate::MethodEntry::stream(stringify!($name), $fn)
    };
}

/// Makes a component of a `cdylib` crate: a shared library that a program in any language loads.
///
/// The argument is a `fn(&Runtime, &mut dyn Server) -> Result<(), Error>`, which registers services with the
/// server and makes clients of the runtime; the server is named like the crate and starts when the function
/// has returned. The crate needs
///
/// ```toml
/// hmsffi = { version = "0.1", default-features = false }
/// ```
///
/// since a component shares the core of its process. See `examples/component/rust`.
#[cfg(not(feature = "static"))]
#[macro_export]
macro_rules! component {
    ($register:expr) => {
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn hmsffi_component_abi() -> u32 {
            $crate::__component::abi()
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn hmsffi_component_init(
            runtime: $crate::__component::hms_runtime_t,
            failure: *mut $crate::__component::hms_error_t,
        ) -> $crate::__component::hms_status_t {
            // SAFETY: the loader gives a place for the error.
            unsafe { $crate::__component::init(env!("CARGO_PKG_NAME"), $register, runtime, failure) }
        }
    };
}

/// Makes a component: not in this build, which has the core in itself.
///
/// ```compile_fail
/// hmsffi::component!(|_, _| Ok(()));
/// ```
#[cfg(feature = "static")]
#[macro_export]
macro_rules! component {
    ($register:expr) => {
        compile_error!(
            "a component shares the core of its process: depend on hmsffi with `default-features = false`, which leaves the \
             feature `static` out"
        );
    };
}
