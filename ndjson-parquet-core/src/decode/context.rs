//! What belongs to the row being walked: things counted, and values rescued. All of it counts
//! only when the row is committed, so that a bad line leaves no trace.

use std::collections::HashMap;
use std::ops::Range;

use super::policies::Policies;
use crate::json::fault::{Fault, FaultKind};

/// Something that happened to a value and that the balance sheet counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// An explicit `null`.
    Null,
    /// A value of another JSON type, kept as its raw text in a text column.
    Widened,
    /// A number with more digits than its column keeps.
    Rounded,
    /// A value that does not fit: null in the column, raw text in `_rescued_data`.
    Rescued,
    /// A value that does not fit: null in the column, dropped by policy.
    Nulled,
}

/// Counts of one column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ColumnCounts {
    /// Slots that hold a value.
    pub(crate) present: u64,
    /// Slots of the column: rows for a top-level column, elements inside a list.
    pub(crate) slots: u64,
    pub(crate) null: u64,
    pub(crate) widened: u64,
    pub(crate) rounded: u64,
    pub(crate) rescued: u64,
    pub(crate) nulled: u64,
}

impl ColumnCounts {
    fn count(&mut self, event: Event) {
        match event {
            Event::Null => self.null += 1,
            Event::Widened => self.widened += 1,
            Event::Rounded => self.rounded += 1,
            Event::Rescued => self.rescued += 1,
            Event::Nulled => self.nulled += 1,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.present += other.present;
        self.slots += other.slots;
        self.null += other.null;
        self.widened += other.widened;
        self.rounded += other.rounded;
        self.rescued += other.rescued;
        self.nulled += other.nulled;
    }
}

/// Counts of fields that have no column, and of keys that occurred twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldCounts {
    pub(crate) unknown_rescued: u64,
    pub(crate) unknown_ignored: u64,
    pub(crate) duplicate_keys: u64,
}

impl FieldCounts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.unknown_rescued += other.unknown_rescued;
        self.unknown_ignored += other.unknown_ignored;
        self.duplicate_keys += other.duplicate_keys;
    }
}

/// State of the row being walked, and the counts of the rows committed before it.
///
/// Memory: the rescued text of one line, and a few bytes for each counted value of one line.
pub(crate) struct RowContext {
    pub(crate) policies: Policies,
    /// Position in each list that encloses the value being walked, outermost first; in each map,
    /// where its key begins in the block.
    pub(crate) indices: Vec<u32>,
    /// The unescaped text of the last key or string that had escapes.
    pub(crate) scratch: Vec<u8>,
    events: Vec<(u32, Event)>,
    rescued: Vec<Rescued>,
    /// How many of `rescued` are not forgotten.
    kept: usize,
    /// Bytes of the paths in `rescued`, and what each takes beside.
    path_bytes: usize,
    /// For a column (by id and row) that was replaced: where what it noted since then begins.
    replaced: HashMap<(u32, usize), Mark>,
    row_fields: FieldCounts,
    pub(crate) columns: Vec<ColumnCounts>,
    pub(crate) fields: FieldCounts,
    /// What the column of the last conflict wanted, for the message.
    pub(crate) expected: String,
    /// What else it says of the value; empty where the type says it all.
    pub(crate) complaint: String,
    /// The path of the last column that got no value though it must have one.
    pub(crate) missing: String,
}

struct Rescued {
    /// The column, or for an unknown field that of the struct around it.
    node: u32,
    unknown: bool,
    path: String,
    start: usize,
    end: usize,
}

/// A point of the row to which [`RowContext::forget`] can go back for one subtree of columns.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    events: usize,
    rescued: usize,
}

/// The node id of the line itself, which is no column.
pub(crate) const NO_NODE: u32 = u32::MAX;
/// Most bytes of paths in the rescued text of one line: 64 MiB. A list element repeats the path of
/// its list, so a line of one long key and many elements would otherwise grow with its square. As
/// JSON a path is at most six times as long: with the values of the longest line and a batch of the
/// largest size before it, the text stays below the 2 GiB that its offsets can count.
const MAX_RESCUED_PATH_BYTES: usize = 64 << 20;
/// What a rescued value takes beside its path: quotes, colon and comma, and some bookkeeping.
const PATH_EXTRA_BYTES: usize = 16;
/// The node id of what was forgotten.
const FORGOTTEN: u32 = u32::MAX - 1;

impl RowContext {
    pub(crate) fn new(policies: Policies, nodes: usize) -> Self {
        Self {
            policies,
            indices: Vec::new(),
            scratch: Vec::new(),
            events: Vec::new(),
            rescued: Vec::new(),
            kept: 0,
            path_bytes: 0,
            replaced: HashMap::new(),
            row_fields: FieldCounts::default(),
            columns: vec![ColumnCounts::default(); nodes],
            fields: FieldCounts::default(),
            expected: String::new(),
            complaint: String::new(),
            missing: String::new(),
        }
    }

    #[inline(always)]
    pub(crate) fn event(&mut self, node: u32, event: Event) {
        self.events.push((node, event));
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { events: self.events.len(), rescued: self.rescued.len() }
    }

    /// Forgets what the columns `nodes` noted since `mark`, in the object whose field they are:
    /// their value in `row` is replaced.
    ///
    /// A key that comes again and again is searched for only since it came last, so the cost of a
    /// row stays linear for each column.
    pub(crate) fn forget(&mut self, mark: Mark, nodes: Range<u32>, row: usize) {
        let since = self.replaced.insert((nodes.start, row), self.mark());
        let since = since.map_or(mark, |since| Mark {
            events: since.events.max(mark.events),
            rescued: since.rescued.max(mark.rescued),
        });
        for (node, _) in &mut self.events[since.events..] {
            if nodes.contains(node) {
                *node = FORGOTTEN;
            }
        }
        for rescued in &mut self.rescued[since.rescued..] {
            if nodes.contains(&rescued.node) {
                rescued.node = FORGOTTEN;
                self.kept -= 1;
            }
        }
    }

    /// Keeps `block[start..end]`, raw JSON of a column, for `_rescued_data`.
    pub(crate) fn rescue(
        &mut self,
        node: u32,
        path: String,
        start: usize,
        end: usize,
    ) -> Result<(), Fault> {
        self.keep(Rescued { node, unknown: false, path, start, end })
    }

    /// Keeps `block[start..end]`, raw JSON of an unknown field of the struct `node`.
    pub(crate) fn rescue_unknown(
        &mut self,
        node: u32,
        path: String,
        start: usize,
        end: usize,
    ) -> Result<(), Fault> {
        self.keep(Rescued { node, unknown: true, path, start, end })
    }

    fn keep(&mut self, rescued: Rescued) -> Result<(), Fault> {
        self.path_bytes += rescued.path.len() + PATH_EXTRA_BYTES;
        if self.path_bytes > MAX_RESCUED_PATH_BYTES {
            return Err(Fault { kind: FaultKind::RescuedTooLong, at: rescued.start });
        }
        self.rescued.push(rescued);
        self.kept += 1;
        Ok(())
    }

    pub(crate) fn unknown_ignored(&mut self) {
        self.row_fields.unknown_ignored += 1;
    }

    pub(crate) fn duplicate_key(&mut self) {
        self.row_fields.duplicate_keys += 1;
    }

    /// Forgets the row: its line turned out to be bad.
    pub(crate) fn roll_back(&mut self) {
        self.indices.clear();
        self.events.clear();
        self.forget_row();
    }

    fn forget_row(&mut self) {
        self.rescued.clear();
        self.kept = 0;
        self.path_bytes = 0;
        if !self.replaced.is_empty() {
            self.replaced = HashMap::new();
        }
        self.row_fields = FieldCounts::default();
    }

    #[inline(always)]
    pub(crate) fn has_rescued(&self) -> bool {
        self.kept > 0
    }

    /// Counts what happened in the row.
    #[inline(always)]
    pub(crate) fn commit(&mut self) {
        for (node, event) in self.events.drain(..) {
            // What was forgotten has no column.
            if let Some(column) = self.columns.get_mut(node as usize) {
                column.count(event);
            }
        }
        if self.row_fields != FieldCounts::default() {
            self.fields.add(&self.row_fields);
            self.forget_row();
        }
    }

    /// Appends the JSON object of what the row rescued to `out`.
    #[cold]
    pub(crate) fn write_rescued(&mut self, block: &[u8], out: &mut Vec<u8>) {
        let kept = self.rescued.drain(..).filter(|rescued| rescued.node != FORGOTTEN);
        for (index, rescued) in kept.enumerate() {
            out.push(if index == 0 { b'{' } else { b',' });
            write_json_string(&rescued.path, out);
            out.push(b':');
            out.extend_from_slice(&block[rescued.start..rescued.end]);
            self.fields.unknown_rescued += u64::from(rescued.unknown);
        }
        self.kept = 0;
        self.path_bytes = 0;
        out.push(b'}');
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn write_json_string(text: &str, out: &mut Vec<u8>) {
    // Writing a string to memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}
