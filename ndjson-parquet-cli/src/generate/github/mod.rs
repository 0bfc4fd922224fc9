//! `github`: public activity in the form of the GitHub archive's events.
//!
//! Eight kinds of event share an envelope and differ in `payload`, so that a converter sees structs
//! in structs, lists of structs, and columns that most rows lack. The people and the projects
//! are made up; a user's or repository's number decides about all its fields.

mod payload;
mod people;
mod prose;

use super::WriteLine;
use super::line::{Line, TimeStyle};
use super::random::Random;
use super::words::START_OF_2026;
use people::{Repository, User};

/// The running id and time of the events.
pub(super) struct Github {
    next_id: u64,
    unix_micros: u64,
}

/// What an event is about.
#[derive(Clone, Copy)]
enum EventKind {
    Push,
    PullRequest,
    Create,
    IssueComment,
    Issues,
    Watch,
    Fork,
    Release,
}

/// What a payload may refer to.
struct Event {
    kind: EventKind,
    actor: User,
    repository: Repository,
    unix_micros: u64,
}

impl Github {
    pub(super) fn new() -> Self {
        Self { next_id: 45_800_000_000, unix_micros: START_OF_2026 }
    }
}

impl WriteLine for Github {
    fn write(&mut self, line: &mut Line, random: &mut Random) {
        self.next_id += random.between(1, 40);
        self.unix_micros += random.below(30_000);
        let event = Event {
            kind: EventKind::draw(random),
            actor: User::draw(random),
            repository: Repository::draw(random),
            unix_micros: self.unix_micros,
        };
        line.open_object();
        line.key("id").open_text();
        line.push_integer(self.next_id);
        line.close_text();
        line.key("type").text(event.kind.name());
        line.key("actor");
        event.actor.write_as_actor(line);
        line.key("repo");
        event.repository.write_as_reference(line);
        line.key("payload");
        payload::write(&event, line, random);
        line.key("public").boolean(true);
        line.key("created_at").time(event.unix_micros, TimeStyle::Seconds);
        if event.repository.is_of_organization() {
            line.key("org");
            event.repository.owner.write_as_organization(line);
        }
        line.close_object();
    }
}

impl EventKind {
    /// Draws a kind about as often as it occurs in public activity.
    fn draw(random: &mut Random) -> Self {
        match random.below(100) {
            0..=45 => Self::Push,
            46..=60 => Self::PullRequest,
            61..=70 => Self::Create,
            71..=80 => Self::IssueComment,
            81..=87 => Self::Issues,
            88..=93 => Self::Watch,
            94..=96 => Self::Fork,
            _ => Self::Release,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Push => "PushEvent",
            Self::PullRequest => "PullRequestEvent",
            Self::Create => "CreateEvent",
            Self::IssueComment => "IssueCommentEvent",
            Self::Issues => "IssuesEvent",
            Self::Watch => "WatchEvent",
            Self::Fork => "ForkEvent",
            Self::Release => "ReleaseEvent",
        }
    }
}
