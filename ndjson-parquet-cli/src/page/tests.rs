use ndjson_parquet_core::{Converter, OnError, Sink, Source, Summary};
use serde_json::{Value, json};

use super::page;

/// The Summary of lines whose names try to get out of the page.
fn hostile() -> Summary {
    let text = "{\"<script>alert(1)</script>\":1,\"\\\"><img src=x onerror=alert(2)>\":\"x\"}\n\
                no JSON\n\n{\"a' onmouseover='alert(3)\":null,\"&lt;\\u0000\\u202e\":[]}\n";
    let sink = Sink::writer("</td><iframe src=//evil>", std::io::sink());
    let converter = Converter::new().with_on_error(OnError::Skip);
    converter.convert(vec![Source::bytes("in", text)], sink).unwrap()
}

#[test]
fn no_name_becomes_markup() {
    let drift = json!([{"path": "<b>", "<i>": "</table><script>", "#n": 1}]);
    let page = page(&hostile(), Some(&drift));
    let ours = ["script", "img", "iframe", "i>", "b>"];
    for tag in ours {
        assert!(!page.contains(&format!("<{tag}")), "{tag}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("a&#39; onmouseover=&#39;alert(3)"));
    assert!(!page.contains(['\0', '\u{202e}']) && page.contains("&amp;lt;"));
    // Nothing from elsewhere: no address but that of a drawing's shape, no link, no script.
    for word in ["http://", "https://", "src=\"", "href", "url(", "@import"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[test]
fn the_page_has_the_numbers_of_the_summary() {
    let page = page(&hostile(), None);
    for part in [
        "2 rows, 1 reject",
        "4 = 2 rows + 1 rejected + 1 blank",
        "<td>not an object</td><td class=\"n\">1</td>",
        "<h2>Rows over time</h2>",
        "class=\"good\" style=\"width:50.000%\" title=\"rows: 2\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert!(!page.contains("<h2>Drift</h2>"));
}

#[test]
fn every_element_is_closed() {
    let drift = json!({"changes": "text"});
    let page = page(&hostile(), Some(&drift));
    for tag in
        ["html", "head", "body", "table", "tr", "td", "th", "div", "span", "svg", "h2", "p", "pre"]
    {
        let opened =
            page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
}

#[test]
fn numbers_at_their_limits_do_no_harm() {
    let column = json!({"path": "a", "type": "int64", "typed": u64::MAX, "widened": u64::MAX,
        "null": u64::MAX, "absent": u64::MAX, "rounded": 0, "rescued": 0, "nulled": 0});
    let mut summary: Value = serde_json::from_str(&hostile().to_json()).unwrap();
    summary["columns"] = json!([column]);
    summary["rejected_by_kind"] = json!({"syntax": u64::MAX, "utf8": 0});
    summary["rows"] = u64::MAX.into();
    summary["timeline"] = json!([{"seconds": 0.0, "rows": 0, "rejected": 0, "bytes_in": 0},
        {"seconds": 1e308, "rows": u64::MAX, "rejected": 0, "bytes_in": 0}]);
    let summary: Summary = serde_json::from_value(summary).unwrap();
    let page = page(&summary, None);
    assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
}
