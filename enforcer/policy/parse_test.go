package policy

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/caddy-consent/caddy-consent/enforcer/consent"
)

// head is lines 1 to 5 of most policies here; what a row adds begins on line 6.
const head = `version: 1
categories:
  - {id: necessary, consent: none}
  - {id: statistical, consent: required}
services:
`

// session is a service that is right.
const session = "  - {id: session, category: necessary, cookies: [sessionid, cookies_preferences]}\n"

var errorRows = []struct {
	name, yaml string
	want       []string // line:column: text, every one, in order
}{
	{"empty file", ``, []string{
		`1:1: the policy is empty: expected at least version, categories and services`,
	}},
	{"comments only", "# nothing\n\n# at all\n", []string{
		`1:1: the policy is empty: expected at least version, categories and services`,
	}},
	{"only the mark of a document", "---\n", []string{
		`2:1: expected keys and values as the policy, found nothing`,
	}},
	{"only white space", " \n\n", []string{
		`1:1: the policy is empty: expected at least version, categories and services`,
	}},
	{"a text", "hello\n", []string{
		`1:1: expected keys and values as the policy, found "hello"`,
	}},
	{"a list", "- version: 1\n", []string{
		`1:1: expected keys and values as the policy, found a list`,
	}},
	{"nothing but an empty mapping", "{}\n", []string{
		`1:1: expected the key "version" in the policy`,
		`1:1: expected the key "categories" in the policy`,
		`1:1: expected the key "services" in the policy`,
	}},
	{"two documents", head + session + "---\nversion: 1\n", []string{
		`7:1: expected one YAML document, found a second one`,
	}},
	{"second document broken", head + session + "---\n{\n", []string{
		`8:1: not valid YAML: did not find expected node content`,
	}},
	{"syntax error", head + "  - {id: session\n    category: x\n", []string{
		`6:10: not valid YAML: did not find expected ',' or '}'`,
	}},
	{"syntax error on the first line", "version: [1\n", []string{
		`1:11: not valid YAML: did not find expected ',' or ']'`,
	}},
	{"tab for indentation", "version: 1\ncategories:\n\t- id: x\n", []string{
		`3:1: not valid YAML: found character that cannot start any token`,
	}},
	{"not UTF-8", "version: 1\nsite: \xff\xfe\n", []string{
		`2:7: not valid YAML: invalid leading UTF-8 octet`,
	}},
	{"control character", "version: 1\nsite: \x01\n", []string{
		`2:7: not valid YAML: control characters are not allowed`,
	}},
	{"unknown alias", head + "  - *nobody\n", []string{
		`6:5: not valid YAML: *nobody is an alias of nothing: put a pattern that begins with "*" in quotes`,
	}},
	{"too large", strings.Repeat("#", MaxBytes+1), []string{
		`1:1: expected a policy of at most 4194304 bytes`,
	}},
	{"too many services", many(consent.MaxServices + 1), []string{
		`518:10: expected at most 512 services: give services that are switched together one entry with all their cookies`,
	}},
	{"everything missing", "site: https://portal.example\n", []string{
		`1:1: expected the key "version" in the policy`,
		`1:1: expected the key "categories" in the policy`,
		`1:1: expected the key "services" in the policy`,
	}},
	{"version of a later time", strings.Replace(head, "1", "2", 1) + session, []string{
		`1:10: expected 1 as version, found the number 2`,
	}},
	{"version in quotes", strings.Replace(head, "1", `"1"`, 1) + session, []string{
		`1:10: expected 1 as version, found "1"`,
	}},
	{"unknown key at the top", head + session + "unlistet: strip\n", []string{
		`7:1: unknown key "unlistet" in the policy: expected one of version, site, language, introduction, consent, updated, unlisted, expire, expire_unlisted, signals, gpc_json, third_parties, allowed_origins, categories, services`,
	}},
	{"unknown keys everywhere", "version: 1\nconsent: {cookies: x}\ncategories:\n  - {id: necessary, consent: none, x: 1}\nservices:\n  - {id: session, category: necessary, y: 1, cookies: [{name: a, z: 1}]}\n", []string{
		`2:11: unknown key "cookies" in consent: expected one of preset, cookie, except, owns, max_age, version, format, timestamp, unwrap, decode, granted, denied, undecided, decided_when, undecided_when, denied_when, granted_when, date, keys`,
		`4:36: unknown key "x" in a category: expected one of id, consent, title, description, exempt_if_anonymized`,
		`6:40: unknown key "y" in a service: expected one of id, key, provider, function, category, purpose, cookies, origins, domain, path, retention, anonymized`,
		`6:66: unknown key "z" in a cookie: expected one of name, domain, path, retention`,
	}},
	{"key that is no text", head + session + "? [a]\n: 1\n", []string{
		`7:3: unknown key (a list) in the policy: expected one of version, site, language, introduction, consent, updated, unlisted, expire, expire_unlisted, signals, gpc_json, third_parties, allowed_origins, categories, services`,
	}},
	{"keys twice", head + session + "unlisted: strip\nunlisted: allow\n", []string{
		`8:1: key "unlisted" stands twice in the policy: it is on line 7 already`,
	}},
	{"key twice in a service", head + "  - id: session\n    id: other\n    category: necessary\n    cookies: [a]\n", []string{
		`7:5: key "id" stands twice in a service: it is on line 6 already`,
	}},
	{"lists that are none", "version: 1\ncategories: {id: x}\nservices: none\n", []string{
		`2:13: expected a list as categories, found keys and values`,
		`3:11: expected a list as services, found "none"`,
	}},
	{"lists that are empty", "version: 1\ncategories: []\nservices:\n  - {id: a, category: x, cookies: []}\n", []string{
		`2:13: expected at least one item in categories`,
		`4:35: expected at least one item in cookies`,
	}},
	{"mappings that are none", "version: 1\nconsent: auto\ncategories: [necessary]\nservices: [[session]]\n", []string{
		`2:10: expected keys and values as consent, found "auto"`,
		`3:14: expected keys and values as a category, found "necessary"`,
		`4:12: expected keys and values as a service, found a list`,
	}},
	{"missing in a category, a service and a cookie", "version: 1\ncategories:\n  - {description: x}\nservices:\n  - {provider: x}\n  - {id: a, category: b, cookies: [{path: /}]}\n", []string{
		`3:5: expected the key "id" in a category`,
		`3:5: expected the key "consent" in a category`,
		`5:5: expected the key "id" in a service`,
		`5:5: expected the key "category" in a service`,
		`5:5: expected the key "cookies" or "origins" in a service`,
		`6:36: expected the key "name" in a cookie`,
	}},
	{"no id in a category nor in a service of another", "version: 1\ncategories:\n  - {id: necessary, consent: none}\n  - {consent: required}\nservices:\n  - {category: necessary, cookies: [a]}\n", []string{
		`4:5: expected the key "id" in a category`,
		`6:5: expected the key "id" in a service`,
	}},
	{"values of other types", head + "  - id: 7\n    provider: [x]\n    function: {a: b}\n    purpose: true\n    category: 1.5\n    anonymized: \"true\"\n    retention: 2\n    cookies: [1, null, 2026-01-01, [a], !x y]\n", []string{
		`6:9: expected text as the id of a service, found the number 7: put it in quotes if it is meant`,
		`7:15: expected text as provider, found a list`,
		`8:16: expected a language such as en, fr or ar as the language of function, found "a"`,
		`9:14: expected text as purpose, found the boolean true: put it in quotes if it is meant`,
		`10:15: expected text as category, found the number 1.5: put it in quotes if it is meant`,
		`11:17: expected true or false as anonymized, found "true"`,
		`12:16: expected text as retention, found the number 2: put it in quotes if it is meant`,
		`13:15: expected text as the name of a cookie, found the number 1: put it in quotes if it is meant`,
		`13:18: expected text as the name of a cookie, found nothing: put it in quotes if it is meant`,
		`13:24: expected text as the name of a cookie, found a value of type !!timestamp: put it in quotes if it is meant`,
		`13:36: expected text as the name of a cookie, found a list`,
		`13:41: expected text as the name of a cookie, found a value of type !x: put it in quotes if it is meant`,
	}},
	{"booleans of YAML 1.1", head + "  - {id: session, category: necessary, anonymized: yes, cookies: [a]}\n", []string{
		`6:52: expected true or false as anonymized, found "yes"`,
	}},
	{"a tag that lies", head + "  - {id: session, category: necessary, anonymized: !!bool maybe, cookies: [a]}\n", []string{
		`6:52: expected true or false as anonymized, found the boolean maybe`,
	}},
	{"site", head + session + "site: data.example\n", []string{
		`7:7: expected an address such as https://data.example.org as site, found "data.example"`,
	}},
	{"site of another scheme", head + session + "site: ftp://data.example\n", []string{
		`7:7: expected an address such as https://data.example.org as site, found "ftp://data.example"`,
	}},
	{"words out of a list", strings.Replace(head, "none", "never", 1) + session + "unlisted: block\nconsent: {format: xml}\n", []string{
		`3:30: unknown consent "never": expected one of none, required, objection`,
		`7:11: unknown unlisted "block": expected one of strip, allow`,
		`8:19: unknown format "xml": expected one of auto, json, pairs, list`,
	}},
	{"bad ids", "version: 1\ncategories:\n  - {id: not good, consent: none}\nservices:\n  - {id: -a, key: \"a=b\", category: not good, cookies: [a]}\n", []string{
		`3:10: expected letters, digits, "_", "." and "-" as the id of a category, found "not good"`,
		`5:10: expected letters, digits, "_", "." and "-" as the id of a service, found "-a"`,
		`5:19: expected letters, digits, "_", "." and "-" as the key of a service, found "a=b"`,
	}},
	{"category twice", "version: 1\ncategories:\n  - {id: necessary, consent: none}\n  - {id: necessary, consent: required}\nservices:\n" + session, []string{
		`4:10: category "necessary" is on line 3 already`,
	}},
	{"service twice", head + session + "  - {id: session, category: necessary, cookies: [other]}\n", []string{
		`7:10: service "session" is on line 6 already`,
	}},
	{"unknown category", head + "  - {id: session, category: statistics, cookies: [a]}\n", []string{
		`6:29: unknown category "statistics": expected one of necessary, statistical`,
	}},
	{"unknown category of the consent cookie", head + "  - {id: preferences, category: necesary, cookies: [cookies_preferences]}\n", []string{
		`6:33: unknown category "necesary": expected one of necessary, statistical`,
	}},
	{"cookie twice in one service", head + "  - {id: session, category: necessary, cookies: [a, b, a]}\n", []string{
		`6:56: cookie "a" is on line 6 already: list it once`,
	}},
	{"cookie twice in two services", head + session + "  - id: other\n    category: statistical\n    cookies:\n      - {name: sessionid, path: /x}\n", []string{
		`10:16: cookie "sessionid" is on line 6 already: list it once`,
	}},
	{"pattern twice", head + "  - {id: ga, category: statistical, cookies: [\"_ga_*\", \"_ga_*\"]}\n", []string{
		`6:56: cookie "_ga_*" is on line 6 already: list it once`,
	}},
	{"short patterns", head + "  - {id: ga, category: statistical, cookies: [\"*\", \"_g*\", \"*a*b*\", \"_ga*\"]}\n", []string{
		`6:47: expected at least 3 characters other than "*" in the pattern "*": name the cookies it stands for`,
		`6:52: expected at least 3 characters other than "*" in the pattern "_g*": name the cookies it stands for`,
		`6:59: expected at least 3 characters other than "*" in the pattern "*a*b*": name the cookies it stands for`,
	}},
	{"patterns equally specific", head + session + "  - {id: ga, category: statistical, cookies: [\"abc*\"]}\n  - {id: at, category: statistical, cookies: [\"*xyz\", \"xyz*\", \"*abc\"]}\n", []string{
		`8:47: pattern "*xyz" and pattern "abc*" on line 7 cover common names and are equally specific: make one of them longer`,
		`8:55: pattern "xyz*" and pattern "*xyz" on line 8 cover common names and are equally specific: make one of them longer`,
		`8:63: pattern "*abc" and pattern "abc*" on line 7 cover common names and are equally specific: make one of them longer`,
		`8:63: pattern "*abc" and pattern "xyz*" on line 8 cover common names and are equally specific: make one of them longer`,
	}},
	{"bad names of cookies", head + "  - {id: ga, category: statistical, cookies: [\"\", \" a\", \"a \", \"a;b\", \"a=b\", \"a\\tb\", \"a b\"]}\n", []string{
		`6:47: expected the name of a cookie, found "": it must not be empty, begin or end with a space, or contain ";", "=" or control characters`,
		`6:51: expected the name of a cookie, found " a": it must not be empty, begin or end with a space, or contain ";", "=" or control characters`,
		`6:57: expected the name of a cookie, found "a ": it must not be empty, begin or end with a space, or contain ";", "=" or control characters`,
		`6:63: expected the name of a cookie, found "a;b": it must not be empty, begin or end with a space, or contain ";", "=" or control characters`,
		`6:70: expected the name of a cookie, found "a=b": it must not be empty, begin or end with a space, or contain ";", "=" or control characters`,
		`6:77: expected the name of a cookie, found "a\tb": it must not be empty, begin or end with a space, or contain ";", "=" or control characters`,
	}},
	{"bad domain and path", head + "  - {id: ga, category: statistical, cookies: [{name: a, domain: localhost, path: x}, {name: b, domain: \"a b.c\", path: \"\"}]}\n", []string{
		`6:65: expected host, site or a domain name as domain, found "localhost"`,
		`6:82: expected a path as in an address, which begins with "/" and has no spaces, ";" and letters beyond ASCII, as path, found "x"`,
		`6:104: expected host, site or a domain name as domain, found "a b.c"`,
		`6:119: expected a path as in an address, which begins with "/" and has no spaces, ";" and letters beyond ASCII, as path, found ""`,
	}},
	{"domains and paths that browsers refuse", head + "  - {id: ga, category: statistical, domain: 127.0.0.1, path: \"/a;b\", cookies: [a, {name: b, domain: co.uk}, {name: c, domain: github.io, path: \"/a b\"}]}\n", []string{
		`6:45: expected host, site or a domain name as domain, found "127.0.0.1"`,
		`6:62: expected a path as in an address, which begins with "/" and has no spaces, ";" and letters beyond ASCII, as path, found "/a;b"`,
		`6:101: browsers keep no cookies for all of "co.uk", a public suffix: expected host, site or the domain of the site`,
		`6:127: browsers keep no cookies for all of "github.io", a public suffix: expected host, site or the domain of the site`,
		`6:144: expected a path as in an address, which begins with "/" and has no spaces, ";" and letters beyond ASCII, as path, found "/a b"`,
	}},
	{"more domains and paths", head + "  - {id: ga, category: statistical, cookies: [{name: a, domain: 256.1.1.1, path: /dé}, {name: b, domain: -.-}, {name: c, domain: -a.org}, {name: d, domain: a-.org}, {name: e, domain: a.b-}, {name: f, domain: a..org}, {name: g, domain: x.0x7f}]}\n", []string{
		`6:65: expected host, site or a domain name as domain, found "256.1.1.1"`,
		`6:82: expected a path as in an address, which begins with "/" and has no spaces, ";" and letters beyond ASCII, as path, found "/dé"`,
		`6:106: expected host, site or a domain name as domain, found "-.-"`,
		`6:130: expected host, site or a domain name as domain, found "-a.org"`,
		`6:157: expected host, site or a domain name as domain, found "a-.org"`,
		`6:184: expected host, site or a domain name as domain, found "a.b-"`,
		`6:209: expected host, site or a domain name as domain, found "a..org"`,
	}},
	{"bad expiry", head + session + "expire: granted\nexpire_unlisted: perhaps\n", []string{
		`7:9: unknown expire "granted": expected one of denied, undecided`,
		`8:18: expected true or false as expire_unlisted, found "perhaps"`,
	}},
	{"unlisted cookies both pass and are deleted", head + session + "expire_unlisted: true\nunlisted: allow\n", []string{
		`7:18: expire_unlisted would delete cookies that unlisted: allow lets pass: remove one of the two`,
	}},
	{"signals for what they cannot deny", head + session + "signals: {gpc: [necessary, statistics], dnt: [statistical]}\n", []string{
		`7:17: category "necessary" needs no consent, so no signal can deny it: remove it here`,
		`7:28: unknown category "statistics": expected one of necessary, statistical`,
		`7:41: unknown key "dnt" in signals: expected one of gpc`,
	}},
	{"signals for exempt services alone", strings.Replace(head, "consent: required}", "consent: required, exempt_if_anonymized: true}", 1) + session + "  - {id: ga, category: statistical, anonymized: true, cookies: [a]}\nsignals: {gpc: [statistical]}\n", []string{
		`8:17: all services of category "statistical" are exempt, so no signal can deny them: remove it here`,
	}},
	{"no signals", head + session + "signals: {gpc: []}\n", []string{
		`7:16: expected at least one item in gpc`,
	}},
	{"gpc_json without the signal", head + session + "gpc_json: true\n", []string{
		`7:11: gpc_json tells visitors that the signal is honoured: list the categories that it denies under signals: gpc:`,
	}},
	{"no day", head + session + "updated: yesterday\n", []string{
		`7:10: expected a day such as 2026-01-31 as updated, found "yesterday"`,
	}},
	{"no day in that month", head + session + "updated: 2026-02-30\n", []string{
		`7:10: expected a day such as 2026-01-31 as updated, found "2026-02-30"`,
	}},
	{"bad version of choices", head + session + "consent: {version: {member: \"\", at_least: latest}}\n", []string{
		`7:29: expected the member of the value that tells the version, found ""`,
		`7:43: expected a version such as 3, 1.10 or 2026-01-31 as at_least, found "latest"`,
	}},
	{"half a version of choices", head + session + "consent: {version: {at_least: 3}}\n", []string{
		`7:20: expected the key "member" in version`,
	}},
	{"version of choices in a list", head + session + "consent: {format: list, version: {member: v, at_least: 3}}\n", []string{
		`7:34: a list has no member that tells its version, so no choice would ever count: remove version, or name another format`,
	}},
	{"version is a category", head + "  - {id: ga, category: statistical, cookies: [a]}\nconsent: {version: {member: statistical, at_least: 3}}\n", []string{
		`7:20: member "statistical" of version is also the timestamp, or the key of a service or category: expected a member of its own`,
	}},
	{"version is the timestamp", head + session + "consent: {version: {member: timestamp, at_least: 3}}\n", []string{
		`7:20: member "timestamp" of version is also the timestamp, or the key of a service or category: expected a member of its own`,
	}},
	{"services and empty categories", strings.Replace(many(consent.MaxServices), "services:", "  - {id: empty, consent: required}\nservices:", 1), []string{
		`5:10: expected at most 512 services and categories without any: remove this one`,
	}},
	{"bad durations", head + "  - {id: a, category: statistical, retention: soon, cookies: [{name: a, retention: 13 mois}, {name: b, retention: 0 days}, {name: c, retention: 101 years}]}\nconsent: {max_age: session}\n", []string{
		`6:47: retention "soon": expected a number and a unit, as in "30 min", "2 weeks", "6 months" or "1 year 1 month", or "session"`,
		`6:84: retention "13 mois": unknown unit "mois": expected a number and a unit, as in "30 min", "2 weeks", "6 months" or "1 year 1 month", or "session"`,
		`6:115: retention "0 days": expected more than nothing, or "session"`,
		`6:145: retention "101 years": expected at most 100 years, or "session"`,
		`7:20: max_age "session": expected a number and a unit, as in "30 min", "2 weeks", "6 months" or "1 year 1 month"`,
	}},
	{"max_age without timestamp", head + session + "consent: {max_age: 6 months, timestamp: \"\"}\n", []string{
		`7:41: max_age needs a timestamp: name the member of the value that tells when the choice was made, or remove max_age`,
	}},
	{"timestamp is a service", head + session + "  - {id: timestamp, category: statistical, cookies: [a]}\n", []string{
		`1:1: timestamp "timestamp" is also the key of a service or category: expected a member of its own`,
	}},
	{"timestamp is a category", head + session + "  - {id: ga, category: statistical, cookies: [a]}\nconsent: {timestamp: statistical}\n", []string{
		`8:22: timestamp "statistical" is also the key of a service or category: expected a member of its own`,
	}},
	{"key is the id of another category", head + session + "  - {id: ga, key: necessary, category: statistical, cookies: [a]}\n", []string{
		`7:19: key "necessary" of service "ga" is the id of another category (line 3): the visitor's choice could not tell them apart`,
	}},
	{"id is the id of another category", head + session + "  - {id: statistical, category: necessary, cookies: [a]}\n", []string{
		`7:10: key "statistical" of service "statistical" is the id of another category (line 4): the visitor's choice could not tell them apart`,
	}},
	{"consent cookie needs consent", head + "  - {id: ga, category: statistical, cookies: [_ga, cookies_preferences]}\n", []string{
		`6:52: "cookies_preferences" covers the consent cookie "cookies_preferences", which passes whatever the visitor chooses: list that cookie in a category with consent: none`,
	}},
	{"consent cookie under a pattern that needs consent", head + "  - {id: ga, category: statistical, cookies: [\"cookies_*\"]}\n", []string{
		`6:47: "cookies_*" covers the consent cookie "cookies_preferences", which passes whatever the visitor chooses: list that cookie in a category with consent: none`,
	}},
	{"consent cookie is a pattern", head + session + "consent: {cookie: \"choice*\"}\n", []string{
		`7:19: expected the name of one cookie as the consent cookie, found the pattern "choice*": only a source with decode may have one`,
	}},
	{"consent cookie is no name", head + session + "consent: {cookie: \"a=b\"}\n", []string{
		`7:19: expected the name of the consent cookie, found "a=b": it must not be empty, begin or end with a space, or contain ";", "=" or control characters`,
	}},
	{"alias", "version: 1\ncategories:\n  - &a {id: necessary, consent: none}\n  - *a\nservices:\n" + session, []string{
		`4:5: a policy has no aliases: write out a category instead of *a`,
	}},
	{"alias for text", head + "  - {id: &a session, category: *a, cookies: [*a]}\n", []string{
		`6:32: a policy has no aliases: write out category instead of *a`,
		`6:46: a policy has no aliases: write out the name of a cookie instead of *a`,
	}},
	{"alias as key", head + "  - {&a id: session, *a : x, category: necessary, cookies: [b]}\n", []string{
		`6:22: unknown key (the alias *a) in a service: expected one of id, key, provider, function, category, purpose, cookies, origins, domain, path, retention, anonymized`,
	}},
	{"merge key", head + session + "<<: {version: 1}\n", []string{
		`7:1: unknown key "<<" in the policy: expected one of version, site, language, introduction, consent, updated, unlisted, expire, expire_unlisted, signals, gpc_json, third_parties, allowed_origins, categories, services`,
	}},
	{"alias cycle", "version: 1\ncategories: &a [*a]\nservices: &b\n  - id: x\n    category: necessary\n    cookies: *b\n", []string{
		`2:17: a policy has no aliases: write out a category instead of *a`,
		`6:14: a policy has no aliases: write out cookies instead of *b`,
	}},
	{"billion laughs", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nversion: 1\ncategories: [*c, *c]\nservices: *c\n", []string{
		`1:1: unknown key "a" in the policy: expected one of version, site, language, introduction, consent, updated, unlisted, expire, expire_unlisted, signals, gpc_json, third_parties, allowed_origins, categories, services`,
		`2:1: unknown key "b" in the policy: expected one of version, site, language, introduction, consent, updated, unlisted, expire, expire_unlisted, signals, gpc_json, third_parties, allowed_origins, categories, services`,
		`3:1: unknown key "c" in the policy: expected one of version, site, language, introduction, consent, updated, unlisted, expire, expire_unlisted, signals, gpc_json, third_parties, allowed_origins, categories, services`,
		`5:14: a policy has no aliases: write out a category instead of *c`,
		`5:18: a policy has no aliases: write out a category instead of *c`,
		`6:11: a policy has no aliases: write out services instead of *c`,
	}},
	{"several at once, sorted", "unlisted: block\nservices:\n  - {id: a, category: nowhere, cookies: [x, x]}\ncategories:\n  - {id: c, consent: maybe}\nversion: 3\n", []string{
		`1:11: unknown unlisted "block": expected one of strip, allow`,
		`3:23: unknown category "nowhere": expected one of c`,
		`3:45: cookie "x" is on line 3 already: list it once`,
		`5:22: unknown consent "maybe": expected one of none, required, objection`,
		`6:10: expected 1 as version, found the number 3`,
	}},
}

// many writes a policy of n services.
func many(n int) string {
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		fmt.Fprintf(&b, "  - {id: s%d, category: statistical, cookies: [c%d]}\n", i, i)
	}
	return b.String()
}

func positions(ps Problems) (lines []string) {
	for _, p := range ps {
		lines = append(lines, fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.Text))
	}
	return lines
}

// F1: every error at once, each with its line and column, what is wrong, and
// what would be right.
func TestParseErrors(t *testing.T) {
	t.Parallel()
	for _, row := range errorRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse("policy.yaml", []byte(row.yaml))
			var problems Problems
			if p != nil || !errors.As(err, &problems) {
				t.Fatalf("F1: Parse = %v, %v, want no policy and problems", p, err)
			}
			if len(row.want) == 0 {
				t.Error("the row expects nothing")
			}
			if got := positions(problems); !slices.Equal(got, row.want) {
				t.Errorf("F1: problems are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
			for i, line := range strings.Split(err.Error(), "\n") {
				if i < len(row.want) && line != "policy.yaml:"+row.want[i] {
					t.Errorf("F1: line %d of the error is %q", i, line)
				}
			}
		})
	}
}

var warningRows = []struct {
	name, yaml string
	want       []string
}{
	{"none", head + session, nil},
	{"consent cookie is listed nowhere", head + "  - {id: session, category: necessary, cookies: [sessionid]}\n", []string{
		`1:1: no service lists the consent cookie "cookies_preferences": it passes all the same, but visitors do not read of it`,
	}},
	{"consent cookie is listed nowhere, named", head + session + "consent:\n  cookie: choice\n", []string{
		`8:11: no service lists the consent cookie "choice": it passes all the same, but visitors do not read of it`,
	}},
	{"anonymized without exemption", head + session + "  - {id: ga, category: statistical, anonymized: true, cookies: [_ga]}\n", []string{
		`7:49: anonymized has no effect: category "statistical" has no exempt_if_anonymized`,
	}},
	{"pattern that reaches for a necessary name", head + session + "  - {id: x, category: statistical, cookies: [\"sess*\"]}\n", []string{
		`7:46: pattern "sess*" also covers "sessionid" on line 6, which needs no consent: the more specific of the two decides; make the pattern longer if it is not meant`,
	}},
	{"pattern that reaches for a necessary pattern", head + session + "  - {id: y, category: necessary, cookies: [\"*_csrf\"]}\n  - {id: x, category: statistical, cookies: [\"xyz*\"]}\n", []string{
		`8:46: pattern "xyz*" also covers "*_csrf" on line 7, which needs no consent: the more specific of the two decides; make the pattern longer if it is not meant`,
	}},
	{"max_age of a list", head + session + "consent: {format: list, max_age: 6 months}\n", []string{
		`7:10: max_age has no effect: a list has no timestamp, so no choice can be aged`,
	}},
	{"several, sorted", "consent: {cookie: choice, format: list, max_age: 1 day}\n" + head + session + "  - {id: x, category: statistical, anonymized: true, cookies: [\"sess*\"]}\n", []string{
		`1:10: max_age has no effect: a list has no timestamp, so no choice can be aged`,
		`1:19: no service lists the consent cookie "choice": it passes all the same, but visitors do not read of it`,
		`8:48: anonymized has no effect: category "statistical" has no exempt_if_anonymized`,
		`8:64: pattern "sess*" also covers "sessionid" on line 7, which needs no consent: the more specific of the two decides; make the pattern longer if it is not meant`,
	}},
}

// What is allowed but most likely not meant is said, and the policy holds.
func TestParseWarnings(t *testing.T) {
	t.Parallel()
	for _, row := range warningRows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse("policy.yaml", []byte(row.yaml))
			if err != nil {
				t.Fatal(err)
			}
			if got := positions(p.Warnings); !slices.Equal(got, row.want) {
				t.Errorf("warnings are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(row.want, "\n"))
			}
		})
	}
}

// The most that is allowed is allowed.
func TestParseLimits(t *testing.T) {
	t.Parallel()
	p, err := Parse("policy.yaml", []byte(many(consent.MaxServices)))
	if err != nil {
		t.Fatal(err)
	}
	last := p.Lookup(fmt.Sprintf("c%d", consent.MaxServices-1))
	if last == nil || last.Service != consent.MaxServices-1 {
		t.Errorf("the last of %d services is not found: %+v", consent.MaxServices, last)
	}
	full := head + session + "#" + strings.Repeat("x", MaxBytes-len(head)-len(session)-1)
	if _, err := Parse("policy.yaml", []byte(full)); err != nil || len(full) != MaxBytes {
		t.Errorf("a policy of %d bytes: %v", len(full), err)
	}
}

// Everything that a policy can say arrives in the snapshot, and what it does
// not say has the documented default.
func TestParseReadsEveryKey(t *testing.T) {
	t.Parallel()
	p, err := Parse("policy.yaml", []byte(`version: 1
site: https://portal.example.org
consent: {cookie: choice, format: json, timestamp: at, max_age: 6 months, version: {member: v, at_least: 1.10}}
updated: 2026-01-31
unlisted: strip
expire: undecided
expire_unlisted: true
signals: {gpc: [stats]}
gpc_json: true
categories:
  - {id: necessary, consent: none, description: Needed}
  - {id: stats, consent: objection, exempt_if_anonymized: true}
services:
  - id: first
    key: other
    provider: P
    function: F
    category: stats
    purpose: Q
    anonymized: false
    domain: .Example.ORG
    path: /p
    retention: 2 weeks
    cookies:
      - plain
      - {name: "own*", domain: site, path: /x, retention: session}
  - {id: choice, category: necessary, cookies: [choice]}
`))
	if err != nil {
		t.Fatal(err)
	}
	weeks := Retention{Text: "2 weeks", Limit: 14 * day}
	if p.Site != "https://portal.example.org" || p.ConsentCookie != "choice" || p.AllowUnlisted ||
		!p.ExpireUndecided || !p.ExpireUnlisted || !p.HonoursGPC || !p.GPCJSON || p.Updated.Format(time.DateOnly) != "2026-01-31" ||
		p.Decoder.Version != "v" || p.Decoder.AtLeast != "1.10" || p.Decoder.Format != consent.JSONFormat || p.Decoder.Timestamp != "at" || p.Decoder.MaxAge != 180*day || len(p.Warnings) != 0 {
		t.Errorf("the head of the policy is wrong: %+v", p)
	}
	if want := (Category{ID: "necessary", Consent: None, Description: Text{"": "Needed"}}); !reflect.DeepEqual(p.Categories[0], want) {
		t.Errorf("category %+v, want %+v", p.Categories[0], want)
	}
	if want := (Service{ID: "first", Key: "other", Category: 1, Provider: Text{"": "P"}, Function: Text{"": "F"}, Purpose: Text{"": "Q"}, Domain: "example.org", Path: "/p", Retention: weeks}); !reflect.DeepEqual(p.Services[0], want) {
		t.Errorf("service %+v, want %+v", p.Services[0], want)
	}
	if p.Services[1].Key != "choice" {
		t.Errorf("the default key is %q, want the id", p.Services[1].Key)
	}
	if got, want := *p.Lookup("plain"), (Rule{Name: "plain", Domain: "example.org", Path: "/p", Retention: weeks, Line: 25, Column: 9}); got != want {
		t.Errorf("rule %+v, want %+v", got, want)
	}
	if got, want := *p.Lookup("own1"), (Rule{Name: "own*", Domain: "site", Path: "/x", Retention: Retention{Text: "session", Session: true}, Line: 26, Column: 16}); got != want {
		t.Errorf("rule %+v, want %+v", got, want)
	}
	if _, ok := p.Decoder.Keys["first"]; ok || p.Decoder.Keys["other"] != p.Decoder.Keys["stats"] {
		t.Errorf("C3: keys are %v", p.Decoder.Keys)
	}

	q, err := Parse("policy.yaml", []byte(head+session))
	if err != nil {
		t.Fatal(err)
	}
	if q.ConsentCookie != "cookies_preferences" || q.AllowUnlisted || q.Decoder.Format != consent.AutoFormat || q.Decoder.Timestamp != "timestamp" || q.Decoder.MaxAge != 0 ||
		q.ExpireUndecided || q.ExpireUnlisted || q.HonoursGPC || q.GPCJSON || !q.Updated.IsZero() || q.Decoder.Version != "" {
		t.Errorf("Q6: the defaults are wrong: %+v", q)
	}
}

var durationRows = []struct {
	text string
	want time.Duration // zero: refused
}{
	{"30 min", 30 * time.Minute}, {"1 second", time.Second}, {"2 seconds", 2 * time.Second}, {"5 sec", 5 * time.Second},
	{"1 minute", time.Minute}, {"90 Minutes", 90 * time.Minute}, {"1 hour", time.Hour}, {"24 hours", day}, {"1 h", time.Hour},
	{"1 day", day}, {"7 DAYS", 7 * day}, {"2 weeks", 14 * day}, {"6 months", 180 * day}, {"13 months", 390 * day},
	{"1 year", 365 * day}, {"1 year 1 month 4 days", 399 * day}, {" 1 \t year ", 365 * day}, {"0 days 1 s", time.Second},
	{"100 years", 36500 * day}, {"01 day", day},
	{"", 0}, {"   ", 0}, {"6", 0}, {"months", 0}, {"months 6", 0}, {"6months", 0}, {"6 moons", 0}, {"13 mois", 0},
	{"-1 day", 0}, {"+1 day", 0}, {"1.5 days", 0}, {"1e3 days", 0}, {"0x1 day", 0}, {"1 day 2", 0}, {"0 days", 0},
	{"101 years", 0}, {"100 years 1 second", 0}, {"2147483647 years", 0}, {"9999999999999999999999 s", 0},
	{"2147483647 seconds", 2147483647 * time.Second}, {"2 weeks by default", 0}, {"session", 0}, {"1 day, 2 hours", 0},
}

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for _, row := range durationRows {
		got, err := parseDuration(row.text)
		if (err != nil) != (row.want == 0) || err == nil && got != row.want {
			t.Errorf("F1: parseDuration(%q) = %v, %v, want %v", row.text, got, err, row.want)
		}
		retention, err := parseRetention(row.text)
		if row.text != "session" && ((err != nil) != (row.want == 0) || retention.Limit != row.want || retention.Session) {
			t.Errorf("F1: parseRetention(%q) = %+v, %v, want %v", row.text, retention, err, row.want)
		}
	}
	for _, text := range []string{"session", "Session"} {
		if got, err := parseRetention(text); err != nil || got != (Retention{Text: text, Session: true}) {
			t.Errorf("F1: parseRetention(%q) = %+v, %v", text, got, err)
		}
	}
}

// The policy that is shipped holds, warns of nothing, and names the cookies of
// the portal.
func TestShippedPolicy(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse("policy.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Warnings) != 0 {
		t.Errorf("the shipped policy warns of\n%v", p.Warnings)
	}
	if p.Site != "https://data.ajman.ae" || p.ConsentCookie != "cookies_preferences" || p.AllowUnlisted || p.Decoder.MaxAge != 180*day {
		t.Errorf("Q6, C5: the head of the policy is wrong: %+v", p)
	}
	free := p.Permitted(&consent.Choice{})
	for name, want := range map[string]string{
		"sessionid": "session necessary", "django_language": "language necessary", "csrftoken": "csrf necessary",
		"cookies_preferences": "preferences necessary",
		"mtm_consent_removed": "refusals necessary", "matomo_ignore": "refusals necessary", "_pprv": "refusals necessary", "pa_privacy": "refusals necessary",
		"_ga": "ga statistical", "_ga_0A1B2C": "ga statistical", "_gid": "ga statistical", "_gat": "ga statistical", "_gat_UA1": "ga statistical", "_gac_1": "ga statistical", "__utma": "ga statistical",
		"_pk_id.1.0a1b": "matomo statistical", "_pk_ses.1.0a1b": "matomo statistical", "_pk_ref.1.0a1b": "matomo statistical", "_pk_cvar.1.0a1b": "matomo statistical", "_pk_hsr.1.0a1b": "matomo statistical", "_pk_testcookie.1": "matomo statistical", "_pk_testcookie": "matomo statistical",
		"atuserid": "at statistical", "atidvisitor": "at statistical", "atauthority": "at statistical",
		"_pcid": "piano statistical", "_pctx": "piano statistical", "pa_user": "piano statistical", "pa_vid": "piano statistical", "pa_uid": "piano statistical",
		"_hjSessionUser_1": "hotjar first_party", "_hjSession_1": "hotjar first_party", "_hjid": "hotjar first_party",
		"_hstc": "hubspot first_party", "__hstc": "hubspot first_party", "hubspotutk": "hubspot first_party",
		// Look-alikes, other cases, and what nobody has promised.
		"cookies_preferences_set": "", "user_cookies_preferences": "", "SESSIONID": "", "_GA": "", "_ga.1": "", "_gax": "", "_pk_id": "", "_pk_id1": "", "messages": "", "": "", "*": "", "_ga_*x": "ga statistical",
	} {
		rule := p.Lookup(name)
		if rule == nil {
			if want != "" {
				t.Errorf("Q4: no rule for %q, want %s", name, want)
			}
			continue
		}
		service := p.Services[rule.Service]
		category := p.Categories[service.Category]
		if got := service.ID + " " + category.ID; got != want {
			t.Errorf("Q4: %q is of %s, want %q", name, got, want)
		}
		if free.Has(rule.Service) != (category.ID == "necessary") {
			t.Errorf("C7: without a choice, %q passes: %v", name, free.Has(rule.Service))
		}
		if rule.Retention.Limit == 0 {
			t.Errorf("S4: %q has no retention", name)
		}
	}
	if limit := p.Lookup("sessionid").Retention.Limit; limit != 14*day {
		t.Errorf("S4: sessionid lives for %v, want 2 weeks", limit)
	}
}

// FuzzParse: no panic; a policy or an error, never both or neither; every
// problem and warning says where, in order (F1).
func FuzzParse(f *testing.F) {
	for _, row := range errorRows {
		if len(row.yaml) < 4096 { // long ones only slow the search
			f.Add([]byte(row.yaml))
		}
	}
	for _, row := range warningRows {
		f.Add([]byte(row.yaml))
	}
	shipped, err := os.ReadFile("../../policy.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Parse("f", data)
		if (p == nil) == (err == nil) {
			t.Fatalf("F1: Parse = %v, %v", p, err)
		}
		var problems Problems
		if err != nil && (!errors.As(err, &problems) || len(problems) == 0) {
			t.Fatalf("F1: the error %v is not a list of problems", err)
		}
		if p != nil {
			problems = p.Warnings
			if rule := p.Lookup(p.ConsentCookie); rule != nil && p.Categories[p.Services[rule.Service].Category].Consent != None &&
				!p.Services[rule.Service].Anonymized {
				t.Fatalf("Q5: the consent cookie falls under %+v, which needs consent", rule)
			}
			p.Lookup(string(data))
		}
		for i, q := range problems {
			if q.Line < 1 || q.Column < 1 || q.Text == "" || q.File != "f" {
				t.Fatalf("F1: problem %+v does not say where, or what", q)
			}
			if i > 0 && (q.Line < problems[i-1].Line || q.Line == problems[i-1].Line && q.Column < problems[i-1].Column) {
				t.Fatalf("F1: %v stands after %v", q, problems[i-1])
			}
		}
	})
}
