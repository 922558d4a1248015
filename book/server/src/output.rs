//! Makes text of what a program prints, piece by piece as it comes.

use anstream::adapter::StripBytes;

/// Turns bytes into text without escape sequences. A character that is cut in
/// two by the end of a piece waits for the next one.
#[derive(Default)]
pub(crate) struct Decoder {
    strip: StripBytes,
    rest: Vec<u8>,
}

impl Decoder {
    /// The text that is complete after `bytes`. Bytes that are no text are
    /// marked, not dropped: the reader should see that something came.
    pub(crate) fn text(&mut self, bytes: &[u8]) -> String {
        self.rest.extend_from_slice(bytes);
        let mut text = String::new();
        while let Err(err) = str::from_utf8(&self.rest) {
            let good = err.valid_up_to();
            text.push_str(&String::from_utf8_lossy(&self.rest[..good]));
            let Some(bad) = err.error_len() else {
                self.rest.drain(..good);
                return self.plain(&text);
            };
            text.push(char::REPLACEMENT_CHARACTER);
            self.rest.drain(..good + bad);
        }
        text.push_str(&String::from_utf8_lossy(&self.rest));
        self.rest.clear();
        self.plain(&text)
    }

    fn plain(&mut self, text: &str) -> String {
        let pieces: Vec<_> = self.strip.strip_next(text.as_bytes()).collect();
        String::from_utf8_lossy(&pieces.concat()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_dropped_also_when_cut_in_two() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.text(b"a\x1b[3"), "a");
        assert_eq!(decoder.text(b"1mb\x1b[0m\n"), "b\n");
    }

    #[test]
    fn a_character_that_is_cut_in_two_is_put_together() {
        let mut decoder = Decoder::default();
        let bytes = "→x".as_bytes();
        assert_eq!(decoder.text(&bytes[..2]), "");
        assert_eq!(decoder.text(&bytes[2..]), "→x");
    }

    #[test]
    fn bytes_that_are_no_text_are_marked() {
        let text = Decoder::default().text(b"a\xffb");
        assert_eq!(text, "a\u{fffd}b");
    }
}
