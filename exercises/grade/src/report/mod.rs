//! Reports and other people's formats.

use std::path::Path;

use anyhow::Result;

use crate::Grade;

/// Writes every report.
pub fn write_all(out: &Path, grades: &[Grade]) -> Result<()> {
    let mut table = csv::Writer::from_path(out.join("class.csv"))?;
    table.write_record(["submission", "points", "of"])?;
    for grade in grades {
        let (points, of) = (grade.points(), grade.of());
        table.write_record([
            &grade.submission,
            &points.to_string(),
            &of.to_string(),
        ])?;
    }
    table.flush()?;
    Ok(())
}
