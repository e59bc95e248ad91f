//! The file that a sheet goes to: kept open from before the vault is changed until the code is on it.

use super::Sheet;
use crate::{error::CommandError, files::folder_of};
use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};
use tempfile::NamedTempFile;

/// A sheet's file that does not exist yet, and surely can.
#[derive(Debug)]
pub struct SheetFile {
    path: PathBuf,
    format: Format,
    unfinished: NamedTempFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Pdf,
    Svg,
}

impl SheetFile {
    /// Opens a file beside the place where the sheet will lie; only its owner may read it.
    ///
    /// # Errors
    /// The name ends neither in `.pdf` nor in `.svg`, something lies there, or the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, CommandError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        let format = match ending.as_deref() {
            Some("pdf") => Format::Pdf,
            Some("svg") => Format::Svg,
            _ => {
                return Err(CommandError::usage(format!(
                    "A sheet is a PDF or an SVG: {} ends neither in .pdf nor in .svg.",
                    path.display()
                )));
            }
        };
        if path.exists() {
            return Err(is_there(path));
        }
        let unfinished = NamedTempFile::with_prefix_in(".unfinished-", folder_of(path))
            .map_err(|error| CommandError::file(path, "written", &error))?;
        Ok(Self { path: path.to_path_buf(), format, unfinished })
    }

    /// Draws the sheet, and gives it its name.
    ///
    /// # Errors
    /// The system refuses. The code stands in the vault and on no sheet then; the error says what to do.
    pub fn write(self, sheet: &Sheet) -> Result<PathBuf, CommandError> {
        let Self { path, format, mut unfinished } = self;
        let drawn = match format {
            Format::Pdf => sheet.to_pdf(),
            Format::Svg => sheet.to_svg(),
        };
        let written = unfinished.write_all(&drawn).and_then(|()| unfinished.as_file().sync_all());
        let written = written.and_then(|()| unfinished.persist_noclobber(&path).map_err(|error| error.error));
        written.map_err(|error: io::Error| {
            CommandError::other(format!(
                "The recovery code stands in the vault, but its sheet could not be written to {}: {error}. Make another: \
                 strongroom vault add recovery-code --replace",
                path.display()
            ))
        })?;
        Ok(path)
    }
}

fn is_there(path: &Path) -> CommandError {
    CommandError::usage(format!(
        "{} is there already and is not written over. Choose another name, or move it away.",
        path.display()
    ))
}
