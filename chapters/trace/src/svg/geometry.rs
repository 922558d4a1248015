//! Where the columns stand.

use crate::layout::{Kind, Picture};

/// From a process's line to its kernel's.
const GAP: f64 = 15.0;

/// The same, where connections wait in an accept queue.
const GAP_FOR_QUEUE: f64 = 27.0;

/// From the edge to the first line.
const EDGE: f64 = 9.0;

/// Where a column's lines stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The process's line; `None`: the far side of one that stands elsewhere.
    pub program: Option<f64>,
    /// Its kernel's line.
    pub rail: f64,
    /// 1.0 where the others are at its right, -1.0 where they are at its left.
    pub side: f64,
    /// Whether there is a kernel's line at all.
    pub drawn: bool,
}

#[derive(Debug)]
pub(crate) struct Geometry {
    pub width: f64,
    pub places: Vec<Place>,
}

impl Geometry {
    pub fn new(picture: &Picture) -> Geometry {
        let columns = &picture.columns;
        let width = match columns.len() {
            0..=2 => 344.0,
            3 => 352.0,
            4 => 360.0,
            _ => 400.0,
        };
        let last = columns.len().saturating_sub(1);
        let queues = |column: usize| {
            picture.rows.iter().any(|row| {
                row.waiting
                    .iter()
                    .any(|w| w.column == column && w.accept > 0)
            })
        };
        let gap = |column: usize| {
            if queues(column) { GAP_FOR_QUEUE } else { GAP }
        };
        let right = |column: usize| column == last && last > 0;
        // The lines of the processes between the first and the last one.
        let first = EDGE;
        let final_ = width - EDGE;
        let step = if last > 0 {
            (final_ - gap(last) - first) / real(last)
        } else {
            0.0
        };
        let places = columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let (program, side) = if right(at) {
                    (final_, -1.0)
                } else {
                    (first + step * real(at), 1.0)
                };
                let far = column.kind == Kind::Far;
                Place {
                    program: (!far).then_some(program),
                    rail: program + side * gap(at),
                    side,
                    drawn: column.rail,
                }
            })
            .collect();
        Geometry { width, places }
    }

    /// Where a column's text may begin, and how far it may run.
    pub fn inside(&self, column: usize) -> (f64, f64) {
        let place = self.places[column];
        let own = place.edge() + place.side * 5.0;
        let end = if place.side > 0.0 {
            match self.places.last() {
                Some(last) if last.side < 0.0 => last.back() - 6.0,
                _ => self.width - 2.0,
            }
        } else {
            self.places.first().map_or(2.0, |first| first.back() + 6.0)
        };
        (own, end)
    }
}

impl Place {
    /// The line that is farthest from the others.
    pub fn back(&self) -> f64 {
        self.program.unwrap_or(self.rail)
    }

    /// The line that is nearest to the others.
    pub fn edge(&self) -> f64 {
        match self.program {
            Some(program) if !self.drawn => program + self.side * 3.5,
            _ => self.rail,
        }
    }
}

fn real(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
