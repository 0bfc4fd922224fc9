//! `report --html`: a page from the JSON summary.
//!
//! `NDJSON_PARQUET_CHROMIUM` names a Chromium; without it, the page is not opened.

use std::process::Command;

use super::Home;

const HOSTILE: &str = "{\"<script>document.title='run'</script>\":1,\
                       \"\\\"><img src=x onerror=document.title='run'>\":\"x\"}\nno JSON\n{}\n";

#[test]
fn a_page_is_written_once_and_only_from_a_summary() {
    let home = Home::with(HOSTILE);
    let run = home.run("convert in.ndjson out.parquet --on-error skip --json").success();
    home.write("summary.json", &run.stdout);
    home.run("report summary.json --html page.html").success();
    let page = home.text("page.html");
    assert!(
        page.contains("<td>not an object</td><td class=\"n\">1</td>") && !page.contains("<script")
    );
    home.run("report summary.json --html page.html").exits(5);
    home.run("report summary.json --html page.html --overwrite").success();
    let piped = home.run_with_stdin("report - --html piped.html", run.stdout.as_bytes());
    piped.success();
    assert_eq!(home.text("piped.html"), page);

    home.write("other.json", "{\"lines\":1}");
    home.run("report other.json --html x.html")
        .exits(4)
        .says("expected the summary that `convert --json` prints: missing field");
    home.run("report none.json --html x.html").exits(4);
    assert!(!home.names().contains(&"x.html".to_owned()));
}

#[test]
fn a_browser_shows_the_page_and_runs_nothing_in_it() {
    let Ok(chromium) = std::env::var("NDJSON_PARQUET_CHROMIUM") else {
        println!("NOT RUN: NDJSON_PARQUET_CHROMIUM names no Chromium");
        return;
    };
    let home = Home::with(HOSTILE);
    let run = home.run("convert in.ndjson out.parquet --on-error skip --json").success();
    home.write(
        "summary.json",
        run.stdout.replacen(
            '{',
            "{\"drift\":[{\"path\":\"</table><script>document.title='run'</script>\"}],",
            1,
        ),
    );
    home.run("report summary.json --html page.html").success();
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        .arg(format!("--user-data-dir={}", home.path("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", home.path("page.html").display()))
        .output()
        .unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("<title>NDJSON to Parquet</title>"), "{shown}");
    // What the browser made of the page: its own elements, and the names as text.
    for tag in ["<script", "<img", "<iframe"] {
        assert!(!shown.contains(tag), "{tag}: {shown}");
    }
    assert!(shown.contains("&lt;script&gt;document.title='run'&lt;/script&gt;"), "{shown}");
    let count = |part: &str| shown.matches(part).count();
    assert_eq!((count("<table>"), count("<h2>"), count("<polyline")), (5, 5, 1), "{shown}");
}
