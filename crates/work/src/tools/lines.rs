//! Leaving lines out of a stream.

/// Passes a stream on without some lines, which have to be there as a whole. Holds no more than the longest of them. From the first
/// line on that begins with one of `until`, all is passed on: the rows of tables and the bodies of routines may hold any line.
pub(super) struct Lines<'a> {
    left_out: &'a [String],
    until: &'a [&'a str],
    longest: usize,
    is_over: bool,
    /// The beginning of a line that may be one of them; `None` inside of one that is none.
    held: Option<Vec<u8>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(left_out: &'a [String], until: &'a [&'a str]) -> Self {
        let lengths = left_out.iter().map(String::len);
        Self {
            left_out,
            until,
            longest: lengths
                .chain(until.iter().map(|word| word.len()))
                .max()
                .unwrap_or(0),
            is_over: false,
            held: Some(Vec::new()),
        }
    }

    /// What of the next bytes is passed on.
    pub(super) fn pass(&mut self, mut bytes: &[u8], on: &mut Vec<u8>) {
        on.clear();
        while !bytes.is_empty() {
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let (line, rest) = match end {
                Some(end) => bytes.split_at(end + 1),
                None => (bytes, &[][..]),
            };
            if let Some(mut held) = self.held.take() {
                held.extend_from_slice(line);
                let text = held.strip_suffix(b"\n").unwrap_or(&held);
                let whole = end.is_some();
                self.is_over |= self.until.iter().any(|word| text.starts_with(word.as_bytes()));
                let is_left_out = whole
                    && !self.is_over
                    && self.left_out.iter().any(|left_out| left_out.as_bytes() == text);
                if whole || text.len() > self.longest {
                    if !is_left_out {
                        on.extend_from_slice(&held);
                    }
                    self.held = whole.then(Vec::new);
                } else {
                    self.held = Some(held);
                }
            } else {
                on.extend_from_slice(line);
                self.held = end.map(|_| Vec::new());
            }
            bytes = rest;
        }
    }

    /// What is held at the end.
    pub(super) fn finish(self) -> Vec<u8> {
        self.held.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Lines;

    const LEFT_OUT: [&str; 2] = ["SET A;", "SET LONGER = 1;"];

    fn passed(text: &str, step: usize) -> String {
        let left_out = LEFT_OUT.map(str::to_owned);
        let mut lines = Lines::new(&left_out, &["CREATE TABLE ", "COPY "]);
        let (mut all, mut on) = (Vec::new(), Vec::new());
        for some in text.as_bytes().chunks(step) {
            lines.pass(some, &mut on);
            all.extend_from_slice(&on);
        }
        all.extend(lines.finish());
        String::from_utf8(all).expect("text")
    }

    proptest! {
        #[test]
        fn only_whole_lines_are_left_out(step in 1_usize..40) {
            let text = "SET A;\nSET AB;\nINSERT 'a SET A;';\n\nSET LONGER = 1;\nSET LONGER = 1; -- no\n SET A;\nend of it, without a line's end: SET A;";
            let wanted = "SET AB;\nINSERT 'a SET A;';\n\nSET LONGER = 1; -- no\n SET A;\nend of it, without a line's end: SET A;";
            prop_assert_eq!(passed(text, step), wanted);
            prop_assert_eq!(passed("SET A;", step), "SET A;");
            let rows = "SET A;\nCREATE SCHEMA s;\nSET A;\nCOPY t FROM stdin;\nSET A;\n\\.\nSET LONGER = 1;\n";
            let wanted = "CREATE SCHEMA s;\nCOPY t FROM stdin;\nSET A;\n\\.\nSET LONGER = 1;\n";
            prop_assert_eq!(passed(rows, step), wanted);
        }
    }
}
