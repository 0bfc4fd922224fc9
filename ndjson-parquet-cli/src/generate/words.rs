//! Word lists and constants that several shapes share. Changing one changes the pinned bytes.

/// 2026-01-01T00:00:00Z in microseconds from 1970; every shape's time starts here.
pub(super) const START_OF_2026: u64 = 1_767_225_600_000_000;

/// Plain words, for names, paths and sentences.
pub(super) const WORDS: &[&str] = &[
    "account", "adapter", "amber", "anchor", "archive", "arrow", "atlas", "batch", "beacon",
    "binary", "border", "branch", "bridge", "buffer", "cache", "canvas", "carbon", "cargo",
    "channel", "cipher", "circuit", "cluster", "column", "compass", "copper", "counter", "crystal",
    "cursor", "decode", "delta", "device", "digest", "driver", "echo", "engine", "falcon",
    "filter", "forest", "fragment", "garden", "glacier", "graph", "harbor", "hazel", "index",
    "island", "journal", "kernel", "lantern", "ledger", "library", "linear", "magnet", "marble",
    "matrix", "meadow", "memory", "meteor", "mirror", "module", "monitor", "nebula", "network",
    "nimbus", "object", "orbit", "packet", "parquet", "pepper", "pipeline", "planet", "pocket",
    "prism", "profile", "queue", "quartz", "record", "region", "relay", "report", "river",
    "rocket", "router", "saddle", "sample", "schema", "sensor", "shadow", "signal", "silver",
    "socket", "spark", "spiral", "stream", "summit", "switch", "table", "tensor", "thread",
    "ticket", "timber", "token", "tunnel", "vector", "velvet", "violet", "walnut", "window",
    "winter", "worker", "yellow", "zenith",
];

/// Names of places, some outside ASCII.
pub(super) const CITIES: &[&str] = &[
    "Berlin",
    "München",
    "Zürich",
    "Malmö",
    "São Paulo",
    "Kraków",
    "Lisboa",
    "Nairobi",
    "Osaka",
    "東京",
    "서울",
    "Москва",
    "Αθήνα",
    "Toronto",
    "Chicago",
    "Melbourne",
];
