//! What a reader is told about things that were left out: threat id, severity and a Japanese noun.

use crate::{Severity, Threat};

pub(crate) type Lost = (Threat, Severity, &'static str);

/// A relationship that is not followed. `None`: nothing the reader could miss.
pub(crate) fn relationship(relation: &str, external: bool) -> Option<Lost> {
    use Severity::{Active, External, Note, Simplified};
    let last = relation.rsplit('/').next().unwrap_or(relation);
    Some(match last {
        "vbaProject" | "wordVbaData" | "jsaProject" => (Threat::O10, Active, "マクロ"),
        "xlMacrosheet" | "xlIntlMacrosheet" => (Threat::O11, Active, "Excel 4.0 マクロシート"),
        "dialogsheet" => (Threat::O12, Active, "ダイアログシート"),
        "extensibility" | "userCustomization" | "keyMapCustomizations" | "attachedToolbars" | "customUI" => {
            (Threat::O13, Active, "リボン・ツールバーの改造")
        }
        "control" | "activeXControlBinary" => (Threat::O14, Active, "ActiveX コントロール"),
        "ctrlProp" => return None,
        "oleObject" if external => (Threat::O15, External, "外部ファイルへのリンク"),
        "oleObject" | "package" => (Threat::O15, Active, "埋め込みオブジェクト"),
        "webextensiontaskpanes" | "webextension" => (Threat::O17, Active, "Webアドイン"),
        "attachedTemplate" => (Threat::O21, External, "外部テンプレートの参照"),
        "mailMergeSource" | "mailMergeHeaderSource" | "mailMergeRecipientData" | "recipientData" => {
            (Threat::O21, External, "差し込み印刷の接続先")
        }
        "transform" | "stylesheet" => (Threat::O21, External, "変換スタイルシートの参照"),
        "aFChunk" | "afChunk" | "subDocument" | "frame" => (Threat::O22, External, "外部文書の取り込み"),
        "glossaryDocument" => (Threat::O22, Note, "定型句"),
        "webSettings" => (Threat::O22, Note, "Web 表示の設定"),
        "externalLink"
        | "externalLinkPath"
        | "externalLinkLongPath"
        | "xlExternalLinkPath"
        | "xlPathMissing"
        | "xlStartup"
        | "xlAlternateStartup"
        | "xlLibrary" => (Threat::O23, External, "外部ブックへのリンク"),
        "connections" | "queryTable" | "xmlMaps" | "powerPivotData" | "dataMashup" | "python" => {
            (Threat::O23, External, "外部データ接続")
        }
        "volatileDependencies" => (Threat::O23, External, "リアルタイムデータ接続"),
        "revisionHeaders" | "revisionLog" | "usernames" => (Threat::O32, Note, "共有ブックの変更記録"),
        "image" | "chart" | "hyperlink" if !external => return None,
        "hyperlink" => return None,
        // Of slides: the previews, which the slide itself shows.
        "vmlDrawing" => return None,
        "image" => (Threat::O05, External, "外部画像の参照"),
        "audio" | "video" | "media" if external => (Threat::O25, External, "外部の音声・動画"),
        "audio" | "video" | "media" => (Threat::O28, Simplified, "音声・動画"),
        "slideUpdateInfo" | "slideUpdateUrl" => (Threat::O25, External, "スライドの更新元"),
        "font" => (Threat::O29, Simplified, "埋め込みフォント"),
        "printerSettings" => (Threat::O30, Note, "プリンター設定"),
        "core-properties"
        | "extended-properties"
        | "extendedProperties"
        | "custom-properties"
        | "metadata" => (Threat::O08, Note, "文書情報（作成者など）"),
        "thumbnail" => (Threat::O08, Note, "サムネイル"),
        "customXml" | "customXmlProps" | "customProperty" => (Threat::O08, Note, "付属データ（customXml）"),
        "classificationlabels" | "sensitivityLabel" => (Threat::O08, Note, "秘密度ラベル"),
        "origin" | "signature" => (Threat::O09, Simplified, "電子署名"),
        "calcChain" | "stylesWithEffects" | "chartStyle" | "chartColorStyle" | "commentsExtended"
        | "commentsIds" | "commentsExtensible" | "people" | "person" | "sheetMetadata" | "documenttasks"
        | "revisionInfo" | "authors" => (Threat::O08, Note, "表示に関わらない付属情報"),
        "tags" | "customData" => (Threat::O25, Note, "表示に関わらない付属情報"),
        "chartEx" => (Threat::O27, Simplified, "新しい種類のグラフ"),
        "FeaturePropertyBag" => {
            (Threat::O23, Simplified, "セルのチェックボックス（TRUE・FALSE の表示にしました）")
        }
        "slicer" | "slicerCache" | "timeline" | "timelineCache" => {
            (Threat::O23, Simplified, "スライサー・タイムライン")
        }
        // PowerPoint's comments of 2021 stand in a part of their own; those before it are kept.
        "comments" => (Threat::O32, Simplified, "新しい形式のコメント（文面は残りません）"),
        "tableSingleCells" => (Threat::O23, Note, "XML の対応付け"),
        "threadedComment" => (Threat::O08, Note, "コメントの会話形式（文面はメモに残しました）"),
        "ink" => (Threat::O26, Simplified, "手書き"),
        "model3d" => (Threat::O26, Simplified, "3D モデル"),
        "hdphoto" => (Threat::O28, Note, "画像の編集前データ"),
        _ if external => (Threat::O05, External, "外部への参照"),
        _ => (Threat::O05, Severity::Hidden, "未知の部品"),
    })
}

/// An element that is not on the list where it stands. `None`: nothing the reader could miss.
pub(crate) fn element(name: Option<&str>, local: &str) -> Option<Lost> {
    use Severity::{Active, External, Note, Simplified};
    let Some(name) = name else {
        return Some((Threat::O07, Note, "未知の拡張要素")).filter(|_| !is_quiet_local(local));
    };
    Some(match name {
        "w:control" | "x:controls" | "x:control" | "p:controls" | "p:control" => return None,
        "w:altChunk" | "w:subDoc" => (Threat::O22, External, "外部文書の取り込み"),
        "w:mailMerge" => (Threat::O21, External, "差し込み印刷の接続先"),
        "w:attachedTemplate" => (Threat::O21, External, "外部テンプレートの参照"),
        "w:docVars" | "w:attachedSchema" | "w:saveThroughXslt" => (Threat::O21, Note, "文書設定の付属情報"),
        "w:linkStyles" => (Threat::O21, External, "テンプレートからのスタイル更新"),
        "o:OLEObject" | "w:objectEmbed" | "w:objectLink" | "x:oleObjects" | "x:oleObject" | "p:oleObj" => {
            return None;
        }
        "p:cmd" => (Threat::O16, Active, "アニメーションの命令"),
        "p:sndAc" | "p:snd" | "a:snd" | "p:audio" | "a:audioFile" | "a:wavAudioFile" | "a:audioCd" => {
            (Threat::O28, Simplified, "音声")
        }
        "p:video" | "a:videoFile" | "a:quickTimeFile" | "p14:media" => (Threat::O28, Simplified, "動画"),
        "a:hlinkMouseOver" | "a:hlinkHover" => (Threat::O16, Active, "マウスを重ねたときの動作"),
        "c:externalData" => return None,
        "p:embed" | "p:link" => return None,
        "x:externalReferences" => return None,
        "c:pivotSource" => (Threat::O27, Simplified, "グラフとピボットテーブルの連動"),
        "x:customSheetViews" | "x:customWorkbookViews" => (Threat::O23, Note, "ユーザー設定のビュー"),
        "x:scenarios" => (Threat::O23, Simplified, "シナリオ"),
        "x:dataConsolidate" => (Threat::O23, Note, "統合の設定"),
        "x:fileSharing" | "w:writeProtection" | "p:modifyVerifier" => {
            (Threat::O21, Note, "読み取り専用の推奨")
        }
        "o:signatureline" => (Threat::O09, Simplified, "署名欄"),
        "w:embedRegular" | "w:embedBold" | "w:embedItalic" | "w:embedBoldItalic" | "p:embeddedFontLst" => {
            return None;
        }
        "w:contentPart" | "w14:contentPart" | "p:contentPart" | "p14:contentPart" | "a14:contentPart"
        | "xdr:contentPart" => (Threat::O26, Simplified, "手書き"),
        "w:ffData"
        | "w:rsids"
        | "w:dataBinding"
        | "w15:dataBinding"
        | "w:docPartObj"
        | "w:placeholder"
        | "w:hdrShapeDefaults"
        | "w:shapeDefaults"
        | "w:activeWritingStyle"
        | "w:updateFields"
        | "w:divId"
        | "w:smartTagType"
        | "w:smartTagPr"
        | "w:customXmlPr"
        | "w:fldData"
        | "w:webHidden"
        | "w:docPart"
        | "w:embedTrueTypeFonts"
        | "w:saveSubsetFonts"
        | "w:removePersonalInformation"
        | "w:captions"
        | "w:docPartList"
        | "w:docPartGallery" => return None,
        "c:printSettings" | "c14:pivotOptions" | "c15:pivotSource" | "x:functionGroups"
        | "x:fileRecoveryPr" | "x:oleSize" | "x:smartTagPr" | "x:smartTagTypes" | "x:smartTags"
        | "x:webPublishing" | "x:cellWatches" | "x:customProperties" | "p:custDataLst" | "p:smartTags"
        | "p:tags" | "x:xmlColumnPr" | "asvg:svgBlip" | "a14:imgProps" | "a14:compatExt" => {
            return None;
        }
        _ if name.starts_with("xvml:") => return None,
        _ if is_extension(name) => (Threat::O07, Note, "拡張機能の設定"),
        _ => (Threat::O07, Simplified, "未対応の要素"),
    })
}

fn is_quiet_local(local: &str) -> bool {
    matches!(
        local,
        "revisionPtr" | "absPath" | "coauthVersionLast" | "calcFeatures" | "creationId" | "svgBlip"
    )
}

/// Extension vocabularies carry refinements; the standard vocabularies carry the words.
fn is_extension(name: &str) -> bool {
    let prefix = name.split(':').next().unwrap_or("");
    !matches!(
        prefix,
        "w" | "x"
            | "p"
            | "a"
            | "c"
            | "m"
            | "xdr"
            | "wp"
            | "pic"
            | "v"
            | "dgm"
            | "wps"
            | "wpg"
            | "wpc"
            | "cdr"
    )
}
