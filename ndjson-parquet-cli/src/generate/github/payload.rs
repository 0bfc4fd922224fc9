//! The `payload` of each kind of event.

use super::super::line::{Line, TimeStyle};
use super::super::random::Random;
use super::people::{Repository, User};
use super::prose::{write_body, write_commit_message, write_title};
use super::{Event, EventKind};

/// Writes the payload object that belongs to the event's kind.
pub(super) fn write(event: &Event, line: &mut Line, random: &mut Random) {
    line.open_object();
    match event.kind {
        EventKind::Push => write_push(event, line, random),
        EventKind::PullRequest => write_pull_request(event, line, random),
        EventKind::Create => write_create(line, random),
        EventKind::IssueComment => write_issue_comment(event, line, random),
        EventKind::Issues => write_issues(event, line, random),
        EventKind::Watch => line.key("action").text("started"),
        EventKind::Fork => write_fork(event, line, random),
        EventKind::Release => write_release(event, line, random),
    }
    line.close_object();
}

fn write_push(event: &Event, line: &mut Line, random: &mut Random) {
    let commits = 1 + random.skewed_below(5);
    line.key("repository_id").integer(event.repository.id());
    line.key("push_id").integer(20_000_000_000 + random.below(1_000_000_000));
    line.key("size").integer(commits);
    line.key("distinct_size").integer(commits);
    line.key("ref").open_text();
    line.push("refs/heads/");
    line.push(random.pick(BRANCHES));
    line.close_text();
    write_hash("head", line, random);
    write_hash("before", line, random);
    line.key("commits").open_list();
    for _ in 0..commits {
        write_commit(event, line, random);
    }
    line.close_list();
}

fn write_commit(event: &Event, line: &mut Line, random: &mut Random) {
    line.open_object();
    write_hash("sha", line, random);
    line.key("author").open_object();
    line.key("email").open_text();
    line.push_integer(event.actor.id());
    line.push("+");
    event.actor.push_login(line);
    line.push("@users.noreply.github.com");
    line.close_text();
    line.key("name").text(random.pick(NAMES));
    line.close_object();
    line.key("message");
    write_commit_message(line, random);
    line.key("distinct").boolean(true);
    line.key("url").open_text();
    event.repository.push_api_url("/commits/", line);
    line.push_hex(40, || random.bits());
    line.close_text();
    line.close_object();
}

fn write_pull_request(event: &Event, line: &mut Line, random: &mut Random) {
    let number = random.between(1, 20_000);
    let merged = random.percent(30);
    line.key("action").text(if merged { "closed" } else { "opened" });
    line.key("number").integer(number);
    line.key("pull_request").open_object();
    write_thread("/pulls/", number, event, line, random);
    write_hash("merge_commit_sha", line, random);
    line.key("draft").boolean(random.percent(10));
    for side in ["head", "base"] {
        line.key(side);
        write_branch(event, line, random);
    }
    line.key("merged").boolean(merged);
    line.key("merged_at");
    if merged {
        line.time(event.unix_micros, TimeStyle::Seconds);
        line.key("merged_by");
        event.actor.write(line);
    } else {
        line.null();
    }
    line.key("commits").integer(random.between(1, 12));
    line.key("additions").integer(random.skewed_below(5000));
    line.key("deletions").integer(random.skewed_below(2000));
    line.key("changed_files").integer(random.between(1, 40));
    line.close_object();
}

fn write_branch(event: &Event, line: &mut Line, random: &mut Random) {
    let branch = random.pick(BRANCHES);
    line.open_object();
    line.key("label").open_text();
    event.actor.push_login(line);
    line.push(":");
    line.push(branch);
    line.close_text();
    line.key("ref").text(branch);
    write_hash("sha", line, random);
    line.key("repo");
    write_repository(event.repository, event, line, random);
    line.close_object();
}

fn write_create(line: &mut Line, random: &mut Random) {
    line.key("ref");
    let kind = random.pick(&["branch", "branch", "tag", "repository"]);
    if kind == "repository" {
        line.null();
    } else {
        line.text(random.pick(BRANCHES));
    }
    line.key("ref_type").text(kind);
    line.key("master_branch").text("main");
    line.key("description");
    if random.percent(40) {
        line.null();
    } else {
        write_title(line, random);
    }
    line.key("pusher_type").text("user");
}

fn write_issues(event: &Event, line: &mut Line, random: &mut Random) {
    line.key("action").text(random.pick(&["opened", "closed", "reopened"]));
    write_issue(event, line, random);
}

fn write_issue_comment(event: &Event, line: &mut Line, random: &mut Random) {
    line.key("action").text("created");
    write_issue(event, line, random);
    line.key("comment").open_object();
    line.key("id").integer(1_000_000_000 + random.below(1_000_000_000));
    line.key("user");
    event.actor.write(line);
    line.key("created_at").time(event.unix_micros, TimeStyle::Seconds);
    line.key("author_association").text(random.pick(ASSOCIATIONS));
    line.key("body");
    let sentences = random.between(1, 6);
    write_body(sentences, line, random);
    line.close_object();
}

fn write_issue(event: &Event, line: &mut Line, random: &mut Random) {
    line.key("issue").open_object();
    let number = random.between(1, 20_000);
    write_thread("/issues/", number, event, line, random);
    line.key("reactions").open_object();
    for reaction in ["+1", "-1", "laugh", "heart", "rocket", "eyes"] {
        line.key(reaction).integer(random.skewed_below(4));
    }
    line.close_object();
    if random.percent(20) {
        line.key("state_reason").text("completed");
    }
    line.close_object();
}

/// The fields that issues and pull requests have in common.
fn write_thread(path: &str, number: u64, event: &Event, line: &mut Line, random: &mut Random) {
    line.key("url").open_text();
    event.repository.push_api_url(path, line);
    line.push_integer(number);
    line.close_text();
    line.key("id").integer(1_500_000_000 + random.below(1_000_000_000));
    line.key("number").integer(number);
    line.key("title");
    write_title(line, random);
    line.key("user");
    event.actor.write(line);
    line.key("state").text(random.pick(&["open", "open", "closed"]));
    line.key("locked").boolean(false);
    line.key("labels");
    write_labels(line, random);
    line.key("assignees").open_list();
    for _ in 0..random.skewed_below(3) {
        User::draw(random).write(line);
    }
    line.close_list();
    if random.percent(15) {
        line.key("milestone").open_object();
        line.key("number").integer(random.between(1, 40));
        line.key("title").text(random.pick(TAGS));
        line.close_object();
    }
    line.key("comments").integer(random.skewed_below(60));
    let age = random.below(30 * 86_400) * 1_000_000;
    line.key("created_at").time(event.unix_micros - age, TimeStyle::Seconds);
    line.key("updated_at").time(event.unix_micros, TimeStyle::Seconds);
    line.key("author_association").text(random.pick(ASSOCIATIONS));
    line.key("body");
    if random.percent(15) {
        line.null();
    } else {
        let sentences = random.between(3, 14);
        write_body(sentences, line, random);
    }
}

fn write_labels(line: &mut Line, random: &mut Random) {
    line.open_list();
    for _ in 0..random.skewed_below(5) {
        let (name, color) = random.pick(LABELS);
        line.open_object();
        line.key("id").integer(300_000_000 + random.below(5000));
        line.key("name").text(name);
        line.key("color").text(color);
        line.key("default").boolean(name == "bug");
        line.close_object();
    }
    line.close_list();
}

fn write_fork(event: &Event, line: &mut Line, random: &mut Random) {
    line.key("forkee");
    write_repository(event.repository.forked_by(event.actor), event, line, random);
}

fn write_repository(repository: Repository, event: &Event, line: &mut Line, random: &mut Random) {
    line.open_object();
    line.key("id").integer(repository.id());
    line.key("name").open_text();
    repository.push_name(line);
    line.close_text();
    line.key("full_name").open_text();
    repository.push_full_name(line);
    line.close_text();
    line.key("owner");
    repository.owner.write(line);
    line.key("private").boolean(false);
    line.key("fork").boolean(random.percent(30));
    line.key("pushed_at").time(event.unix_micros, TimeStyle::Seconds);
    line.key("stargazers_count").integer(random.skewed_below(20_000));
    line.key("language");
    match repository.language() {
        Some(language) => line.text(language),
        None => line.null(),
    }
    line.key("topics").open_list();
    for _ in 0..random.skewed_below(4) {
        line.text(random.pick(TOPICS));
    }
    line.close_list();
    line.key("default_branch").text("main");
    line.close_object();
}

fn write_release(event: &Event, line: &mut Line, random: &mut Random) {
    let tag = random.pick(TAGS);
    line.key("action").text("published");
    line.key("release").open_object();
    line.key("id").integer(100_000_000 + random.below(100_000_000));
    line.key("tag_name").text(tag);
    line.key("name").text(tag);
    line.key("draft").boolean(false);
    line.key("prerelease").boolean(random.percent(20));
    line.key("author");
    event.actor.write(line);
    line.key("assets").open_list();
    for _ in 0..random.skewed_below(4) {
        line.open_object();
        line.key("name").text(random.pick(ASSETS));
        line.key("size").integer(random.below(80_000_000));
        line.key("download_count").integer(random.skewed_below(1000));
        line.key("uploader");
        event.actor.write(line);
        line.close_object();
    }
    line.close_list();
    line.key("published_at").time(event.unix_micros, TimeStyle::Seconds);
    line.key("body");
    let sentences = random.between(3, 14);
    write_body(sentences, line, random);
    line.close_object();
}

fn write_hash(key: &str, line: &mut Line, random: &mut Random) {
    line.key(key).hex(40, || random.bits());
}

const BRANCHES: &[&str] = &[
    "main",
    "main",
    "main",
    "develop",
    "release/2.4",
    "fix/überlauf",
    "feature/late-columns",
    "dependabot/cargo/bytes-1.12.1",
];

const NAMES: &[&str] = &[
    "Ada Moreau",
    "Zoë Žižek",
    "J. \\\"JJ\\\" Brandt",
    "Mateo Núñez",
    "李小龙",
    "Olga Иванова",
    "renovate[bot]",
    "Priya Raman",
];

const ASSOCIATIONS: &[&str] = &["NONE", "MEMBER", "CONTRIBUTOR", "OWNER"];

const LABELS: &[(&str, &str)] = &[
    ("bug", "d73a4a"),
    ("enhancement", "a2eeef"),
    ("good first issue", "7057ff"),
    ("area: \\\"parser\\\"", "ededed"),
    ("P1 🔥", "b60205"),
];

const TOPICS: &[&str] = &["json", "parquet", "cli", "データ", "etl", "async"];

const TAGS: &[&str] = &["v1.0.0", "v1.1.0", "v2.0.0-rc.1", "2026.1", "nightly-0427"];

const ASSETS: &[&str] = &["linux-x86_64.tar.gz", "windows.zip", "SHA256SUMS", "macos-arm64.tar.gz"];
