// Makes gpp.tsv and tcf.tsv, which are checked in, with the IAB's own libraries:
//
//	npm install --prefix DIR @iabgpp/cmpapi@3.2.0 @iabtcf/core@1.5.6
//	cp vectors.mjs DIR && node DIR/vectors.mjs gpp > gpp.tsv && node DIR/vectors.mjs tcf > tcf.tsv
//
// A line is a name, a string, and what keys say: G granted, D denied and "?" undecodable.
// The others are undecided. What the library is told to write is what is expected.
import { GVL, TCModel, TCString } from "@iabtcf/core";
import { GppModel, Sections } from "@iabgpp/cmpapi";

const optOuts = ["SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"];
const consents = ["KnownChildSensitiveDataConsents", "PersonalDataConsents", "AdditionalDataProcessingConsent"];
const sensitive = "SensitiveDataProcessing";
const asOptOut = ["usnat", "usca", "usut", "usia"]; // whose sensitive data one opts out of

const lines = [];
const line = (name, string, said) => {
  const decided = Object.entries(said).filter(([, state]) => state !== ".");
  lines.push([name, string, decided.map((s) => s.join("=")).join(" ")].join("\t"));
};

// write sets each field that tells of a choice to what pick says, and returns what its
// keys say then.
function write(model, section, pick, version) {
  const said = {};
  if (version) {
    model.setFieldValue(section, "Version", version);
  } else {
    model.setFieldValue(section, "SaleOptOut", 0); // for the section to be there
  }
  const tell = (key, value, isConsent) => (said[`${section}.${key}`] = value === 1 ? "D" : value === 2 && isConsent ? "G" : ".");
  let n = 0;
  for (const field of [...optOuts, sensitive, ...consents]) {
    if (!model.hasField(section, field)) {
      continue;
    }
    const isConsent = consents.includes(field) || (field === sensitive && !asOptOut.includes(section));
    const old = model.getFieldValue(section, field);
    if (Array.isArray(old)) {
      const values = old.map(() => pick(n++));
      model.setFieldValue(section, field, values);
      values.forEach((value, i) => tell(`${field}.${i + 1}`, value, isConsent));
    } else {
      const value = pick(n++);
      model.setFieldValue(section, field, value);
      tell(field, value, isConsent);
    }
  }
  for (const field of [...optOuts, "Gpc"]) {
    said[`us.${field}`] = said[`${section}.${field}`] ?? ".";
  }
  return said;
}

function signal(model, section, said, isSent) {
  if (!model.hasField(section, "Gpc")) {
    return false;
  }
  model.setFieldValue(section, "GpcSegmentIncluded", true);
  model.setFieldValue(section, "Gpc", isSent);
  said[`${section}.Gpc`] = ".";
  if (isSent) {
    for (const field of [...optOuts, "Gpc"]) {
      said[`us.${field}`] = "D";
      if (`${section}.${field}` in said) {
        said[`${section}.${field}`] = "D";
      }
    }
  }
  return true;
}

function gpp() {
  const names = Sections.SECTION_ORDER.filter((name) => /^us(nat|..)$/.test(name));
  for (const section of ["usnat 1", ...names]) {
    const [name, version] = section.split(" ");
    const make = (what, pick) => {
      const model = new GppModel();
      const said = write(model, name, pick, Number(version));
      line(`${section}: ${what}`, model.encode(), said);
    };
    make("opted out of sale alone", (n) => (n === 0 ? 1 : 2));
    make("opted out of everything", () => 1);
    make("did not opt out", () => 2);
    make("does not apply", () => 0);
    make("one of each", (n) => (n + 1) % 3);
    for (const isSent of [true, false]) {
      const model = new GppModel();
      const said = write(model, name, () => 2, Number(version));
      if (signal(model, name, said, isSent)) {
        line(`${section}: ${isSent ? "the" : "no"} signal`, model.encode(), said);
      }
    }
    if (name !== "usnat") {
      const model = new GppModel();
      const own = write(model, name, (n) => (n === 0 ? 1 : 2));
      const nation = write(model, "usnat", () => 2);
      if (model.hasField(name, "Gpc")) {
        model.setFieldValue(name, "GpcSegmentIncluded", false);
      }
      line(`${section}: opted out here, and not in usnat`, model.encode(), { ...nation, ...own });
    }
  }
  const all = new GppModel();
  const said = {};
  names.forEach((name) => Object.assign(said, write(all, name, () => 2)));
  line("all sections: did not opt out", all.encode(), said);
  Object.assign(said, write(all, names.at(-1), () => 1));
  line("all sections: opted out in the last", all.encode(), said);
  const old = new GppModel();
  old.setFieldValue("uspv1", "OptOutSale", "Y");
  const california = write(old, "usca", () => 2);
  line("uspv1: opted out here, and not in usca", old.encode(), { ...california, "uspv1.OptOutSale": "D", "us.SaleOptOut": "D" });
  captured();
}

// captured are strings such as a portal of California writes: it gave notice of everything,
// and has signed no agreement.
function captured() {
  for (const [what, value, state] of [["opted out", 1, "D"], ["did not opt out", 2, "."]]) {
    const model = new GppModel();
    for (const field of ["SaleOptOutNotice", "SharingOptOutNotice", "SensitiveDataLimitUseNotice"]) {
      model.setFieldValue("usca", field, 1);
    }
    model.setFieldValue("usca", "SaleOptOut", value);
    model.setFieldValue("usca", "SharingOptOut", value);
    model.setFieldValue("usca", "MspaCoveredTransaction", 2);
    const said = Object.fromEntries(["SaleOptOut", "SharingOptOut"].flatMap((field) => [[`usca.${field}`, state], [`us.${field}`, state]]));
    line(`usca: notice was given, and the visitor ${what}`, model.encode(), said);
  }
}

const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);
const before = new Date("2026-02-28T00:00:00Z");
const after = new Date("2026-03-01T00:00:00Z");

const named = (n) => Object.fromEntries(upTo(n).map((id) => [id, { id, name: `${id}` }]));
const vendor = (id) => ({
  id, name: `${id}`, purposes: [1, 7], legIntPurposes: [], flexiblePurposes: [], specialPurposes: [], features: [], specialFeatures: [],
});

function modelOf(ids) {
  const model = new TCModel(new GVL({
    gvlSpecificationVersion: 3, vendorListVersion: 150, tcfPolicyVersion: 5, lastUpdated: "2026-01-01T00:00:00Z",
    purposes: named(11), specialPurposes: {}, features: {}, specialFeatures: {}, stacks: {},
    vendors: Object.fromEntries(ids.map((id) => [id, vendor(id)])),
  }));
  model.cmpId = 300;
  model.cmpVersion = 1;
  return model;
}

// tcString is a string of purposes 1 and 7 and some vendors, with some segments.
function tcString(date, granted, disclosed, segments) {
  const model = modelOf(granted);
  model.isServiceSpecific = true;
  model.purposeConsents.set([1, 7]);
  model.vendorConsents.set(granted);
  model.publisherConsents.set([1]);
  model.numCustomPurposes = 2;
  model.created = date;
  model.lastUpdated = date;
  const [core, publisherTC] = TCString.encode(model, { segments: ["core", "publisherTC"] }).split(".");
  // The library discloses all vendors that are on the list, so that is another one.
  const [, vendorsDisclosed] = TCString.encode(modelOf(disclosed), { segments: ["core", "vendorsDisclosed"] }).split(".");
  const parts = { core, publisherTC, vendorsDisclosed };
  return segments.map((segment) => parts[segment]).join(".");
}

function tcf() {
  const make = (name, said, ...how) => line(name, tcString(...how), said);
  const yes = { 1: "G", 7: "G", 3: "D", "vendor.11": "G", "vendor.755": "G", "vendor.12": "D" };
  const core = "core", told = "vendorsDisclosed", publisher = "publisherTC";
  const few = [11, 755], many = upTo(900).filter((id) => id % 2), runs = [...upTo(400), 755];
  const noSeven = { ...yes, "vendor.755": "D" };
  const none = { ...yes, 1: "?", 7: "?", "vendor.11": "?", "vendor.755": "?" };
  make("told of both", yes, after, few, few, [core, told]);
  make("told of both, and more segments", yes, after, few, few, [core, told, publisher]);
  make("told of both, in another order", yes, after, few, few, [core, publisher, told]);
  make("told of both, before it had to be said", yes, before, few, few, [core, told]);
  make("told of every other vendor, as bits", yes, after, few, many, [core, told]);
  make("told of runs of vendors, as ranges", yes, after, few, runs, [core, told]);
  make("told of one", noSeven, after, few, [11, 12], [core, told]);
  make("told of one, before it had to be said", noSeven, before, few, [11, 12], [core, told]);
  make("told of one, and of more before", noSeven, after, few, upTo(754), [core, told]);
  make("told of none", { ...noSeven, "vendor.11": "D" }, after, few, [], [core, told]);
  make("told, and not agreed", { ...yes, "vendor.11": "D" }, after, [755], few, [core, told]);
  make("told of nobody knows whom, before it had to be said", yes, before, few, few, [core]);
  make("told of nobody knows whom", none, after, few, few, [core]);
  make("told of nobody knows whom, and another segment", none, after, few, few, [core, publisher]);
}

({ gpp, tcf })[process.argv[2]]();
process.stdout.write(lines.join("\n") + "\n");
