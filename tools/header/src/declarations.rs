//! The exported functions as an extern block.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use quote::quote;
use syn::{Attribute, Item, ItemFn, Visibility};

/// The text of a Rust file that declares every `extern "C"` function of `files`.
pub fn of(files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut functions = Vec::new();
    for file in files {
        let parsed = syn::parse_file(&fs::read_to_string(file)?)?;
        functions.extend(parsed.items.into_iter().filter_map(exported));
    }
    let declarations = functions.iter().map(|function| {
        let docs = function.attrs.iter().filter(|attribute| is_doc(attribute));
        let signature = &function.sig;
        let (name, inputs, output) = (&signature.ident, &signature.inputs, &signature.output);
        quote! { #(#docs)* pub fn #name(#inputs) #output; }
    });
    let file = syn::parse2(quote! {
        use std::ffi::{c_char, c_void};
        use hmsffi_abi::*;

        unsafe extern "C" { #(#declarations)* }
    })?;
    Ok(format!(
        "//! The functions of the C ABI. Generated from capi/ by `make header`; do not edit.\n\n{}",
        prettyplease::unparse(&file)
    ))
}

fn exported(item: Item) -> Option<ItemFn> {
    match item {
        Item::Fn(function) if matches!(function.vis, Visibility::Public(_)) && function.sig.abi.is_some() => {
            Some(function)
        }
        _ => None,
    }
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}
