//! Where the pages of the book can be read.

/// The pages as the repository shows them: there whether or not somebody
/// serves the book.
const PAGES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");

/// The address of a page (`book/src/03-accept/accept.md`); none for what is
/// no page.
pub(crate) fn address(page: &str) -> Option<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let is_page = page.starts_with("book/src/")
        && page.ends_with(".md")
        && !page.contains("..")
        && page.chars().all(is_plain);
    is_page.then(|| format!("{PAGES}{page}"))
}

/// What a page is called in a sentence: `03-accept/accept`.
pub(crate) fn name(page: &str) -> &str {
    let page = page.strip_prefix("book/src/").unwrap_or(page);
    page.strip_suffix(".md").unwrap_or(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_has_an_address() {
        let page = "book/src/03-accept/accept.md";
        assert!(address(page).unwrap().ends_with(&format!("/{page}")));
        assert_eq!(name(page), "03-accept/accept");
        for other in [
            "",
            "javascript:alert(1)",
            "book/src/../../x.md",
            "book/src/a)b.md",
        ] {
            assert_eq!(address(other), None, "{other}");
        }
    }
}
