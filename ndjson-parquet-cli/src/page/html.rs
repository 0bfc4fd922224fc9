//! HTML as text, with everything from outside escaped.

use std::fmt::Write;

use crate::visible::harmless;

/// A piece of HTML; what is not written by this program gets in through [`escape`] alone.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// Appends markup of our own.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Appends text from wherever.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.0.push_str(&escape(text));
        self
    }

    /// Appends a cell of text.
    pub(super) fn cell(&mut self, text: &str) -> &mut Self {
        self.raw("<td>").text(text).raw("</td>")
    }

    /// Appends a cell of a number.
    pub(super) fn number(&mut self, number: &str) -> &mut Self {
        self.raw("<td class=\"n\">").text(number).raw("</td>")
    }

    /// Appends the head of a table; columns whose name begins with `#` are of numbers.
    pub(super) fn head(&mut self, columns: &[&str]) -> &mut Self {
        self.raw("<table><tr>");
        for column in columns {
            match column.strip_prefix('#') {
                Some(name) => self.raw("<th class=\"n\">").text(name),
                None => self.raw("<th>").text(column),
            };
            self.raw("</th>");
        }
        self.raw("</tr>\n")
    }

    /// Appends a bar of `parts`, each a class, what it is, and how many, out of their sum.
    pub(super) fn bar(&mut self, parts: &[(&str, &str, u64)]) -> &mut Self {
        let sum = parts.iter().fold(0_u64, |sum, (_, _, number)| sum.saturating_add(*number));
        self.raw("<div class=\"bar\">");
        for (class, what, number) in parts.iter().filter(|(_, _, number)| *number > 0) {
            let share = *number as f64 / sum as f64 * 100.0;
            let _ = write!(
                self.0,
                "<span class=\"{class}\" style=\"width:{share:.3}%\" title=\"{}: {number}\"></span>",
                escape(what)
            );
        }
        self.raw("</div>")
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// `text` as text in HTML, also within quotes, with what is invisible shown.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
