"""What may stay in a rebuilt OOXML part. Everything that is not decided here is dropped.

Value classes (checked in src/ooxml/value.rs):
  token    number, enumeration, boolean, colour, GUID, date: letters, digits and  _ + - . : % # { } , at most 128
  tokens   several of them separated by blanks, commas or semicolons
  text     words for people or a name; never interpreted as an address, a formula or code
  path     drawing instructions (VML path, motion path, guide formula): letters, digits, blanks, operators
  style    VML css: listed properties, no url() or expression()
  cells    cell references
  formula  every function on the safe list, no reference outside the workbook
  field    Word field instruction; decided by the field state machine
  action   PowerPoint action: only jumps inside the show
  graphic  namespace of a graphicData: only those whose content is copied
  base64   base64 data that no program executes (password hashes)
  rid:KIND id of a relationship whose target is kept and is of that kind; `!` makes the element go when it is not
"""

ROOTS = """w:CT_Document/w:document w:CT_HdrFtr/w:hdr w:CT_HdrFtr/w:ftr w:CT_Styles/w:styles w:CT_Numbering/w:numbering
w:CT_Settings/w:settings w:CT_FontsList/w:fonts w:CT_Comments/w:comments w:CT_Footnotes/w:footnotes
w:CT_Endnotes/w:endnotes a:CT_OfficeStyleSheet/a:theme a:CT_BaseStylesOverride/a:themeOverride
c:CT_ChartSpace/c:chartSpace cdr:CT_Drawing/c:userShapes dgm:CT_DataModel/dgm:dataModel
dgm:CT_DiagramDefinition/dgm:layoutDef dgm:CT_StyleDefinition/dgm:styleDef dgm:CT_ColorTransform/dgm:colorsDef
dsp:CT_Drawing/dsp:drawing xdr:CT_Drawing/xdr:wsDr x:CT_Workbook/x:workbook x:CT_Worksheet/x:worksheet
x:CT_Chartsheet/x:chartsheet x:CT_Sst/x:sst x:CT_Stylesheet/x:styleSheet x:CT_Comments/x:comments x:CT_Table/x:table
x:CT_pivotTableDefinition/x:pivotTableDefinition x:CT_PivotCacheDefinition/x:pivotCacheDefinition
x:CT_PivotCacheRecords/x:pivotCacheRecords p:CT_Presentation/p:presentation p:CT_Slide/p:sld
p:CT_SlideLayout/p:sldLayout p:CT_SlideMaster/p:sldMaster p:CT_NotesSlide/p:notes p:CT_NotesMaster/p:notesMaster
p:CT_HandoutMaster/p:handoutMaster p:CT_PresentationProperties/p:presentationPr p:CT_ViewProperties/p:viewPr
a:CT_TableStyleList/a:tblStyleLst p:CT_CommentList/p:cmLst p:CT_CommentAuthorList/p:cmAuthorLst
CT_Vml/xml""".split()

# Namespaces, by the prefix the schema data gives them. Elements and attributes of any other are dropped.
PREFIXES = set("""a a14 a16 adec ahyp c c14 c15 c16 c16r3 cdr dgm dsp lc m o p p14 p15 pic r thm15 v w w10 w14 w15 wp wp14
wpc wpg wps x x14 x14ac xdr xml xne xvml""".split()) | {""}

MORE_NAMESPACES = [
    "ns mc http://schemas.openxmlformats.org/markup-compatibility/2006",
    "ns x14ac http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac",
    "ns xml http://www.w3.org/XML/1998/namespace",
    # Strict (ISO/IEC 29500) names of the same vocabularies.
    "ns a http://purl.oclc.org/ooxml/drawingml/main",
    "ns c http://purl.oclc.org/ooxml/drawingml/chart",
    "ns cdr http://purl.oclc.org/ooxml/drawingml/chartDrawing",
    "ns dgm http://purl.oclc.org/ooxml/drawingml/diagram",
    "ns lc http://purl.oclc.org/ooxml/drawingml/lockedCanvas",
    "ns m http://purl.oclc.org/ooxml/officeDocument/math",
    "ns p http://purl.oclc.org/ooxml/presentationml/main",
    "ns pic http://purl.oclc.org/ooxml/drawingml/picture",
    "ns r http://purl.oclc.org/ooxml/officeDocument/relationships",
    "ns w http://purl.oclc.org/ooxml/wordprocessingml/main",
    "ns wp http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing",
    "ns x http://purl.oclc.org/ooxml/spreadsheetml/main",
    "ns xdr http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing",
]
TYPES = dict.fromkeys(
    """BooleanValue OnOffValue TrueFalseValue TrueFalseBlankValue UInt32Value Int32Value IntegerValue Int64Value
    HexBinaryValue DoubleValue DateTimeValue ByteValue UInt16Value UInt64Value DecimalValue SingleValue Int16Value
    SByteValue""".split(), "token")
TYPES |= dict.fromkeys(
    ["ListValue<Int32Value>", "ListValue<UInt32Value>", "ListValue<BooleanValue>", "ListValue<DecimalValue>",
     "ListValue<EnumValue<DocumentFormat.OpenXml.Drawing.Diagrams.AxisValues>>",
     "ListValue<EnumValue<DocumentFormat.OpenXml.Drawing.Diagrams.ElementValues>>"], "tokens")

# Elements that go, with everything in them. What the reader is told is in src/ooxml/lost.rs.
DROPPED = set("""
w:altChunk w:subDoc w:control w:objectEmbed w:objectLink w:movie w:contentPart w14:contentPart w:ruby>w:altChunk
w:attachedTemplate w:linkStyles w:mailMerge w:docVars w:docVar w:saveThroughXslt w:useXSLTWhenSaving w:attachedSchema
w:activeWritingStyle w:hdrShapeDefaults w:shapeDefaults w:smartTagType w:doNotIncludeSubdocsInStats w:captions
w:schemaLibrary w:removePersonalInformation w:rsids w15:webExtensionLinked w15:webExtensionCreated w15:dataBinding
w:dataBinding w:embedRegular w:embedBold w:embedItalic w:embedBoldItalic w:embedTrueTypeFonts w:embedSystemFonts
w:saveSubsetFonts w:printerSettings w:entryMacro w:exitMacro w:calcOnExit w:fldData w:framesets w:frameset w:updateFields
w:customXmlPr w:smartTagPr w:writeProtection w:readModeInkLockDown w:docPartObj w:docPartList w:bibliography w:citation
w:docPart w:placeholder w14:entityPicker w:divId w:webHidden w:hdrShapeDefaults w15:docId w14:docId
a:audioFile a:videoFile a:quickTimeFile a:wavAudioFile a:audioCd a:snd a:hlinkMouseOver a14:imgProps a14:cameraTool
a14:contentPart xdr:contentPart a14:compatExt asvg:svgBlip a:contentPart a14:isCanvas lc:lockedCanvas
p14:media p:controls p:control p:contentPart p:custDataLst p:custData p:tags p:cmd p:sndAc p:snd p:sndTgt
p:htmlPubPr p:webPr p:embeddedFontLst p:smartTags p:modifyVerifier   p14:laserTraceLst
p14:showEvtLst p:audio p:video p14:bmkTgt p15:presenceInfo  p14:browseMode p14:contentPart p:inkTgt
p:oleChartEl p:sldSyncPr p:extLst>p14:media
x:controls x:control x:webPublishItems x:webPublishing x:webPublishObjects x:smartTags
x:smartTagPr x:smartTagTypes x:cellWatches x:customWorkbookViews x:customSheetViews x:scenarios x:fileRecoveryPr
x:functionGroups x:oleSize x:externalReferences x:fileSharing  x14:slicerList x14:slicerCaches
x14:protectedRanges x14:definedNames x14:pivotCaches x14:workbookPr x15:webExtensions x15:dataModel x:mapInfo
x:xmlColumnPr x:xmlCellPr x:customProperties x:dataConsolidate x14:connection x14:calculatedMember x:consolidation
x:oleItems x:ddeItems x:dbPr x:webPr x:olapPr x:revisionPtr x:serverFormats x:mdx x:singleXmlCells
x:calculatedMembers x:kpis x:dimensions x:measureGroups x:maps x:cacheHierarchies  
c:externalData c:printSettings>c:legacyDrawingHF c:pivotSource  c15:pivotSource c15:xForSave c14:pivotOptions
c:printSettings c16:pivotOptions16 
o:signatureline o:diagram o:proxy   o:relationtable o:ink  o:LinkType o:LockedField o:FieldCodes
 xvml:FmlaMacro xvml:FmlaLink xvml:FmlaRange xvml:FmlaGroup xvml:FmlaPict xvml:FmlaTxbx xvml:ScriptText
xvml:ScriptExtended xvml:ScriptLanguage xvml:ScriptLocation xvml:MapOCX xvml:Camera xvml:DDE xvml:RecalcAlways xvml:AutoPict
xvml:CF xvml:UIObj xvml:Accel xvml:Accel2 xvml:Help xvml:Disabled xvml:Cancel xvml:Default xvml:Dismiss xvml:JustLastX
 x15:survey
""".split())

# Attribute decisions: element@attribute, prefix:*@attribute or *@attribute.
ATTRIBUTES = {}


def decide(cls, names):
    for name in names.split():
        ATTRIBUTES[name if "@" in name else "*@" + name] = cls


decide("drop", """x:c@cm x:c@vm x:mergeCells@count x:dataValidations@count x:tableParts@count x14:dataValidations@count href target o:href o:althref o:relid src r:link r:pict r:href macro textlink codeName o:gfxdata
linkedCell listFillRange invalidUrl tgtFrame w:tgtFrame highlightClick endSnd class saveData  userName
vbProcedure xlm function shortcutKey customMenu help statusBar syncRef refreshOnLoad refreshOnOpen connectionId queryTableFieldId
 published refreshAllConnections saveExternalLinkValues updateLinks showPivotChartFilter publishToServer
x:workbookPr@filterPrivacy allowRefreshQuery autoRecover queryType o:master w:solutionID securityDescriptor
fallbackImg featureList o:ole o:oleicon o:button    o:userdrawn w:dirty w:fldLock
autoLoad x:cacheSource@connectionId refreshedBy  w15:xpath w:docLocation w:history spcId thm15:id thm15:vid
w:rsidR w:rsidRPr w:rsidDel w:rsidP w:rsidRDefault w:rsidTr w:rsidSect xr:uid x:table@comment x:definedName@comment
 o:title v:shape@equationxml equationxml calcOnExit x:fileVersion@codeName
guid pivotCacheGuid tag  x:pivotCacheDefinition@saveData  
 """)
decide("text", """w:styleId altText altTextSummary alt title descr name w:name displayName caption text string w:author author
w:initials initials w:caption w:tooltip tooltip display error errorTitle prompt promptTitle typeface matchingName
 styleName w:ascii w:hAnsi w:eastAsia w:cs w:font w14:font    totalsRowLabel dataCaption
rowHeaderCaption colHeaderCaption grandTotalCaption errorCaption missingCaption subtotalCaption vacatedStyle
pivotTableStyle pageStyle dataCellStyle headerRowCellStyle totalsRowCellStyle defaultTableStyle defaultPivotStyle
defaultSlicerStyle  formatCode w:format char w:bidi w:lang lang altLang m:val uniqueName stringValue1
stringValue2 description bmk  w:val x:*@val dgm:*@val p:strVal@val c:lang@val p:tmAbs@val w15:*@w15:val
dgm:*@name x:*@v x:*@u x:*@uniqueName x:item@n x:name@val phldrT presName presStyleLbl styleLbl propertyName 
w:ed x14:*@val script  invalEndChars invalStChars customList a:tableStyle@styleName w:original
w:uri filter defaultMemberUniqueName x:*@cap x:worksheetSource@name p:cmAuthor@name w:alias x:s@v x:b@v x:e@v x:d@v x:n@v
 evtFilter tmFilter to from by""")
decide("token", """dgm:prSet@presAssocID id w:id styleId r:lang xml:space spid w:shapeId w:shapeid o:spid ObjectID ShapeID algorithmName
workbookAlgorithmName revisionsAlgorithmName w:algorithmName w:cryptProvider c16:*@val c16:uniqueID@val c16:uniqueId@val
cryptProvider dir dur delay repeatCount repeatDur advAuto advTm p14:dur prst in out seek time tm x15ac:id
clickAndTypeStyle w:line w:before w:after w:left w:right w:start w:end w:firstLine w:hanging w:hSpace w:vSpace w:space w:x w:y w:w
w:percent w:color w:fill w:themeColor w:themeTint w:themeShade w:themeFillTint w:themeFillShade w:dxaOrig w:dyaOrig
w:legacyIndent w:legacySpace w:distance w:fontSz x y l t r b wR hR stAng swAng ang minX maxX minY maxY minR maxR minAng
maxAng gdRefX gdRefY gdRefR gdRefAng  weight strokeweight miterlimit lastEdited lowestEdited
rupBuild modelId cxnId srcId destId parTransId sibTransId type ptType axis st end axisFlags version uri moveWith forName
refForName arg   a:pt@x x:c@r    relId loCatId csCatId qsCatId bld rctx advClick 
 x:c@t    x:serverFormat@culture a:gd@name pred o:r@id idref  x:*@c vid o:*@type
  prLst ptsTypes  xvml:*@ObjectType meth""")
decide("text", "w:listItem@w:displayText w:listItem@w:value w:comboBox@w:lastValue w:dropDownList@w:lastValue")
decide("text", "x:cfRule@text x14:cfRule@text x:pageField@cap a:cNvPr@name p:cNvPr@name x:sheet@name")
decide("token", "x:fileVersion@appName")
decide("graphic", "minVer")
decide("tokens", """presId spans adj coordorigin coordsize inset opacity opacity2 o:opacity2 arcsize cropbottom cropleft cropright
croptop gain blacklevel gamma embosscolor chromakey color color2 colors fillcolor strokecolor o:bordertopcolor
o:borderleftcolor o:borderbottomcolor o:borderrightcolor focus focusposition focussize origin offset offset2 matrix size
angle rotationangle limo xrange yrange radiusrange polar switch map textboxrect o:connectlocs o:connectangles
wrapcoords o:tableproperties o:tablelimits points  v:line@from v:line@to v:curve@from v:curve@to control1 control2
imagesize aspect position v:h@position data o:idmap@data extrusioncolor shadowcolor recolortarget foredepth backdepth
viewpoint viewpointorigin skewamt edge facet brightness lightposition lightposition2 lightlevel lightlevel2 specularity
diffusity orientation rotationcenter plane render autorotationcenter gap drop length callout  a:tblStyleLst@def
 dgm:*@axis dgm:*@ptType dgm:*@st dashstyle pitchFamily defStyle loTypeId qsTypeId csTypeId uniqueId""")
decide("path", """path v:shape@path v:shapetype@path p:animMotion@path eqn v fmla a:gd@fmla v:f@eqn v:path@v o:clippath@v
o:v""")
decide("style", "style")
decide("cells", """ref sqref activeCell topLeftCell r1 r2 x:c@r x:inputCells@r mergeCell x:f@ref x:comment@ref x:dimension@ref
 x:location@ref sortRef""")
decide("formula", "x:cfvo@val location x:definedName@refers  x:cacheField@formula x:calculatedItem@formula")
decide("text", "x:cacheField@caption x:worksheetSource@sheet sheet w:anchor")
decide("token", "a:fld@id a:fld@type p14:section@id x14:id@id")
decide("base64", """hashValue saltValue workbookHashValue workbookSaltValue revisionsHashValue revisionsSaltValue w:hash w:salt
w:hashValue w:saltValue""")
decide("field", "w:fldSimple@w:instr")
decide("action", "action")
decide("graphic", "a:graphicData@uri")
decide("rid:image!", "a:blip@r:embed v:imagedata@r:id v:imagedata@o:relid")
decide("rid:image", "dgm:shape@r:blip")
decide("rid:image", "v:fill@r:id v:stroke@r:id")
decide("rid:link", "a:hlinkClick@r:id a:hlinkHover@r:id x:hyperlink@r:id w:hyperlink@r:id")
decide("rid:chart!", "c:chart@r:id")
decide("rid:shapes!", "c:userShapes@r:id")
decide("rid:diagram!", "r:dm r:lo r:qs r:cs")
decide("rid:header!", "w:headerReference@r:id")
decide("rid:footer!", "w:footerReference@r:id")
decide("rid:sheet!", "x:sheet@r:id")
decide("rid:drawing!", "x:drawing@r:id")
decide("rid:vml!", "x:legacyDrawing@r:id x:legacyDrawingHF@r:id c:legacyDrawingHF@r:id")
decide("rid:image!", "x:picture@r:id")
decide("rid:table!", "x:tablePart@r:id")
decide("rid:pivotcache!", "x:pivotCache@r:id")
decide("rid:records", "x:pivotCacheDefinition@r:id")
decide("rid:slide!", "p:sldId@r:id p:sld@r:id")
decide("rid:master!", "p:sldMasterId@r:id")
decide("rid:layout!", "p:sldLayoutId@r:id")
decide("rid:notesmaster!", "p:notesMasterId@r:id")
decide("rid:handout!", "p:handoutMasterId@r:id")
# Embedded documents: only those that were themselves rebuilt (rid:embedded), called by a name on a closed list.
decide("rid:embedded!", "o:OLEObject@r:id x:oleObject@r:id")
decide("rid:image", "x:objectPr@r:id")
decide("drop", "x:table@tableType")
decide("drop", "x:oleObject@link x:oleObject@oleUpdate x:objectPr@dde x:objectPr@macro o:OLEObject@UpdateMode x:oleObject@autoLoad")
decide("token", "o:OLEObject@Type o:OLEObject@ProgID o:OLEObject@DrawAspect x:oleObject@progId x:oleObject@dvAspect")
for gone in ("x:pageSetup@r:id", "x:csPageSetup@r:id"):
    ATTRIBUTES[gone] = "drop"
decide("token", "a:ext@uri c:ext@uri p:ext@uri x:ext@uri dgm:ext@uri")

# Class of the text inside an element; leaf text is "text" unless listed.
TEXT = {
    "x:f": "formula", "x:formula": "formula", "x:formula1": "formula", "x:formula2": "formula",
    "x:definedName": "formula", "x:calculatedColumnFormula": "formula", "x:totalsRowFormula": "formula", "xne:f": "formula",
    "xne:sqref": "cells", "c:f": "formula", "c15:f": "formula", "c15:sqref": "formula", "w:instrText": "field",
    "w:delInstrText": "field", "x:oldFormula": "drop", "xvml:Anchor": "tokens", "p:attrName": "text",
    "w:fldData": "drop", "c15:txfldGUID": "token",
}

# Children of `ext` and the like, which the schema leaves open.
EXTENSIONS = {
    "x:ext": """x14:conditionalFormattings x14:dataValidations x14:sparklineGroups x14:ignoredErrors x14:id x14:table
        x14:dxfs x14:pivotTableDefinition x14:pivotCacheDefinition x14:dataField x14:pivotField""".split(),
    "a:CT_OfficeArtExtension/a:ext": """a14:useLocalDpi a14:hiddenFill a14:hiddenLine a14:hiddenEffects a14:shadowObscured a16:creationId a16:rowId
        a16:colId adec:decorative ahyp:hlinkClr dsp:dataModelExt a14:hiddenScene3d a14:hiddenSp3d
        c14:invertSolidFillFmt""".split(),
    "dgm:ext": ["dsp:dataModelExt"],
    "c:ext": """c14:invertSolidFillFmt c15:numFmt c15:spPr c15:layout c15:datalabelsRange c15:showDataLabelsRange
        c15:showLeaderLines c15:leaderLines c15:autoCat c15:invertIfNegative c15:bubble3D c15:tx c15:dlblFieldTable
        c15:filteredSeriesTitle c15:filteredCategoryTitle c16:uniqueId c16:uniqueID c16r3:dataDisplayOptions16""".split(),
    "p:ext": "p14:creationId p14:modId p14:sectionLst p15:sldGuideLst p15:notesGuideLst p14:laserClr".split(),
    "a:graphicData": """pic:CT_Picture/pic:pic c:CT_RelId/c:chart dgm:CT_RelIds/dgm:relIds a:CT_Table/a:tbl
        wps:CT_WordprocessingShape/wps:wsp wpg:CT_WordprocessingGroup/wpg:wgp
        wpc:CT_WordprocessingCanvas/wpc:wpc""".split(),
}
SDT = ["w:CT_SdtPr/w:sdtPr", "w:CT_SdtEndPr/w:sdtEndPr"]
MORE_CHILDREN = {
    # The schema data keeps these two in a base class.
    "w:sdt": SDT,
    "a14:m": ["m:CT_OMathPara/m:oMathPara", "m:CT_OMath/m:oMath"],
    "w:CT_TrPrBaseStyleable/w:trPr": ["w:CT_Height/w:trHeight", "w:CT_Cnf/w:cnfStyle"],
    "a:graphicData": ["own:OleObject/p:oleObj"],
    "m:r": ["a:CT_TextCharacterProperties/a:rPr"],
}
MORE_ATTRIBUTES = {
    "w:t": {"xml:space": "token"}, "w:instrText": {"xml:space": "token"}, "w:delText": {"xml:space": "token"},
    "w:delInstrText": {"xml:space": "token"}, "x:t": {"xml:space": "token"}, "x:f": {"xml:space": "token"},
    "x:v": {"xml:space": "token"}, "m:t": {"xml:space": "token"}, "x:row": {"x14ac:dyDescent": "token"},
    # Office writes it without a prefix, whatever the schema says.
    "c16r3:dispNaAsBlank": {"val": "token"},
    "x:sheetFormatPr": {"x14ac:dyDescent": "token"}, "x:fonts": {"x14ac:knownFonts": "token"},
}

# Types written by hand: (attributes, children, text).
OWN = {
    "CT_Vml/xml": ({}, """v:CT_Group/v:group v:CT_Image/v:image v:CT_Line/v:line v:CT_Oval/v:oval v:CT_PolyLine/v:polyline
        v:CT_Rect/v:rect v:CT_RoundRect/v:roundrect v:CT_Shape/v:shape v:CT_Shapetype/v:shapetype v:CT_Arc/v:arc
        v:CT_Curve/v:curve o:CT_ShapeLayout/o:shapelayout""".split(), "-"),
    # Written when the embedded document was rebuilt; otherwise only the preview picture inside is copied.
    "own:OleObject/p:oleObj": ({"name": "text", "r:id": "rid:embedded!", "imgW": "token", "imgH": "token", "progId": "token",
                                "showAsIcon": "token"}, ["p:CT_Picture/p:pic", "own:OleEmbed/p:embed"], "-"),
    "own:OleEmbed/p:embed": ({}, [], "-"),
}

# An element goes when none of these children survives.
REQUIRES = {
    "a:graphic": "a:graphicData", "wp:inline": "a:graphic", "wp:anchor": "a:graphic", "w:drawing": "wp:inline wp:anchor",
    "p:graphicFrame": "a:graphic", "xdr:graphicFrame": "a:graphic", "cdr:graphicFrame": "a:graphic",
    "xdr:twoCellAnchor": "xdr:sp xdr:grpSp xdr:graphicFrame xdr:cxnSp xdr:pic mc:AlternateContent",
    "xdr:oneCellAnchor": "xdr:sp xdr:grpSp xdr:graphicFrame xdr:cxnSp xdr:pic mc:AlternateContent",
    "xdr:absoluteAnchor": "xdr:sp xdr:grpSp xdr:graphicFrame xdr:cxnSp xdr:pic mc:AlternateContent",
    "a:graphicData": "pic:pic c:chart dgm:relIds a:tbl wps:wsp wpg:wgp wpc:wpc p:oleObj", "own:OleObject/p:oleObj": "p:pic",
    "x:oleObjects": "x:oleObject",
    "a:CT_OfficeArtExtension/a:ext": "*", "c:ext": "*", "p:ext": "*", "x:ext": "*", "dgm:ext": "*",
    "a:extLst": "*", "c:extLst": "*", "p:extLst": "*", "x:extLst": "*", "dgm:extLst": "*", "wps:extLst": "*",
    "wpg:extLst": "*", "x14:extLst": "*", "w14:extLst": "*", "dsp:extLst": "*", "p14:extLst": "*",
    "x:conditionalFormatting": "x:cfRule", "x14:conditionalFormatting": "x14:cfRule",
    "x14:conditionalFormattings": "x14:conditionalFormatting", "x:dataValidations": "x:dataValidation",
    "x14:dataValidations": "x14:dataValidation", "x:hyperlinks": "x:hyperlink", "x:tableParts": "x:tablePart",
    "x:definedNames": "x:definedName", "x:pivotCaches": "x:pivotCache", "x:ignoredErrors": "x:ignoredError",
    "x14:sparklineGroups": "x14:sparklineGroup", "x14:sparklineGroup": "x14:sparklines", "x14:sparklines": "x14:sparkline",
    "p:timing": "*", "p:tnLst": "*", "p:childTnLst": "*", "p:subTnLst": "*", "p:bldLst": "*", "a:blipFill": "a:blip a:stretch a:tile", "mc:AlternateContent": "*",
    "x:mergeCells": "x:mergeCell", "p14:sectionLst": "p14:section",
}
