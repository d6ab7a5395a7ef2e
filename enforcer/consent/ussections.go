package consent

// usSection is a section of a GPP string about the United States, or one of them. The
// tables are those of the IAB's specifications, as its library @iabgpp/cmpapi 3.2.0
// writes them.
type usSection struct {
	id   int64
	name string

	// layouts are the fields of the core segment after its version, by version from 1 on.
	layouts [][]usField

	// hasGPC tells that a segment with the signal Global Privacy Control may follow.
	hasGPC bool

	// more are the fields of another segment that may follow.
	more []usField
}

// usField is one field of two bits, or several of them in a row.
type usField struct {
	name  string
	count int
	says  usMeaning
}

// usMeaning is what the bits of a field tell of the visitor.
type usMeaning uint8

const (
	saysNothing usMeaning = iota // what notice was given, or what the site has signed
	saysOptOut                   // 1 is a no, and 2 only that there is none
	saysConsent                  // 1 is a no, and 2 is a yes
)

// The fields that sections are made of.
var (
	usSale       = usField{"SaleOptOut", 1, saysOptOut}
	usSharing    = usField{"SharingOptOut", 1, saysOptOut}
	usTargeted   = usField{"TargetedAdvertisingOptOut", 1, saysOptOut}
	usPersonal   = usField{"PersonalDataConsents", 1, saysConsent}
	usAdditional = usField{"AdditionalDataProcessingConsent", 1, saysConsent}
	usAgreement  = usSilent(3)
)

func usSilent(count int) usField { return usField{count: count} }

func usSensitive(count int, says usMeaning) usField {
	return usField{"SensitiveDataProcessing", count, says}
}

func usChildren(count int) usField {
	return usField{"KnownChildSensitiveDataConsents", count, saysConsent}
}

// usSections are all that are read, in the order of their ids.
var usSections = []usSection{
	{id: 7, name: "usnat", hasGPC: true, layouts: [][]usField{
		{usSilent(6), usSale, usSharing, usTargeted, usSensitive(12, saysOptOut), usChildren(2), usPersonal, usAgreement},
		{usSilent(6), usSale, usSharing, usTargeted, usSensitive(16, saysOptOut), usChildren(3), usPersonal, usAgreement},
	}},
	{id: 8, name: "usca", hasGPC: true, layouts: [][]usField{
		{usSilent(3), usSale, usSharing, usSensitive(9, saysOptOut), usChildren(2), usPersonal, usAgreement},
	}},
	{id: 9, name: "usva", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(1))},
	{id: 10, name: "usco", layouts: usState(usSilent(3), usSensitive(7, saysConsent), usChildren(1)), hasGPC: true},
	{id: 11, name: "usut", layouts: usState(usSilent(4), usSensitive(8, saysOptOut), usChildren(1))},
	{id: 12, name: "usct", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(3)), hasGPC: true},
	{id: 13, name: "usfl", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(3), usAdditional)},
	{id: 14, name: "usmt", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(3), usAdditional), hasGPC: true},
	{id: 15, name: "usor", layouts: usState(usSilent(3), usSensitive(11, saysConsent), usChildren(3), usAdditional), hasGPC: true},
	{id: 16, name: "ustx", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(1), usAdditional), hasGPC: true},
	{id: 17, name: "usde", layouts: usState(usSilent(3), usSensitive(9, saysConsent), usChildren(5), usAdditional), hasGPC: true},
	{id: 18, name: "usia", layouts: usState(usSilent(4), usSensitive(8, saysOptOut), usChildren(1)), hasGPC: true},
	{id: 19, name: "usne", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(1), usAdditional), hasGPC: true},
	{id: 20, name: "usnh", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(3), usAdditional), hasGPC: true},
	{id: 21, name: "usnj", layouts: usState(usSilent(3), usSensitive(10, saysConsent), usChildren(5), usAdditional), hasGPC: true},
	{id: 22, name: "ustn", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(1), usAdditional), hasGPC: true},
	{id: 23, name: "usmn", layouts: usState(usSilent(3), usSensitive(8, saysConsent), usChildren(1), usAdditional), hasGPC: true},
	{id: 24, name: "usmd", layouts: [][]usField{{usSilent(5), usSale, usTargeted, usAdditional}}, hasGPC: true},
	{id: 25, name: "usin", layouts: usLater, more: usLaterMore},
	{id: 26, name: "usky", layouts: usLater, more: usLaterMore},
	{id: 27, name: "usri", layouts: usLater, more: usLaterMore},
}

// usState is the core segment of most states: notices, two opt-outs, and what else
// stands before the fields of the agreement.
func usState(notices usField, rest ...usField) [][]usField {
	core := append([]usField{notices, usSale, usTargeted}, rest...)
	return [][]usField{append(core, usAgreement)}
}

// The segments of the states that came in 2026: the agreement stands first there.
var (
	usLater     = [][]usField{{usSilent(5), usSale, usTargeted, usChildren(1), usAdditional}}
	usLaterMore = []usField{usSensitive(8, saysConsent)}
)

// Prefixes and fields of keys.
const (
	usAnyPrefix = "us." // of a field in whichever section there is
	usGPC       = "Gpc"
)

// usAnywhere are the fields that mean the same in all sections that have them.
var usAnywhere = []string{usSale.name, usSharing.name, usTargeted.name, usGPC}
