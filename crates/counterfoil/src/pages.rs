//! What the customer pages are made of: what ships, and what a folder of the shop puts in its place.

use std::fs;
use std::path::Path;

use counterfoil_web::Files;

use crate::failure::Failure;

/// The files of the pages, those in `dir` in the place of those that ship; an empty path is no folder.
///
/// # Errors
/// [`Failure::Usage`] with the name of a file that cannot be read or replaces nothing.
pub fn files(dir: &Path) -> Result<Files, Failure> {
    let mut files = Files::embedded();
    if dir.as_os_str().is_empty() {
        return Ok(files);
    }
    let failed = |path: &Path, error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", path.display()));
    for entry in fs::read_dir(dir).map_err(|error| failed(dir, &error))? {
        let path = entry.map_err(|error| failed(dir, &error))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        // What editors and version control leave beside.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
        files.replace(&name, text).map_err(|error| failed(&path, &error))?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_replaces_by_name_and_every_mistake_names_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(dir.path().join(name), bytes).unwrap();
        let told = || format!("{}", files(dir.path()).unwrap_err());
        write(".keep", b"");
        write("tokens.css", b":root { --brand: #123456; }");
        let replaced = files(dir.path()).unwrap();
        assert!(replaced.iter().any(|(name, text)| name == "tokens.css" && text.contains("#123456")));
        assert_eq!(replaced.iter().count(), Files::embedded().iter().count());
        write("token.css", b"");
        assert!(told().contains("token.css"), "{}", told());
        fs::remove_file(dir.path().join("token.css")).unwrap();
        write("base.html", &[0xff]);
        assert!(told().contains("base.html"), "{}", told());
        assert!(format!("{}", files(&dir.path().join("nowhere")).unwrap_err()).contains("nowhere"));
    }
}
