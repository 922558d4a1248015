//! The register: what the GNU C Library's manual says of sockets with
//! connections, sentence by sentence, with what this kernel does instead of an
//! opinion.
//!
//! A [`Claim`] says in our words what the manual says, what was found on Linux
//! and why. Its probe *does* it and tells what it measured: it never says
//! whether that is right. [`run::Verdict`] is the comparison of the two.

// A probe asks this kernel in its own terms; on other systems there is nothing
// here yet.
#![cfg(target_os = "linux")]

pub mod network;
pub mod probes;
pub mod run;
pub mod scene;
pub mod story;
pub mod table;

pub use story::Story;

/// The manual's sections, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// `INT`
    Introduction,
    /// `CON`
    Connect,
    /// `LIS`
    Listen,
    /// `ACC`
    Accept,
    /// `GPN`
    Getpeername,
    /// `XFR`
    Transfer,
    /// `SND`
    Send,
    /// `RCV`
    Recv,
    /// `FLG`
    Flags,
    /// `EXC`
    Client,
    /// `EXS`
    Server,
    /// `OOB`
    OutOfBand,
}

impl Section {
    /// All of them, in the manual's order.
    pub const ALL: [Section; 12] = [
        Section::Introduction,
        Section::Connect,
        Section::Listen,
        Section::Accept,
        Section::Getpeername,
        Section::Transfer,
        Section::Send,
        Section::Recv,
        Section::Flags,
        Section::Client,
        Section::Server,
        Section::OutOfBand,
    ];

    /// What the ids of its claims begin with.
    pub fn prefix(self) -> &'static str {
        match self {
            Section::Introduction => "INT",
            Section::Connect => "CON",
            Section::Listen => "LIS",
            Section::Accept => "ACC",
            Section::Getpeername => "GPN",
            Section::Transfer => "XFR",
            Section::Send => "SND",
            Section::Recv => "RCV",
            Section::Flags => "FLG",
            Section::Client => "EXC",
            Section::Server => "EXS",
            Section::OutOfBand => "OOB",
        }
    }

    /// The section's title in the manual.
    pub fn title(self) -> &'static str {
        match self {
            Section::Introduction => "Using Sockets with Connections",
            Section::Connect => "Making a Connection",
            Section::Listen => "Listening for Connections",
            Section::Accept => "Accepting Connections",
            Section::Getpeername => "Who is Connected to Me?",
            Section::Transfer => "Transferring Data",
            Section::Send => "Sending Data",
            Section::Recv => "Receiving Data",
            Section::Flags => "Socket Data Options",
            Section::Client => "Byte Stream Socket Example",
            Section::Server => "Byte Stream Connection Server Example",
            Section::OutOfBand => "Out-of-Band Data",
        }
    }
}

/// One checkable sentence of the manual, and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// As in `CON-07`; ids from 50 upwards are not the manual's, but what it
    /// leaves out.
    pub id: &'static str,
    /// What the manual says (or leaves out), in one sentence of our own.
    pub says: &'static str,
    /// What POSIX.1-2024 says where it differs from the manual, with the page
    /// of the standard; empty where it does not.
    pub posix: &'static str,
    /// What was found on Linux.
    pub outcome: Outcome,
    /// Why it is so: one to three sentences, with the source (a man page, an
    /// RFC, a measurement).
    pub why: &'static str,
    /// What the probe is to find, label by label, in its order.
    pub finds: &'static [(&'static str, &'static str)],
    /// The kernels on which the probe found that: `Linux 6.18`.
    pub seen: &'static [&'static str],
    /// What the machine must have; the words of [`testkit::machine::lacks`].
    pub needs: &'static [&'static str],
    /// The page of the book that tells it, from `book/src`.
    pub page: &'static str,
    /// What measures it.
    pub probe: Probe,
}

impl Claim {
    /// The section that it is from.
    ///
    /// # Panics
    ///
    /// If its id begins like no section; a test holds that none does.
    pub fn section(&self) -> Section {
        *Section::ALL
            .iter()
            .find(|section| self.id.starts_with(section.prefix()))
            .unwrap_or_else(|| panic!("{} is of no section", self.id))
    }
}

/// What became of a sentence on Linux.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is as the manual says.
    Holds,
    /// It is, under this condition: words that end the sentence "holds only
    /// if …".
    OnlyIf(&'static str),
    /// It is otherwise: what happens instead, in one sentence.
    Differs(&'static str),
    /// Nobody could make it happen: what was tried. The probe measures that
    /// nothing came of that.
    CannotBeProvoked(&'static str),
}

/// A function that does what a claim speaks of, and its source.
#[derive(Clone, Copy)]
pub struct Probe {
    /// The function's name.
    pub name: &'static str,
    /// Tells what it does and what it finds. An error means that it could not
    /// measure; [`testkit::Skip`] that this machine lacks something.
    pub run: fn(&mut Story) -> anyhow::Result<()>,
    /// The text of the file that it stands in.
    pub file: &'static str,
}

impl std::fmt::Debug for Probe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A probe of the file that names it; the file has `SOURCE`, its own text.
#[macro_export]
macro_rules! probe {
    ($name:ident) => {
        $crate::Probe {
            name: stringify!($name),
            run: $name,
            file: SOURCE,
        }
    };
}

impl Probe {
    /// The source of the function, from its doc comment to its last brace.
    pub fn source(&self) -> &'static str {
        let head = format!("fn {}(", self.name);
        let Some(at) = self.file.find(&head) else {
            return "";
        };
        // Back to the blank line before its comment, on to its closing brace.
        let begin = self.file[..at].rfind("\n\n").map_or(0, |end| end + 2);
        let end = self.file[at..]
            .find("\n}\n")
            .map_or(self.file.len(), |end| at + end + 2);
        &self.file[begin..end]
    }
}
