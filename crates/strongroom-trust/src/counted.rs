//! Counts for people.

/// A count with its noun or verb, in the singular or the plural: `1 witness`, `2 witnesses`.
pub fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_alone_is_singular() {
        let told = [0, 1, 2, 21].map(|count| counted(count, "entry", "entries"));
        assert_eq!(told, ["0 entries", "1 entry", "2 entries", "21 entries"]);
    }
}
