//! From a URL to a store, with the options that the environment gives.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{HeaderValue, ObjectStore, RetryConfig};
use percent_encoding::percent_decode_str;
use url::Url;

use super::condition::Extras;
use super::failure::Failure;
use super::location::{Location, parse_path};
use crate::error::{Error, ErrorKind, Result};

/// The stores opened so far, so that many URLs in one bucket share its connections.
#[derive(Default)]
pub(crate) struct Stores(HashMap<Arc<str>, OpenStore>);

type OpenStore = (Arc<dyn ObjectStore>, Arc<StoreUrl>);

/// A URL, taken apart.
pub(crate) enum Place {
    /// A path in the local file system.
    Local(std::path::PathBuf),
    /// One object.
    Object(Location),
    /// A bucket and what follows it: the key of an object, a prefix or a glob, as it was written.
    Below(Location, String),
}

impl Stores {
    /// Takes `url` apart and opens its store.
    pub(crate) fn locate(&mut self, url: &str) -> Result<Place> {
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        match scheme.to_ascii_lowercase().as_str() {
            "file" => local_path(url).map(Place::Local),
            "http" | "https" => {
                let (url, path) = StoreUrl::parse_http(url)?;
                let url = Arc::new(url);
                Ok(Place::Object(Location::in_url(url.open(false)?, url, path)))
            }
            scheme => {
                let kind = Kind::of(scheme, url)?;
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                // Azure has names such as `container@account.blob.core.windows.net`.
                if bucket.contains('@') && (kind != Kind::Azure || bucket.contains(':')) {
                    let message = "expected a bucket without user and password: credentials are \
                                   read from the environment";
                    return Err(Error::new(ErrorKind::Source, message));
                }
                let base = format!("{scheme}://{bucket}/");
                let (store, url) = self.bucket(kind, base)?;
                let root = Location::in_url(store, url, Path::default());
                Ok(Place::Below(root, key.to_owned()))
            }
        }
    }

    fn bucket(&mut self, kind: Kind, base: String) -> Result<OpenStore> {
        if let Some(open) = self.0.get(base.as_str()) {
            return Ok(open.clone());
        }
        let url = Arc::new(StoreUrl::new(kind, base, Extras::default()));
        let open = (url.open(false)?, url);
        self.0.insert(open.1.base.clone(), open.clone());
        Ok(open)
    }
}

/// What a store is made from.
pub(crate) struct StoreUrl {
    kind: Kind,
    /// The URL up to the path, without user and password, and with a slash at its end.
    base: Arc<str>,
    extras: Extras,
    for_creation: OnceLock<Arc<dyn ObjectStore>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    S3,
    Gcs,
    Azure,
    Http,
    Memory,
}

impl Kind {
    fn of(scheme: &str, url: &str) -> Result<Self> {
        Ok(match scheme {
            "s3" | "s3a" => Self::S3,
            "gs" => Self::Gcs,
            "az" | "abfs" | "abfss" => Self::Azure,
            "memory" => Self::Memory,
            _ => {
                let scheme = url.split("://").next().unwrap_or_default();
                let message = format!(
                    "expected a URL that begins with s3://, gs://, az://, http://, https://, \
                     file:// or memory://, found `{scheme}://`"
                );
                return Err(Error::new(ErrorKind::Source, message));
            }
        })
    }
}

impl StoreUrl {
    fn new(kind: Kind, base: String, extras: Extras) -> Self {
        Self { kind, base: base.into(), extras, for_creation: OnceLock::new() }
    }

    fn parse_http(text: &str) -> Result<(Self, Path)> {
        let fail = |what: &str| Error::new(ErrorKind::Source, format!("expected a URL: {what}"));
        let url = Url::parse(text).map_err(|error| fail(&error.to_string()))?;
        let host = url.host_str().ok_or_else(|| fail("it has no host"))?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        let base = format!("{}://{host}{port}/", url.scheme());
        let path = Path::from_url_path(url.path()).map_err(|error| fail(&error.to_string()))?;
        let extras = Extras {
            create_only: false,
            query: url.query().map(str::to_owned),
            authorization: authorization(&url),
            shares_client: true,
        };
        Ok((Self::new(Kind::Http, base, extras), path))
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn is_http(&self) -> bool {
        self.kind == Kind::Http
    }

    /// Whether the listings of the store leave out the quotes that belong to an ETag.
    pub(super) fn lists_bare_tags(&self) -> bool {
        self.kind == Kind::Azure
    }

    /// A store whose uploads are completed only where no object is; `None` where that cannot be had.
    pub(super) fn open_for_creation(&self) -> Result<Option<Arc<dyn ObjectStore>>> {
        if self.kind != Kind::S3 {
            return Ok(None);
        }
        let store = match self.for_creation.get() {
            Some(store) => store,
            None => {
                let store = self.open(true)?;
                self.for_creation.get_or_init(|| store)
            }
        };
        Ok(Some(Arc::clone(store)))
    }

    pub(super) fn open(&self, create_only: bool) -> Result<Arc<dyn ObjectStore>> {
        let extras = Extras { create_only, ..self.extras.clone() };
        let base = self.base.trim_end_matches('/');
        let opened: object_store::Result<Arc<dyn ObjectStore>> = match self.kind {
            Kind::S3 => AmazonS3Builder::from_env()
                .with_url(base)
                .with_http_connector(extras)
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            Kind::Gcs => GoogleCloudStorageBuilder::from_env()
                .with_url(base)
                .with_http_connector(extras)
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            Kind::Azure => MicrosoftAzureBuilder::from_env()
                .with_url(base)
                .with_http_connector(extras)
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            Kind::Http => HttpBuilder::new()
                .with_url(base)
                .with_client_options(object_store::ClientOptions::new().with_allow_http(true))
                .with_http_connector(extras)
                .with_retry(retries())
                .build()
                .map(|store| Arc::new(store) as _),
            Kind::Memory => Ok(memory()),
        };
        opened.map_err(|error| {
            let message = format!("{}: {}", self.base, Failure::from(error));
            Error::new(ErrorKind::Source, message)
        })
    }
}

/// A request that fails is tried for a minute; the rest of an upload or of a body is tried anew
/// after that.
fn retries() -> RetryConfig {
    RetryConfig { max_retries: 6, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() }
}

/// The one store behind all `memory://` URLs of the process.
fn memory() -> Arc<dyn ObjectStore> {
    static MEMORY: OnceLock<Arc<InMemory>> = OnceLock::new();
    Arc::clone(MEMORY.get_or_init(|| Arc::new(InMemory::new()))) as _
}

fn authorization(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let decode = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let mut pair = decode(url.username());
    pair.push(b':');
    pair.extend(decode(url.password().unwrap_or_default()));
    let encoded = BASE64_STANDARD.encode(pair);
    let mut value = HeaderValue::try_from(format!("Basic {encoded}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn local_path(url: &str) -> Result<std::path::PathBuf> {
    let parsed = Url::parse(url).ok().and_then(|url| url.to_file_path().ok());
    let message = "expected the URL of a local file, such as file:///data/a.ndjson";
    parsed.ok_or_else(|| Error::new(ErrorKind::Source, message))
}

/// The place that `text` names for an output: one object, or what lies below a prefix.
pub(crate) fn output_location(text: &str) -> Result<Place> {
    match Stores::default().locate(text)? {
        Place::Below(root, key) => {
            let key = key.trim_end_matches('/');
            if key.is_empty() {
                let message = format!("{text}: expected a path in the bucket, found none");
                return Err(Error::new(ErrorKind::Output, message));
            }
            let path = parse_path(key, text)?;
            Ok(Place::Object(root.with_path(path)))
        }
        other => Ok(other),
    }
}
