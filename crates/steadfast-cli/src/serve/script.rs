//! A script as people write it: steps, and sections for paths.

use super::line::{self, Line};

/// The steps of one path, or of all that have none of their own.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// `POST /orders`, `/files/**`; `None` for whatever has no section.
    pub(super) path: Option<String>,
    pub(super) steps: Vec<Line>,
    /// After the last step comes the first again.
    pub(super) cycle: bool,
}

/// Reads a script.
///
/// # Errors
/// The first mistake, with the file's name and the line's number.
pub(super) fn parse(text: &str, file: &str) -> Result<Vec<Section>, String> {
    let mut sections = vec![Section::default()];
    for (index, raw) in text.lines().enumerate() {
        let wrong = |what: String| format!("{file}:{}: {what}", index + 1);
        let line = raw.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(path) = line.strip_prefix('[') {
            sections.push(section(path).map_err(wrong)?);
            continue;
        }
        let Some(section) = sections.last_mut() else {
            continue;
        };
        if section.cycle {
            return Err(wrong("nothing can follow `cycle` but a section".to_owned()));
        }
        match line {
            "cycle" if section.steps.is_empty() => {
                return Err(wrong("`cycle` has no steps above it".to_owned()));
            }
            "cycle" => section.cycle = true,
            step => section.steps.push(line::parse(step).map_err(wrong)?),
        }
    }
    if sections.iter().all(|section| section.steps.is_empty()) {
        return Err(format!(
            "{file}: there is no step, such as `503 retry-after=2`"
        ));
    }
    Ok(sections)
}

fn section(line: &str) -> Result<Section, String> {
    let path = line.strip_suffix(']').map(str::trim);
    let path = path.ok_or("a section ends in `]`, as in `[POST /orders]`")?;
    let after_method = path.split_once(' ').map_or(path, |(_, path)| path.trim());
    if !after_method.starts_with('/') {
        return Err(format!("`{path}` names no path, as in `[POST /orders]`"));
    }
    Ok(Section {
        path: Some(path.to_owned()),
        ..Section::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_belong_to_the_section_above_them() {
        let text =
            "# all\n503 retry-after=2\n\n[POST /orders]\nreset\n201\ncycle\n[/files/**]\n404\n";
        let sections = parse(text, "x").unwrap();
        let shape: Vec<_> = sections
            .iter()
            .map(|s| (s.path.as_deref(), s.steps.len(), s.cycle))
            .collect();
        let expected = [
            (None, 1, false),
            (Some("POST /orders"), 2, true),
            (Some("/files/**"), 1, false),
        ];
        assert_eq!(shape, expected);
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (text, expected) in [
            ("200\n20x", "x:2: `20x` is no step"),
            ("cycle", "x:1: `cycle` has no steps"),
            ("200\ncycle\n200", "x:3: nothing can follow"),
            ("[/a\n200", "x:1: a section ends in"),
            ("[orders]\n200", "x:1: `orders` names no path"),
            ("\n# nothing\n", "x: there is no step"),
        ] {
            let wrong = parse(text, "x").unwrap_err();
            assert!(wrong.starts_with(expected), "{wrong}");
        }
    }
}
