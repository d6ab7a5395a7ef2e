package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// TestSources: declarations written out, and several of them (C1, C3, C5).
func TestSources(t *testing.T) {
	t.Parallel()
	const two = "  sources:\n    - {cookie: new, decode: json}\n    - {cookie: old, decode: json, denied_when: {cookie: gone}}\n"
	for _, row := range []struct{ name, source, line, want string }{
		{"first: only the second speaks", two, `old={"stat":true,"ads":false}`, "GD"},
		{"first: the first wins", two, `old={"stat":true,"ads":true}; new={"stat":false}`, "DG"},
		{"first: what cannot be read is no silence", two, `new={"stat":tr; old={"stat":true,"ads":true}`, "??"},
		{"first: denied by another cookie", two, `gone=1; new={"stat":true}`, "GD"},
		{"first: one that is too old is no silence", "  sources:\n    - {cookie: new, decode: json, max_age: 1 week, date: {member: at}}\n    - {cookie: old, decode: json}\n",
			`old={"stat":true,"ads":true}; new={"stat":false,"at":"2026-11-01"}`, "D."},
		{"first: one of another version is no silence", "  sources:\n    - {cookie: new, decode: json, version: {member: v, at_least: 3}}\n    - {cookie: old, decode: json}\n",
			`old={"stat":true,"ads":true}; new={"stat":false,"v":1}`, "D."},
		{"first: one that is to be asked again is no silence", "  sources:\n    - {cookie: new, decode: json, undecided_when: {member: again, is: \"true\"}}\n    - {cookie: old, decode: json}\n",
			`old={"stat":true,"ads":true}; new={"stat":false,"again":true}`, ".."},
		{"first: nor in the plain form", "  max_age: 1 week\n  sources:\n    - {cookie: new}\n    - {cookie: old, decode: json, date: {member: at}}\n",
			`old={"stat":true,"ads":true}; new={"stat":false,"timestamp":1600000000}`, "D."},
		{"first: one twin that is too old", "  sources:\n    - {cookie: new, decode: json, max_age: 1 week, date: {member: at}}\n    - {cookie: old, decode: json}\n",
			`old={"stat":true,"ads":true}; new={}; new={"stat":false,"at":"2026-11-01"}`, "D."},
		{"first: one that is not decided yet is silent", "  sources:\n    - {cookie: new, decode: json, decided_when: {member: d}, version: {member: v, at_least: 3}}\n    - {cookie: old, decode: json}\n",
			`old={"stat":true,"ads":true}; new={"stat":false}`, "GG"},
		{"deny wins", two + "  combine: deny_wins\n", `old={"stat":false,"ads":true}; new={"stat":true}`, "DG"},
		{"deny wins: what cannot be read beats a grant", two + "  combine: deny_wins\n", `old={"stat":true,"ads":false}; new=x`, "?D"},
		{"the plain form among others", "  sources:\n    - {cookie: new, decode: flag, keys: {statistical: new}}\n    - {cookie: cookies_preferences}\n", "new=1; cookies_preferences=statistical=0&ads=1", "GG"},
		{"max_age of all", "  max_age: 1 week\n" + "  sources:\n    - {cookie: a, decode: json, date: {member: at}}\n    - {cookie: b}\n", `a={"stat":true,"at":"2026-11-01"}; b={"ads":true,"timestamp":1600000000}`, ".."},
		{"all keys of a list have to be granted", "  cookie: c\n  decode: json\n  keys: {stat: [a, b], third_party: [a]}\n", `c={"a":true,"b":false}`, "DG"},
		{"one of them is not there", "  cookie: c\n  decode: json\n  keys: {stat: [a, b], third_party: [a]}\n", `c={"a":true}`, ".G"},
		{"a service and its category disagree", "  cookie: c\n  decode: json\n  keys: {stat: a, statistical: b, third_party: a}\n", `c={"a":true,"b":false}`, "DG"},
		{"everything", "  cookie: c\n  decode: flag\n  keys: {\"*\": c}\n", `c=yes`, "GG"},
		{"not one of some words", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true,"how":"implied"}`, ".."},
		{"not, and it is not there", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true}`, ".."},
		{"decided has to hold in each of several", "  cookie: c\n  decode: json\n  decided_when: {cookie: d, is: y}\n", `c={"stat":true}; d=y; d=n`, ".."},
		{"undecided in one of several", "  cookie: c\n  decode: json\n  undecided_when: {cookie: d, is: n}\n", `c={"stat":true}; d=y; d=n`, ".."},
		{"a version that is one of some", "  cookie: c\n  decode: json\n  version: {member: v, is: [x, z]}\n", `c={"stat":true,"v":"z"}`, "G."},
		{"another version", "  cookie: c\n  decode: json\n  version: {member: v, is: [x, z]}\n", `c={"stat":true,"v":"y"}`, ".."},
		{"no version", "  cookie: c\n  decode: json\n  version: {member: v, at_least: 2}\n", `c={"stat":true}`, ".."},
		{"twins that agree", "  cookie: c\n  decode: json\n", `c={"stat":true,"ads":true}; c={"stat":true,"ads":false}`, "GD"},
		{"twins, and one says nothing", "  cookie: c\n  decode: json\n", `c={"stat":true}; c={}`, ".."},
		{"not one of some words, and cut off", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true,"how":"impl"}`, ".."},
		{"not one of some words, and empty", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true,"how":""}`, ".."},
		{"not one of some words, and null", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true,"how":null}`, ".."},
		{"another word than some", "  cookie: c\n  decode: json\n  decided_when: {member: how, not: [implied]}\n", `c={"stat":true,"how":"explicit"}`, "G."},
		{"there, but false", "  cookie: c\n  decode: json\n  decided_when: {member: d}\n", `c={"stat":true,"d":false}`, ".."},
		{"there, but null", "  cookie: c\n  decode: json\n  decided_when: {member: d}\n", `c={"stat":true,"d":null}`, ".."},
		{"there, and the word false", "  cookie: c\n  decode: json\n  decided_when: {member: d, is: \"false\"}\n", `c={"stat":true,"d":false}`, "G."},
		{"undecided unless, and cut off", "  cookie: c\n  decode: json\n  undecided_when: {member: how, not: [explicit]}\n", `c={"stat":true,"how":"expl"}`, ".."},
		{"undecided unless, and null", "  cookie: c\n  decode: json\n  undecided_when: {member: how, not: [explicit]}\n", `c={"stat":true,"how":null}`, ".."},
		{"undecided from a version on that cannot be read", "  cookie: c\n  decode: json\n  undecided_when: {member: v, at_least: 3}\n", `c={"stat":true,"v":"x"}`, ".."},
		{"denied by a cookie that is empty", "  cookie: c\n  decode: json\n  denied_when: {cookie: gone}\n", `c={"stat":true}; gone=`, "DD"},
		{"denied by a cookie that is too long", "  cookie: c\n  decode: json\n  denied_when: {cookie: gone}\n", `c={"stat":true}; gone=` + strings.Repeat("x", 4097), "DD"},
		{"granted by a condition, but for what is refused", "  cookie: c\n  decode: json\n  granted_when: {member: all, is: \"true\"}\n", `c={"ads":false,"all":true}`, "GD"},
		{"granted by no condition", "  cookie: c\n  decode: json\n  granted_when: {member: all, is: \"true\"}\n", `c={"ads":false,"all":false}`, ".D"},
		{"granted by a condition in one of two places", "  cookie: c\n  decode: json\n  granted_when: {member: all, is: \"true\"}\n", `c={"ads":false,"all":true,"all":false}`, ".D"},
		{"granted by a condition, and not decided", "  cookie: c\n  decode: json\n  decided_when: {member: done}\n  granted_when: {member: all, is: \"true\"}\n", `c={"all":true}`, ".."},
		{"granted by a condition, and too old", "  cookie: c\n  decode: json\n  max_age: 1 week\n  date: {member: at}\n  granted_when: {member: all, is: \"true\"}\n", `c={"all":true,"at":"2026-01-01"}`, ".."},
		{"granted by a condition, and denied by another one", "  cookie: c\n  decode: json\n  denied_when: {cookie: gone}\n  granted_when: {member: all, is: \"true\"}\n", `c={"all":true}; gone=1`, "DD"},
		{"granted by a condition in one of two cookies", "  cookie: c\n  decode: json\n  granted_when: {member: all, is: \"true\"}\n", `c={"all":true}; c={"all":false}`, ".."},
		{"not denied by what is false", "  cookie: c\n  decode: json\n  denied_when: {member: gone}\n", `c={"stat":true,"gone":false}`, "G."},
		{"decided by a cookie that is too long", "  cookie: c\n  decode: json\n  decided_when: {cookie: d, not: [n]}\n", `c={"stat":true}; d=` + strings.Repeat("y", 4097), "??"},
		{"decided by a part that is not there", "  cookie: c\n  decode: json\n  decided_when: {cookie: d, unwrap: [{field: 1, between: \"|\"}], not: [n]}\n", `c={"stat":true}; d=y`, "??"},
		{"two parts of one member", "  cookie: c\n  decode: json\n  undecided_when:\n    - {member: st, unwrap: [{field: 0, between: \",\"}], is: none}\n    - {member: st, unwrap: [{field: 1, between: \",\"}], is: implied}\n",
			`c={"stat":true,"ads":true,"st":"x,implied"}`, ".."},
		{"something in an object", "  cookie: c\n  decode: {json: {non_empty: \"groups/{key}\"}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"groups":{"stat":["x"],"ads":[]}}`, "GD"},
		{"all of it a string", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c=" + encoded(`"{\"stat\":true,\"ads\":false}"`), "GD"},
		{"all of it a string, and more", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c=" + encoded(`"{\"stat\":true}" {"ads":true}`), "??"},
		{"a string in a string", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c=" + encoded(`"\"{\\\"stat\\\":true}\""`), "??"},
		{"a list in a string", "  cookie: c\n  decode: {json: {array: y, denied: n}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"y":"[\"stat\",\"ads\"]","n":" [\"ads\"]"}`, "GD"},
		{"an empty list in a string", "  cookie: c\n  decode: {json: {array: y}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"y":"[]"}`, "DD"},
		{"a list in a string, cut off", "  cookie: c\n  decode: {json: {array: y}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"y":"[\"stat\",\"ads\""}`, "??"},
		{"a list in a string, and another one", "  cookie: c\n  decode: {json: {array: y}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"y":"[\"stat\"]","y":["ads"]}`, "DD"},
		{"members in a string", "  cookie: c\n  decode: {json: {member: \"a/{key}\"}}\n  decided_when: {member: a/done, is: \"1\"}\n", `c={"a":"{\"stat\":true,\"ads\":false,\"done\":1}"}`, "GD"},
		{"members in a string, and again outside it", "  cookie: c\n  decode: {json: {member: \"a/{key}\"}}\n", `c={"a":"{\"stat\":true}","a":{"ads":true}}`, "??"},
		{"a word that looks like a list", "  cookie: c\n  decode: json\n", `c={"stat":"[true]"}`, "?."},
		{"objects in an array", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":[{"x":[1],"id":1,"on":true},{"on":0,"id":"ads"},{}]}`, "GD"},
		{"objects in an array that is all", "  cookie: c\n  decode: {json: {entries: {array: \".\", key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c=[{"id":1,"on":true}]`, "G."},
		{"objects in an array that is a string", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":"[{\"id\":1,\"on\":true}]"}`, "G."},
		{"objects in an array, of which one is denied later", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}, absent: denied}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":[{"id":1,"on":true},{"id":1,"on":false}]}`, "DD"},
		{"objects in an array, without a word or with none", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  granted: \"*\"\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":[{"id":1},{"id":"ads","on":null}]}`, "??"},
		{"objects in an array, with two keys", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":[{"id":1,"id":2,"on":true}]}`, "??"},
		{"objects in an array, with two words", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":[{"id":1,"on":true,"on":true}]}`, "??"},
		{"names where objects should be", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":["ads"]}`, "??"},
		{"one object where an array should be", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":{"id":1,"on":true}}`, "??"},
		{"a word where an array should be", "  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: on}}}\n  keys: {statistical: 1, third_party: ads}\n", `c={"y":true}`, "??"},
		{"members that name all that is granted", "  cookie: c\n  decode: {json: {member: \"{key}\", absent: denied}}\n", `c={"stat":true}`, "GD"},
		{"a list that names a service", "  cookie: c\n  decode: {list: {between: \",\"}}\n", `c=stat`, "GD"},
		{"a list that names a category", "  cookie: c\n  decode: {list: {between: \",\"}}\n", `c=necessary,statistical`, "GD"},
		{"an array that names a category", "  cookie: c\n  decode: {json: {array: y}}\n", `c={"y":["third_party"]}`, "DG"},
		{"an array that is empty", "  cookie: c\n  decode: {json: {array: \".\"}}\n", `c=[]`, "DD"},
		{"two arrays, of which one names a service and one its category", "  cookie: c\n  decode: {json: {array: [x, y]}}\n", `c={"x":["stat"],"y":["statistical"]}`, "DD"},
		{"two arrays that name a service", "  cookie: c\n  decode: {json: {array: [x, y]}}\n", `c={"x":["stat"],"y":["ads","stat"]}`, "GD"},
		{"a service that is granted, and its category denied", "  cookie: c\n  decode: {json: {array: y, denied: n}}\n", `c={"y":["stat"],"n":["statistical"]}`, "DD"},
		{"a date in minutes", "  cookie: c\n  decode: json\n  max_age: 6 months\n  date: {member: at}\n", `c={"stat":true,"at":29900000}`, "G."},
		{"a date in minutes, too old", "  cookie: c\n  decode: json\n  max_age: 6 months\n  date: {member: at}\n", `c={"stat":true,"at":29000000}`, ".."},
		{"a parent twice", "  cookie: c\n  decode: {json: {member: \"a/{key}/b\"}}\n", `c={"a":{"stat":{"b":true},"stat":{"b":true}}}`, "??"},
		{"C8: a list of what is denied", "  cookie: c\n  decode: {json: {array: y, denied: [n, m]}}\n  decided_when: {member: d}\n  keys: {statistical: stat, third_party: ads}\n", `c={"y":["stat","ads"],"n":["ads"],"m":null,"d":1}`, "GD"},
		{"a list of what is denied that is none", "  cookie: c\n  decode: {json: {array: y, denied: n}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"y":["stat","ads"],"n":"ads"}`, "??"},
		{"a list of what is denied that is an object", "  cookie: c\n  decode: {json: {array: y, denied: n}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"y":["stat","ads"],"n":{"ads":1}}`, "??"},
		{"lists below any member", "  cookie: c\n  decode: {json: {array: [\"a/*\", b]}}\n  keys: {statistical: stat, third_party: ads}\n", `c={"a":{"x":["ads"],"y":["stat","ads"]},"b":["stat"]}`, "GD"},
		{"lists below any member, of which a condition names one", "  cookie: c\n  decode: {json: {array: \"a/*\"}}\n  keys: {statistical: stat, third_party: ads}\n  decided_when: {member: a/x}\n", `c={"a":{"x":[],"y":["stat"]}}`, "GD"},
		{"any word grants, but no", "  cookie: c\n  decode: json\n  granted: \"*\"\n", `c={"stat":false,"ads":"NO"}`, "DD"},
		{"Matomo, and the word false", "  preset: matomo\n  keys: {statistical: mtm_consent}\n", "mtm_consent=false", "D."},
		{"Matomo for cookies alone, too old", "  preset: matomo\n  cookie: mtm_cookie_consent\n  max_age: 6 months\n  keys: {statistical: mtm_cookie_consent}\n", "mtm_cookie_consent=1600000000000", ".."},
		{"opted out in the US, and the rest is too old", "  preset: gpp\n  cookie: __gpp\n  max_age: 6 months\n  keys: {statistical: uspv1.OptOutSale, third_party: tcfeu.1}\n", "__gpp=DBACNY~" + tcfAll + "~1YYN", "DG"},
		{"any word grants, but no, cut off", "  cookie: c\n  decode: json\n  granted: \"*\"\n", `c={"stat":"fals","ads":"Den"}`, "??"},
		{"one of several words is too long", "  preset: complianz\n  keys: {statistical: statistics, third_party: marketing}\n", "cmplz_banner-status=dismissed; cmplz_statistics=allow; cmplz_x=" + strings.Repeat("x", 4097), "G."},
		{"any word grants, and 0 is listed", "  cookie: c\n  decode: json\n  granted: [\"*\", \"0\"]\n", `c={"stat":0,"ads":"off"}`, "GD"},
		{"several separators", "  cookie: c\n  decode: {list: {between: [\",\", \"||\"]}}\n  keys: {statistical: stat, third_party: ads}\n", `c=x||stat,y|ads`, "GD"},
		{"several separators of pairs", "  cookie: c\n  decode: {pairs: {between: [\"&\", \";;\", \",\"], assign: \"=\"}}\n", `c=x='1&stat=0,',ads=0&stat=1`, "GD"},
		{"names of something else", "  cookie: ccc*\n  except: [ccc-*-*, cccx]\n  decode: json\n", `ccc-1-a={}; cccx=?; ccc-1={"stat":true}; ccc={"stat":true}`, "G."},
		{"a choice, and when it was made in one of two places", "  cookie: c\n  decode: json\n  max_age: 1 week\n  date: [{member: a}, {member: b}]\n", `c={"stat":true,"b":"2026-11-01"}`, ".."},
		{"encoded twice", "  cookie: c\n  unwrap: [percent, percent]\n  decode: json\n", "c=" + encoded(encoded(`{"stat":true}`)), "G."},
		{"encoded once more than is declared", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c=" + encoded(encoded(`{"stat":true}`)), "G."},
		{"encoded five times", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c=" + encoded(encoded(encoded(encoded(encoded(`{"stat":true}`))))), "??"},
		{"pairs encoded twice, as a whole", "  cookie: c\n  unwrap: [whole_percent]\n  decode: {pairs: {between: \"&\", assign: \"=\"}}\n", "c=" + encoded(encoded(`stat=1&ads=0`)), "GD"},
		{"pairs encoded in part", "  cookie: c\n  unwrap: [whole_percent]\n  decode: {pairs: {between: \"&\", assign: \"=\"}}\n", "c=x=1%26stat%3D1&ads=0", ".D"},
		{"a word that is encoded once more", "  cookie: c\n  unwrap: [percent]\n  decode: {pairs: {between: \"&\", assign: \"=\"}}\n", "c=" + encoded("ads=0&x="+encoded("&stat=1")), ".D"},
		{"quotes encoded", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c={%22stat%22:true%2C%22ads%22:false}", "GD"},
		{"quotes encoded, and all once more", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c=" + encoded("{%22stat%22:true%2C%22ads%22:false}"), "GD"},
		{"quotes encoded in a string", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", `c={"x":"%22,%22stat%22:true,%22y%22:%22"}`, ".."},
		{"quotes encoded in a string, and all once more", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", "c=" + encoded(`{"x":"%22,%22stat%22:true,%22y%22:%22"}`), ".."},
		{"escapes that no encoder writes", "  cookie: c\n  unwrap: [whole_percent]\n  decode: flag\n  keys: {statistical: c}\n", "c=%79es", "?."},
		{"a preset without its condition", "  preset: onetrust\n  decided_when: []\n  undecided_when: []\n  date: []\n  keys: {statistical: C0002, third_party: C0004}\n", "OptanonConsent=groups=C0002%3A1%2CC0004%3A0&AwaitingReconsent=true", "GD"},
		{"a preset without what denies", "  preset: matomo\n  denied_when: []\n  keys: {statistical: mtm_consent}\n", "mtm_consent=1794000000000; mtm_consent_removed=1", "G."},
		{"a preset without what grants the rest", "  preset: cookiehub\n  granted_when: []\n  keys: {statistical: analytics}\n", cookieHub(`"answered":true`, `"allAllowed":true,"categories":[]`), "D."},
		{"a preset with other words", "  preset: ketch\n  granted: granted\n  undecided: []\n  keys: {statistical: analytics, third_party: ads}\n", "_ketch_consent_v1_=" + inBase64(`{"analytics":{"status":"granted"},"ads":{"status":"denied"}}`), "GD"},
		{"a preset without its wrapping, and exceptions", "  preset: piwik-pro\n  unwrap: []\n  except: []\n  keys: {statistical: analytics}\n", `ppms_privacy_bar_1={"consents":{"analytics":{"status":1}}}`, "G."},
		{"unwrapped where it does not apply", "  cookie: c\n  unwrap: [percent, base64, dquote, {strip: \"()\"}]\n  decode: json\n", `c=({"stat":true})`, "G."},
		{"broken percent", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", `c=%7B%22stat%22:true}%`, "??"},
		{"percent that is none", "  cookie: c\n  unwrap: [percent]\n  decode: json\n", `c={"stat":true,"x":"%20 100%"}`, "G."},
		{"text after the value", "  cookie: c\n  decode: json\n", `c={"stat":true} x`, "??"},
		{"null is no other word", "  cookie: c\n  decode: json\n  granted: \"*\"\n", `c={"stat":null,"ads":1}`, "?G"},
		{"one key cannot be read, and one is not there", "  cookie: c\n  decode: json\n  keys: {stat: [a, b], third_party: [b, a]}\n", `c={"a":7}`, "??"},
		{"a key without a word", "  cookie: c\n  decode: {pairs: {between: \"&\", assign: \"=\"}}\n", "c=stat&ads=1", "?G"},
		{"a string of TCF without its purposes", "  preset: tcf\n  keys: {statistical: 1}\n", "euconsent-v2=CQHAAAAQHA", "?."},
		{"a member twice", "  cookie: c\n  decode: json\n", `c={"stat":true,"stat":false}`, "D."},
		{"4097 bytes", "  cookie: c\n  decode: json\n", `c={"stat":true,"x":"` + strings.Repeat("x", 4096-18) + `"}`, "??"},
		{"4 KiB of brackets", "  cookie: c\n  decode: json\n", "c=" + strings.Repeat("[", 4096), "??"},
		{"4 KiB of members", "  cookie: c\n  decode: json\n", `c={"stat":true` + strings.Repeat(`,"":0`, 800) + `}`, "G."},
		{"too many pairs", "  cookie: c\n  decode: {pairs: {between: \"&\", assign: \"=\"}}\n", "c=stat=1" + strings.Repeat("&", 3000), "??"},
		{"65 cookies, and a refusal", "  cookie: c\n  decode: json\n", `c={"stat":false,"ads":true}; ` + strings.Repeat(`c={"stat":true}; `, 64), "D?"},
		{"65 cookies, and a refusal that nothing has decided", "  preset: complianz\n  keys: {statistical: statistics, third_party: marketing}\n", "cmplz_marketing=deny; " + strings.Repeat("cmplz_x=1; ", 64) + "cmplz_banner-status=dismissed", "?D"},
		{"more than 64 KiB", "  cookie: c\n  decode: json\n", `c={"stat":false,"ads":true}; ` + strings.Repeat(`c={"ads":true,"x":"`+strings.Repeat("x", 4000)+`"}; `, 17), "D?"},
		{"65 cookies", "  cookie: c\n  decode: json\n", strings.Repeat(`c={"stat":true}; `, 65), "??"},
		{"64 cookies", "  cookie: c\n  decode: json\n", strings.Repeat(`c={"stat":true}; `, 64), "G."},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse("policy.yaml", []byte(presetPolicy(row.source)))
			if err != nil {
				t.Fatal(err)
			}
			if got := spoken(t, p, row.line); got != row.want {
				t.Errorf("%.300q says %s, want %s", row.line, got, row.want)
			}
		})
	}
}

// TestDates: what stands for a date, in a choice that is a week old at most (C5).
func TestDates(t *testing.T) {
	t.Parallel()
	p, err := Parse("policy.yaml", []byte(presetPolicy("  cookie: c\n  decode: json\n  max_age: 1 week\n  date: {member: at}\n")))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ date, want string }{
		{"2026-11-17T12:00:00Z", "G."},
		{"2026-11-17T11:59:59Z", ".."},
		{"2026-11-17T13:00:00+01:00", "G."},
		{"2026-11-17T12:59:59+01:00", ".."},
		{"2026-11-17T13:00:00+0100", "G."},
		{"2026-11-17T12:59:59+0100", ".."},
		{"2026-11-17T13:00:00+01", "G."},
		{"2026-11-17T12:59:59+01", ".."},
		{"2026-11-17T12:00Z", "G."},
		{"2026-11-17T11:59Z", ".."},
		{"2026-11-17T13:00+0100", "G."},
		{"2026-11-17T12:59+0100", ".."},
		{"2026-11-17T12:00", "G."},
		{"2026-11-17 11:59", ".."},
		{"2026-11-17T12:00:00,001Z", "G."},
		{"2026-11-17T11:59:59,999+0000", ".."},
		{"2026-11-17 13:00:00 +0100", "G."},
		{"2026-11-17 12:59:59 +0100", ".."},
		{"2026-11-17T13%3A00%3A00%2B0100", "G."},
		{"2026-11-17T12%3A59%3A59%2B0100", ".."},
		{"2026-11-17T12%253A00Z", "G."},
		{"2026-11-17T%31%32:00Z", "??"},
		{"2026-11-17T12:00+010", "??"},
		{"2026-11-17T12Z", "??"},
		{"17/11/2026", "??"},
	} {
		if got := spoken(t, p, `c={"stat":true,"at":"`+row.date+`"}`); got != row.want {
			t.Errorf("C5: %s: says %s, want %s", row.date, got, row.want)
		}
	}
}

// TestSourceErrors: what a declaration must not say is told where it stands (F1).
func TestSourceErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ source, want string }{
		{"  preset: onetrus\n", `3:11: unknown preset "onetrus": expected one of aspnet, axeptio, `},
		{"  preset: onetrust\n", "3:11: expected which keys of the value stand for which categories or services, such as keys: {statistical: …}"},
		{"  preset: onetrust\n  keys: {necessary: C0001}\n", `4:10: "necessary" needs no choice`},
		{"  preset: onetrust\n  keys: {marketing: C0004}\n", `4:10: unknown category or service "marketing" in keys`},
		{"  preset: tcf\n  keys: {statistical: 25}\n", `4:23: key "25" of "statistical": expected a purpose from 1 to 24`},
		{"  preset: tcf\n  keys: {statistical: [1, vendor.0]}\n", `4:27: key "vendor.0" of "statistical": expected a purpose`},
		{"  preset: cookieconsent\n  keys: {statistical: other}\n", `4:23: key "other" of "statistical": expected cookieconsent_status, the name of the cookie`},
		{"  preset: usprivacy\n  keys: {statistical: Notice}\n", `4:23: key "Notice" of "statistical": expected OptOutSale`},
		{"  preset: usprivacy\n  max_age: 6 months\n  date: {member: at}\n  keys: {statistical: OptOutSale}\n", `5:18: no value can have the member "at": the value has no members`},
		{"  cookie: c\n  decode: {json: {array: y, absent: denied}}\n", "4:37: absent goes with member and entries"},
		{"  cookie: c\n  decode: {json: {entries: {array: y, key: id}}}\n", `4:28: expected the key "word" in entries`},
		{"  cookie: c\n  decode: {json: {entries: {array: \"y/*\", key: id, word: id}}}\n", `4:36: expected the path of one array of objects, such as categories, found "y/*"`},
		{"  cookie: c\n  decode: {json: {entries: {array: y, key: id, word: id}}}\n", `4:28: expected two members of each object, found "id" as key and word`},
		{"  cookie: c\n  decode: {pairs: {between: \",\", assign: \":\", absent: granted}}\n", "expected one of undecided, denied"},
		{"  preset: gpp\n  cookie: gpp\n  keys: {statistical: usnat.Version}\n", "expected a field of usnat that tells what the visitor has chosen"},
		{"  preset: gpp\n  cookie: gpp\n  keys: {statistical: usca.TargetedAdvertisingOptOut}\n", "expected a field of usca that tells what the visitor has chosen: SaleOptOut, SharingOptOut, SensitiveDataProcessing.1 to 9, KnownChildSensitiveDataConsents.1 to 2, PersonalDataConsents, Gpc"},
		{"  preset: gpp\n  cookie: gpp\n  keys: {statistical: usky.Gpc}\n", "expected a field of usky that tells what the visitor has chosen: SaleOptOut, "},
		{"  preset: gpp\n  cookie: gpp\n  keys: {statistical: us.PersonalDataConsents}\n", "expected one of us.SaleOptOut, us.SharingOptOut, us.TargetedAdvertisingOptOut, us.Gpc"},
		{"  preset: gpp\n  cookie: gpp\n  keys: {statistical: usny.SaleOptOut}\n", "expected a field of a section: us.… for all of the United States"},
		{"  preset: gpp\n  keys: {statistical: tcfeu.1}\n", "3:11: expected the cookie that the choice is in"},
		{"  decode: json\n", "3:11: expected the cookie that the choice is in"},
		{"  cookie: c\n  decode: flag\n  date: {member: at}\n  keys: {statistical: c}\n", `5:18: no value can have the member "at": the value has no members: name another cookie with cookie, or a part of the own value with unwrap`},
		{"  cookie: c\n  decode: {pairs: {between: \",\", assign: \":\"}}\n  granted_when: {member: all, is: \"1\"}\n", "5:17: granted_when goes with json alone"},
		{"  cookie: c\n  decode: flag\n  denied_when: {member: off}\n  keys: {statistical: c}\n", `5:25: no value can have the member "off": the value has no members`},
		{"  cookie: c\n  decode: {list: {between: \",\"}}\n  date: {member: at}\n", `5:18: no value can have the member "at": the value has no members`},
		{"  cookie: c\n  decode: {list: {level: true}}\n  undecided_when: [{member: at}]\n  keys: {statistical: \"1\"}\n", `5:29: no value can have the member "at": the value has no members`},
		{"  preset: tcf\n  date: {member: lastupdated}\n  keys: {statistical: 1}\n", `4:18: no value can have the member "lastupdated": expected one of version, created, lastUpdated, `},
		{"  preset: tcf\n  version: {member: revision, at_least: 3}\n  keys: {statistical: 1}\n", `4:21: no value can have the member "revision": expected one of version, `},
		{"  preset: gpp\n  cookie: g\n  date: {member: lastUpdated}\n  keys: {statistical: tcfeu.1}\n", `5:18: no value can have the member "lastUpdated": expected one of tcfeu.version, `},
		{"  cookie: c\n  decode: json\n  date: {member: \"a/{key}\"}\n", `5:18: no value can have the member "a/{key}": expected the path of one member`},
		{"  cookie: c\n  decode: json\n  decided_when: {member: \"a/*\"}\n", `5:26: no value can have the member "a/*": expected the path of one member`},
		{"  preset: matomo\n  date: {member: at}\n  keys: {statistical: mtm_consent}\n", `4:18: no value can have the member "at"`},
		{"  cookie: c\n  decode: {list: {between: \",\"}}\n  denied: no\n", "5:11: granted, denied and undecided have no effect here"},
		{"  preset: tcf\n  granted: \"1\"\n  keys: {statistical: 1}\n", "4:12: granted, denied and undecided have no effect here"},
		{"  cookie: c\n  decode: {json: {array: a}}\n  undecided: x\n", "5:14: granted, denied and undecided have no effect here"},
		{"  cookie: c\n  decode: {json: {member: \"{key}\", denied: b}}\n", "expected one of member, entries, array and non_empty in json, and denied only beside array"},
		{"  cookie: c\n  decode: {json: {array: a, denied: \"b/{key}\"}}\n", `expected the path of one array that lists denied keys, such as purposes/disabled, found "b/{key}"`},
		{"  cookie: c\n  decode:\n", `unknown decode ""`},
		{"  cookie: c\n  decode: {json: }\n", "expected keys and values as json, found nothing"},
		{"  cookie: c\n  decode: [json]\n", "expected text as decode, found a list"},
		{"  cookie: c\n  decode: json\n  keys: [a]\n", "expected keys and values as keys, found a list"},
		{"  cookie: c\n  decode: json\n  keys: {stat: {a: b}}\n", "expected a list as the key of stat, found keys and values"},
		{"  cookie: c\n  decode: json\n  date: at\n  version: v\n", "expected keys and values as date"},
		{"  cookie: c\n  decode: json\n  unwrap: percent\n", "expected a list as unwrap"},
		{"  preset: [a]\n", "expected text as preset, found a list"},
		{"  sources: {preset: klaro}\n", "expected a list as sources"},
		{"  cookie: c\n  unwrap: [percent]\n", "4:11: this goes with decode"},
		{"  cookie: c\n  decode: json\n  format: json\n", "5:11: format and timestamp belong to the plain form"},
		{"  cookie: c\n  decode: xml\n", `4:11: unknown decode "xml": expected one of flag, pairs, list, json, bits, opaque`},
		{"  cookie: \"*consent\"\n  decode: json\n", "expected a name, or a beginning of names and \"*\""},
		{"  cookie: c\n  decode: opaque\n", `4:11: the value of "c" cannot be read: have the page write`},
		{"  cookie: c\n  decode: {json: {member: x}}\n", "expected a path with {key} in it as member"},
		{"  cookie: c\n  decode: {json: {array: a//b}}\n", `expected names with "/" between them`},
		{"  cookie: c\n  decode: {json: {array: \"*/a\"}}\n", `expected "*" at the end of the path of an array only`},
		{"  cookie: c\n  decode: {json: {array: [a/*, a/b]}}\n", `"a/*" stands for "a/b" as well`},
		{"  cookie: c\n  decode: {list: {between: [\",\", \"\"]}}\n", "expected at least one character as between"},
		{"  cookie: c\n  decode: json\n  date: []\n", "5:9: expected at least one item in date"},
		{"  cookie: c\n  decode: json\n  decided_when: []\n", "5:17: expected at least one item in decided_when"},
		{"  preset: klaro\n  undecided_when: []\n", "4:19: expected at least one item in undecided_when"},
		{"  preset: klaro\n  decode: []\n", "4:11: expected text as decode, found a list"},
		{"  cookie: c\n  decode: json\n  except: \"\"\n", "expected names of cookies that hold something else as except"},
		{"  cookie: c\n  except: cx\n", "4:11: this goes with decode"},
		{"  cookie: c\n  decode: pairs\n", "expected what stands between pairs"},
		{"  cookie: c\n  decode: {list: {between: \",\", level: true}}\n", "expected either between or level: true"},
		{"  cookie: c\n  decode: {list: {level: true}}\n  keys: {statistical: low}\n", "expected a level, which is a number"},
		{"  cookie: c\n  decode: json\n  unwrap: [{field: 1}]\n", "as a step"},
		{"  cookie: c\n  decode: json\n  granted: [a]\n  denied: [a]\n", `"a" is in more than one of granted, denied and undecided`},
		{"  cookie: c\n  decode: json\n  date: {member: a, cookie: b}\n", "expected either member or cookie in date"},
		{"  cookie: c\n  decode: json\n  decided_when: {is: a}\n", "expected where it stands"},
		{"  cookie: c\n  decode: json\n  decided_when: {member: a, is: b, not: c}\n", "expected at most one of is, not and at_least"},
		{"  cookie: stat_id\n  decode: json\n", `"stat_id" covers the consent cookie`},
		{"  cookie: stat*\n  decode: json\n", `"stat_id" covers the consent cookie`},
		{"  sources: []\n", "expected at least one item in sources"},
		{"  sources:\n    - {cookie: a}\n  cookie: b\n", `unknown key "cookie" in consent with sources`},
	} {
		t.Run(row.source, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("policy.yaml", []byte(presetPolicy(row.source)))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, want %q", err, row.want)
			}
		})
	}
}

// TestNoSourceWarnings: keys of which nobody has to be warned.
func TestNoSourceWarnings(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{
		"us.SaleOptOut", "[us.SaleOptOut, usca.PersonalDataConsents]", "[usca.SaleOptOut, usva.SaleOptOut]",
		"[usnat.SaleOptOut, usca.SaleOptOut]", "[us.SharingOptOut, usnat.SaleOptOut]", "usnat.PersonalDataConsents", "tcfeu.1",
	} {
		source := "  preset: gpp\n  cookie: __gpp\n  keys: {statistical: " + keys + ", third_party: " + keys + "}\n"
		if warnings := objecting(t, source).Warnings.Error(); strings.Contains(warnings, "does not object here") {
			t.Errorf("%s: the warnings are\n%s", keys, warnings)
		}
	}
}

// TestSourceWarnings: what is allowed, but grants nothing.
func TestSourceWarnings(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ source, want string }{
		{"  preset: onetrust\n  keys: {statistical: C0002}\n", `no key stands for category "third_party", so it can never be granted`},
		{"  preset: gpp\n  cookie: __gpp\n  keys: {\"*\": usnat.SaleOptOut}\n", `key "usnat.SaleOptOut" grants nothing`},
		{"  preset: usprivacy\n  keys: {\"*\": OptOutSale}\n", `4:15: key "OptOutSale" grants nothing, since whoever did not opt out has not agreed`},
		{"  preset: ketch\n  keys: {statistical: analytics, objected: chat}\n", `key "analytics" grants nothing`},
		{"  cookie: c\n  decode: json\n  denied: \"no\"\n  keys: {\"*\": all}\n", `key "all" grants nothing`},
		{"  preset: gpp\n  cookie: __gpp\n  keys: {objected: usnat.SaleOptOut}\n", `5:20: who opts out in another section than that of "usnat.SaleOptOut" does not object here: use us.SaleOptOut`},
		{"  preset: gpp\n  cookie: __gpp\n  keys: {objected: [usca.SharingOptOut, usca.Gpc]}\n", `5:41: who opts out in another section than that of "usca.Gpc" does not object here: use us.Gpc`},
		{"  preset: gpp\n  cookie: __gpp\n  keys: {objected: uspv1.OptOutSale}\n", "use us.SaleOptOut"},
		{"  preset: gpp\n  cookie: __gpp\n  keys: {objected: [uspv1.OptOutSale, usnat.SaleOptOut]}\n", `another section than that of "uspv1.OptOutSale"`},
		{"  preset: gpp\n  cookie: __gpp\n  keys: {\"*\": us.SaleOptOut}\n", `key "us.SaleOptOut" grants nothing`},
		{"  preset: klaro\n  max_age: 6 months\n", "max_age has no effect: nothing tells when the choice was made"},
		{"  max_age: 6 months\n  sources:\n    - {preset: klaro}\n    - {preset: opendatasoft}\n", "5:7: max_age has no effect here: nothing tells when"},
		{"  max_age: 6 months\n  sources:\n    - {cookie: a, timestamp: \"\"}\n    - {preset: opendatasoft}\n", "5:7: max_age has no effect here: nothing tells when"},
		{"  preset: klaro\n", `no service lists the consent cookie "klaro"`},
		{"  preset: complianz\n  keys: {\"*\": marketing}\n", `no service lists the consent cookies "cmplz_*"`},
	} {
		text := strings.Replace(presetPolicy(row.source), "services:", "  - {id: objected, consent: objection}\nservices:\n  - {id: chat, category: objected, cookies: [chat_id]}", 1)
		p, err := Parse("policy.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(p.Warnings.Error(), row.want) {
			t.Errorf("%s: the warnings are\n%s, want %q", row.source, p.Warnings.Error(), row.want)
		}
	}
}

// TestConsentPatterns: no rule that needs a choice covers a cookie which passes
// whatever the visitor chooses (Q5).
func TestConsentPatterns(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, necessary, statistical, want string }{
		{"another beginning", "cmplz_*", "cmp_*", ""},
		{"a name", "cmplz_*", "cmplz_uid", `"cmplz_uid" covers the consent cookie "cmplz_*"`},
		{"a longer beginning", "cmplz_*", "cmplz_u*", `"cmplz_u*" covers the consent cookie "cmplz_*"`},
		{"a shorter beginning that something longer beats", "cmplz_*", "cmp*", ""},
		{"a shorter beginning", "other", "cmp*", `"cmp*" covers the consent cookie "cmplz_*"`},
		{"an end", "other", "*_uid", `"*_uid" covers the consent cookie "cmplz_*"`},
		{"an end that something longer beats", "cmplz_*", "*_uid", ""},
		{"an end that is longer", "cmplz_*", "*_visitor_uid", `"*_visitor_uid" covers the consent cookie "cmplz_*"`},
		{"an end that one name beats", "cmplz_my_uid", "*_uid", `"*_uid" covers the consent cookie "cmplz_*"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text := presetPolicy("  preset: complianz\n  keys: {statistical: statistics, third_party: marketing}\n")
			text = strings.Replace(text, "[sessionid]", fmt.Sprintf("[sessionid, %q]", row.necessary), 1)
			text = strings.Replace(text, "[stat_id]", fmt.Sprintf("[stat_id, %q]", row.statistical), 1)
			_, err := Parse("policy.yaml", []byte(text))
			if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
				t.Errorf("the error is %v, want %q", err, row.want)
			}
		})
	}
}

// FuzzSources: whatever is declared, and whatever cookies say, nothing breaks, and
// nothing is granted but by a word or bit that grants (C1, C2, C7).
func FuzzSources(f *testing.F) {
	for name, samples := range presetSamples {
		for _, s := range samples.samples {
			f.Add(presetSource(name), s.line)
		}
	}
	f.Add("  cookie: c\n  decode: {list: {level: true}}\n  keys: {\"*\": \"2\"}\n", "c=2")
	f.Fuzz(func(t *testing.T, source, line string) {
		if strings.Contains(source, "\n  granted:") || strings.Contains(source, "sources") {
			return // of other words
		}
		p, err := Parse("policy.yaml", []byte(presetPolicy(source)))
		if err != nil || p.Sources == nil || len(p.Services) != 3 {
			return
		}
		got := spoken(t, p, line)
		if !strings.Contains(got, "G") {
			return
		}
		// A grant takes a cookie of the source, and whoever leaves that out gets none.
		var others []string
		held := false
		for pair := range strings.SplitSeq(line, ";") {
			name, _, _ := strings.Cut(pair, "=")
			if strings.Contains(pair, "=") && consent.Matches(p.ConsentCookie, strings.Trim(name, " \t")) {
				held = true
			} else {
				others = append(others, pair)
			}
		}
		if !held {
			t.Fatalf("%q grants %s without the consent cookie\n%s", line, got, source)
		}
		if rest := spoken(t, p, strings.Join(others, ";")); strings.Contains(rest, "G") {
			t.Fatalf("%q grants %s by other cookies\n%s", line, rest, source)
		}
		// Twins agree with themselves; one that cannot be read takes every grant back.
		if twins := spoken(t, p, line+"; "+line); twins != got && len(line) < 2000 && strings.Count(line, ";") < 20 {
			t.Fatalf("%q says %s, and twice %s\n%s", line, got, twins, source)
		}
		for i := range p.Services[1:] {
			if speaks := p.Sources.Speak(); speaks.Has(i + 1) {
				continue
			}
			if got[i] != '.' {
				t.Fatalf("%q says %s of a service that no key stands for\n%s", line, fmt.Sprint(got), source)
			}
		}
	})
}
