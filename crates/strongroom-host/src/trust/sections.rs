//! Files of several notes. Page: `docs/spec/delivery.md`, "Sections".

/// Reads the sections of a file: name and text, in their order. `None` where the file has another form.
pub(super) fn read<'a>(file: &'a str, header: &str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut rest = file.strip_prefix(header)?.strip_prefix('\n')?;
    let mut sections = Vec::new();
    while !rest.is_empty() {
        let (line, after) = rest.split_once('\n')?;
        let (name, length) = line.split_once(' ')?;
        let (text, after) = after.split_at_checked(length.parse().ok()?)?;
        sections.push((name, text));
        rest = after;
    }
    Some(sections)
}

/// The value of a note's line that begins with a word.
pub(super) fn value<'a>(note: &'a str, word: &str) -> Option<&'a str> {
    note.lines()
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_as_long_as_they_say() {
        let file = "header\nfirst 4\na\nb\nsecond 0\n";
        assert_eq!(read(file, "header"), Some(vec![("first", "a\nb\n"), ("second", "")]));
        assert_eq!(read("header\n", "header"), Some(vec![]));
        for broken in ["", "other\n", "header\nfirst 5\na\nb\n", "header\nfirst\n", "header\nfirst -1\n\n"] {
            assert_eq!(read(broken, "header"), None, "{broken:?}");
        }
    }

    #[test]
    fn a_value_stands_in_the_body_and_not_below_it() {
        let note = "header\nepoch 7\n\nepoch 8\n";
        assert_eq!(value(note, "epoch"), Some("7"));
        assert_eq!(value("header\n\nepoch 8\n", "epoch"), None);
    }
}
