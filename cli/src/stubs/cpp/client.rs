//! The class.

use super::{HIDDEN, Header, KEYWORDS, WIDE, comment, literal};
use crate::stubs::model::{Flow, Method, Shape, Type};
use crate::stubs::names::{Scope, snake};
use crate::stubs::text::{Text, with_errors};

impl Header<'_> {
    pub(super) fn client(&mut self, class: &str) {
        let api = self.api;
        let mut scope = Scope::without(KEYWORDS).nor(HIDDEN).nor("asked_for");
        let methods: Vec<Text> =
            api.methods.iter().map(|method| self.method(method, &scope.take(&snake(&method.name)))).collect();
        let text = &mut self.text;
        text.blank();
        comment(text, &format!("Calls {}; usable on several threads at once.", api.service));
        text.line(format!("class {class} {{"));
        text.line("  public:");
        text.indented(|text| {
            text.line("// What the client was made for.");
            text.line(format!("static constexpr const char *asked_for = {};", literal(&api.query())));
            text.blank();
            let parts = ["const hms::Client &client".into(), "std::string_view service = asked_for".into()];
            text.list(WIDE, &format!("explicit {class}("), &parts, ")");
            text.line("    : service_(client.get_service(service)) {}");
            for method in methods {
                text.blank();
                text.lines(&method.written().lines().collect::<Vec<_>>());
            }
        });
        text.blank();
        text.line("  private:");
        text.indented(|text| text.line("hms::RemoteService service_;"));
        text.line("};");
    }

    fn method(&self, method: &Method, name: &str) -> Text {
        let Method { description, flow, params, result, .. } = method;
        let mut text = Text::new("    ");
        let takes = !flow.sends() && *params != Type::Null;
        let answer = match (flow, result) {
            (Flow::Call, Type::Null) => "void".to_owned(),
            (Flow::Call, _) => self.meant(result),
            (Flow::ServerStream, _) => format!("hms::typed::IncomingStream<{}>", self.meant(result)),
            _ => format!("hms::typed::DuplexStream<{}, {}>", self.meant(params), self.meant(result)),
        };
        let taken = self.taken(params);
        let options = "const hms::CallOptions &options = {}".to_owned();
        let parts = if takes { vec![taken, options] } else { vec![options] };
        let request = if takes { "hms::typed::to_value(params)" } else { "nullptr" };
        let how = if *flow == Flow::Call { "call" } else { "open" };
        let errors: Vec<String> = method.errors.iter().map(|&index| self.errors[index].clone()).collect();
        comment(&mut text, &with_errors(description, &errors));
        let whole = format!("hms::expected<{answer}> {name}({}) const {{", parts.join(", "));
        if whole.len() + 4 <= WIDE {
            text.line(whole);
        } else {
            text.line(format!("hms::expected<{answer}> {name}("));
            text.line(format!("    {}) const {{", parts.join(", ")));
        }
        text.indented(|text| {
            text.line(format!("return hms::typed::{how}<{answer}>("));
            text.line(format!("    service_, {}, {request}, options);", literal(&method.name)));
        });
        text.line("}");
        text
    }

    /// What a method takes.
    fn taken(&self, one: &Type) -> String {
        match one {
            Type::Boolean | Type::Integer(_) | Type::Number => format!("{} params", self.meant(one)),
            Type::Text => "std::string_view params".into(),
            Type::Any => "const hms::Value &params = nullptr".into(),
            Type::Named(index) if matches!(self.api.types[*index].shape, Shape::Enum(_)) => {
                format!("{} params", self.meant(one))
            }
            _ => format!("const {} &params", self.meant(one)),
        }
    }
}
