//! The users and repositories of the `github` shape, each a function of its number.

use super::super::line::Line;
use super::super::random::Random;
use super::super::words::WORDS;

/// A person or an organization.
#[derive(Clone, Copy)]
pub(super) struct User {
    number: u64,
}

/// A repository and whom it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Repository {
    number: u64,
    pub(super) owner: User,
}

impl User {
    pub(super) fn draw(random: &mut Random) -> Self {
        Self { number: random.skewed_below(200_000) }
    }

    pub(super) fn id(self) -> u64 {
        1000 + self.number * 613
    }

    pub(super) fn push_login(self, line: &mut Line) {
        line.push(word(self.number));
        if self.number.is_multiple_of(3) {
            line.push("-");
            line.push(word(self.number / 7));
        }
        line.push_integer(self.number % 1000);
    }

    /// The short form at the top of an event.
    pub(super) fn write_as_actor(self, line: &mut Line) {
        line.open_object();
        line.key("id").integer(self.id());
        self.write_text("login", "", line);
        self.write_text("display_login", "", line);
        line.key("gravatar_id").text("");
        self.write_text("url", "https://api.github.com/users/", line);
        self.write_avatar(line);
        line.close_object();
    }

    pub(super) fn write_as_organization(self, line: &mut Line) {
        line.open_object();
        line.key("id").integer(self.id());
        self.write_text("login", "", line);
        line.key("gravatar_id").text("");
        self.write_text("url", "https://api.github.com/orgs/", line);
        self.write_avatar(line);
        line.close_object();
    }

    /// The form inside payloads.
    pub(super) fn write(self, line: &mut Line) {
        line.open_object();
        self.write_text("login", "", line);
        line.key("id").integer(self.id());
        self.write_avatar(line);
        self.write_text("html_url", "https://github.com/", line);
        line.key("type").text(if self.number.is_multiple_of(10) { "Bot" } else { "User" });
        line.key("site_admin").boolean(false);
        line.close_object();
    }

    fn write_text(self, key: &str, prefix: &str, line: &mut Line) {
        line.key(key).open_text();
        line.push(prefix);
        self.push_login(line);
        line.close_text();
    }

    fn write_avatar(self, line: &mut Line) {
        line.key("avatar_url").open_text();
        line.push("https://avatars.githubusercontent.com/u/");
        line.push_integer(self.id());
        line.push("?");
        line.close_text();
    }
}

impl Repository {
    pub(super) fn draw(random: &mut Random) -> Self {
        let number = random.skewed_below(100_000);
        Self { number, owner: User { number: number * 2 } }
    }

    pub(super) fn forked_by(self, owner: User) -> Self {
        Self { owner, ..self }
    }

    pub(super) fn id(self) -> u64 {
        50_000 + self.number * 7919
    }

    pub(super) fn is_of_organization(self) -> bool {
        self.number.is_multiple_of(4)
    }

    pub(super) fn language(self) -> Option<&'static str> {
        let languages = ["Rust", "Python", "TypeScript", "Go", "C++", "Java", "Kotlin"];
        languages.get((self.number % 9) as usize).copied()
    }

    pub(super) fn push_name(self, line: &mut Line) {
        line.push(word(self.number / 3));
        line.push("-");
        line.push(word(self.number));
    }

    pub(super) fn push_full_name(self, line: &mut Line) {
        self.owner.push_login(line);
        line.push("/");
        self.push_name(line);
    }

    /// The short form at the top of an event.
    pub(super) fn write_as_reference(self, line: &mut Line) {
        line.open_object();
        line.key("id").integer(self.id());
        line.key("name").open_text();
        self.push_full_name(line);
        line.close_text();
        line.key("url");
        self.write_api_url("", line);
        line.close_object();
    }

    /// A string with the address of something in the repository, without its number.
    pub(super) fn write_api_url(self, path: &str, line: &mut Line) {
        line.open_text();
        self.push_api_url(path, line);
        line.close_text();
    }

    pub(super) fn push_api_url(self, path: &str, line: &mut Line) {
        line.push("https://api.github.com/repos/");
        self.push_full_name(line);
        line.push(path);
    }
}

/// A word chosen by a number, spread so that neighbours differ.
fn word(number: u64) -> &'static str {
    WORDS[(number.wrapping_mul(0x9e37_79b9) >> 8) as usize % WORDS.len()]
}
