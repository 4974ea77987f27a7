//! Lines, indented and wrapped.

/// Source code that grows line by line.
pub struct Text {
    written: String,
    indent: &'static str,
    depth: usize,
}

impl Text {
    pub fn new(indent: &'static str) -> Text {
        Text { written: String::new(), indent, depth: 0 }
    }

    /// A line at this depth.
    pub fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.written.extend(std::iter::repeat_n(self.indent, self.depth));
            self.written += line;
        }
        self.written.push('\n');
    }

    pub fn lines(&mut self, lines: &[&str]) {
        lines.iter().for_each(|line| self.line(line));
    }

    pub fn blank(&mut self) {
        self.written.push('\n');
    }

    /// What is written within is one deeper.
    pub fn indented(&mut self, write: impl FnOnce(&mut Text)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    /// What is written within is one less deep.
    pub fn outdented(&mut self, write: impl FnOnce(&mut Text)) {
        self.depth -= 1;
        write(self);
        self.depth += 1;
    }

    /// A head, what is within, and an end.
    pub fn block(&mut self, head: impl AsRef<str>, end: impl AsRef<str>, write: impl FnOnce(&mut Text)) {
        self.line(head);
        self.indented(write);
        self.line(end);
    }

    /// In one line where that fits into `width`: `before`, the parts with commas, `after`; else each part in a line of its own.
    pub fn list(&mut self, width: usize, before: &str, parts: &[String], after: &str) {
        let whole = format!("{before}{}{after}", parts.join(", "));
        // One with a comma behind it would be a tuple in some languages.
        if parts.len() < 2 || self.column() + whole.len() <= width {
            return self.line(whole);
        }
        self.block(before, after, |text| parts.iter().for_each(|part| text.line(format!("{part},"))));
    }

    /// Each line of a description behind a mark such as `//`.
    pub fn comment(&mut self, mark: &str, description: &str) {
        for line in wrapped(description, LINE.saturating_sub(self.column() + mark.len() + 1)) {
            self.line(format!("{mark} {line}").trim_end());
        }
    }

    /// How far a line at this depth is from the edge.
    pub fn column(&self) -> usize {
        let wide = if self.indent == "\t" { 4 } else { self.indent.len() };
        wide * self.depth
    }

    pub fn written(&self) -> &str {
        &self.written
    }

    pub fn finish(self) -> String {
        self.written
    }
}

/// The widest line of a description.
pub const LINE: usize = 88;

/// What people wrote, in lines of at most this width where its words allow it. Paragraphs stay apart.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let unix = text.replace("\r\n", "\n");
    for paragraph in unix.split("\n\n") {
        let mut line = String::new();
        for word in paragraph.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        if !line.is_empty() {
            lines.push(line);
            lines.push(String::new());
        }
    }
    lines.pop();
    lines
}

/// What people wrote of a method, and what it fails with.
pub fn with_errors(description: &str, errors: &[String]) -> String {
    let failing =
        if errors.is_empty() { String::new() } else { format!("Fails with {}.", errors.join(", ")) };
    format!("{description}\n\n{failing}")
}

/// A text as a literal between double quotes, as C, Go, Python, Rust, TypeScript and their kin all read it, unless it has what
/// only escapes can write: those are the language's.
pub fn quoted(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut literal = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => literal += "\\\"",
            '\\' => literal += "\\\\",
            '\n' => literal += "\\n",
            ' '..='~' => literal.push(letter),
            _ if letter.is_alphanumeric() => literal.push(letter),
            _ => literal += &escape(letter),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_wrapped_at_words() {
        assert_eq!(wrapped("one two\nthree\n\nfour", 9), ["one two", "three", "", "four"]);
        assert_eq!(wrapped("a\u{0}b \u{2028} c", 80), ["a b c"]);
        assert_eq!(wrapped(" \n\n ", 80), [""; 0]);
    }

    #[test]
    fn a_list_that_is_too_wide_is_written_in_lines() {
        let parts = ["first".to_owned(), "second".to_owned()];
        let mut text = Text::new("  ");
        text.list(20, "f(", &parts, ")");
        text.list(10, "f(", &parts, ")");
        assert_eq!(text.finish(), "f(first, second)\nf(\n  first,\n  second,\n)\n");
    }
}
