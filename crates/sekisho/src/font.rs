//! Finds the Japanese font whose glyphs go into PDFs: what the city put into its data directory, else what the
//! distribution installed. Fonts are too large to be carried in the program.

use std::path::{Path, PathBuf};

use sekisho_portal::Font;

/// Where distributions put fonts with all the characters of a policy; serif first, as on paper.
const INSTALLED: [&str; 8] = [
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-serif-cjk-vf-fonts/NotoSerifCJK-VF.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/ipaexfont-mincho/ipaexm.ttf",
    "/usr/share/fonts/opentype/ipafont-mincho/ipam.ttf",
    "/usr/share/fonts/ipa-mincho-fonts/ipam.ttf",
    "/usr/share/fonts/truetype/fonts-japanese-mincho.ttf",
];

/// The first font file in `fonts/` of the data directory, by name, or one of the distribution's.
pub(crate) fn find(data: &Path) -> Option<Font> {
    let own = std::fs::read_dir(data.join("fonts")).into_iter().flatten();
    let mut own: Vec<PathBuf> = own.filter_map(|e| Some(e.ok()?.path())).filter(|p| is_font(p)).collect();
    own.sort();
    let path = own.into_iter().next().or_else(|| INSTALLED.iter().map(PathBuf::from).find(|p| p.exists()))?;
    // The Japanese face is the first one of Noto's collections.
    Some(Font { path, index: 0 })
}

fn is_font(path: &Path) -> bool {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    ending.is_some_and(|e| matches!(e.as_str(), "otf" | "ttf" | "ttc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_city_s_own_font_comes_first() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(dir.path().join("fonts")).expect("made");
        for name in ["readme.txt", "b.otf", "a.TTF"] {
            std::fs::write(dir.path().join("fonts").join(name), "").expect("written");
        }
        assert_eq!(find(dir.path()).map(|f| f.path), Some(dir.path().join("fonts/a.TTF")));
    }
}
