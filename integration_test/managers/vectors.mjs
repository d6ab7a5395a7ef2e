// Makes consent strings with the IAB's own libraries, and tells what they read in
// them: node vectors.mjs tcf|gpp SEED COUNT NOW VENDOR,VENDOR,...
// One JSON object a line. The same arguments give the same lines.
import { GVL, TCModel, TCString } from "@iabtcf/core";
import { GppModel, RangeEntry, Sections } from "@iabgpp/cmpapi";

const [kind, seed, count, now, asked] = process.argv.slice(2);
const vendorsAsked = asked.split(",").map(Number);

// mulberry32: Math.random takes no seed.
let state = Number(seed) >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let x = state;
  x = Math.imul(x ^ (x >>> 15), x | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return ((x ^ (x >>> 14)) >>> 0) / 0x100000000;
};
const below = (n) => Math.floor(random() * n);
const chance = (p) => random() < p;
const oneOf = (list) => list[below(list.length)];
const upTo = (n) => Array.from({ length: n }, (_, i) => i + 1);
const some = (list) => {
  const p = oneOf([0, 0.1, 0.5, 0.9, 1]);
  return list.filter(() => chance(p));
};
const letter = () => String.fromCharCode(65 + below(26));
// Around whatever age a policy may ask for; the formats keep tenths of a second.
const date = () => new Date(Number(now) - below(900 * 864e5) + 30 * 864e5);

// vendorIds are of one of the shapes for which the strings have different encodings.
function vendorIds() {
  const most = oneOf([64, 64, 1200, 1200, 1200, 65535]); // the libraries are slow where ids are large
  const ids = new Set();
  switch (below(3)) {
    case 0: // dense: a bit field
      some(upTo(Math.min(most, 400))).forEach((id) => ids.add(id));
      break;
    case 1: // anywhere: single entries
      upTo(below(60)).forEach(() => ids.add(1 + below(most)));
      break;
    default: // runs
      upTo(1 + below(8)).forEach(() => {
        const start = below(most);
        upTo(below(30)).forEach((i) => ids.add(start + i));
      });
  }
  some(vendorsAsked).forEach((id) => ids.add(id));
  return [...ids].filter((id) => id <= most).sort((a, b) => a - b);
}

function vendorList() {
  const vendors = {};
  for (const id of vendorIds()) {
    vendors[id] = {
      id,
      name: `vendor ${id}`,
      // Of a vendor without purposes the library drops the consent.
      purposes: chance(0.95) ? [1, 2 + below(10)] : [],
      legIntPurposes: chance(0.5) ? [7, 8] : [],
      flexiblePurposes: chance(0.5) ? [2, 7] : [],
      specialPurposes: [],
      features: [],
      specialFeatures: [],
    };
  }
  const named = (n) => Object.fromEntries(upTo(n).map((id) => [id, { id, name: `${id}` }]));
  return new GVL({
    gvlSpecificationVersion: 3,
    vendorListVersion: 1 + below(4095),
    tcfPolicyVersion: 2 + below(4),
    lastUpdated: "2026-01-01T00:00:00Z",
    purposes: named(11),
    specialPurposes: {},
    features: {},
    specialFeatures: {},
    stacks: {},
    vendors,
  });
}

function tcf() {
  const gvl = vendorList();
  const ids = Object.keys(gvl.vendors).map(Number);
  const model = new TCModel(gvl);
  model.cmpId = 2 + below(4094);
  model.cmpVersion = below(4096);
  model.consentScreen = below(64);
  model.isServiceSpecific = chance(0.5);
  model.useNonStandardStacks = chance(0.5);
  model.purposeOneTreatment = chance(0.3);
  model.publisherCountryCode = letter() + letter();
  model.created = date();
  model.lastUpdated = date();
  model.specialFeatureOptins.set(some(upTo(12)));
  model.purposeConsents.set(some(upTo(24)));
  model.purposeLegitimateInterests.set(some(upTo(24)));
  model.vendorConsents.set(some(ids));
  model.vendorLegitimateInterests.set(some(ids));
  model.vendorsAllowed.set(some(ids));
  model.publisherConsents.set(some(upTo(24)));
  model.publisherLegitimateInterests.set(some(upTo(24)));
  model.numCustomPurposes = below(64);
  model.publisherCustomConsents.set(some(upTo(model.numCustomPurposes)));
  model.publisherCustomLegitimateInterests.set(some(upTo(model.numCustomPurposes)));
  restrict(model, ids);
  const string = encoded(model);
  const read = TCString.decode(string);
  for (const field of ["specialFeatureOptins", "purposeConsents"]) {
    if (`${members(read[field])}` !== `${members(model[field])}`) {
      throw new Error(`${string}: ${field} is not what was encoded`);
    }
  }
  const vector = {
    string,
    purposes: members(read.purposeConsents),
    special_features: members(read.specialFeatureOptins),
    vendors: vendorsAsked.filter((id) => read.vendorConsents.has(id)),
    policy_version: read.policyVersion,
    updated: read.lastUpdated.getTime(),
  };
  return disclosing(vector, string, read.created, new Set(members(read.vendorsDisclosed)));
}

// disclosing is what TCF 2.3 leaves of a vector: only vendors that the visitor was told
// of, and nothing where the segment is missing since March 2026.
function disclosing(vector, string, created, disclosed) {
  const isSegment = (text) => /^[I-P]/.test(text); // of the type 1
  if (string.split(".").slice(1).some(isSegment)) {
    return { ...vector, vendors: vector.vendors.filter((id) => disclosed.has(id)) };
  }
  const isNew = Math.max(created.getTime(), vector.updated) >= Date.UTC(2026, 2, 1);
  return isNew ? { ...vector, purposes: [], special_features: [], vendors: [] } : vector;
}

const members = (vector) => [...vector.values()].sort((a, b) => a - b);

// restrict adds restrictions of the publisher's, in the shape of a class that the
// library does not export. The library reads one that spans many ids very slowly.
function restrict(model, ids) {
  const near = ids.filter((id) => id < 300);
  for (let n = chance(0.4) ? 1 + below(4) : 0; n > 0; n--) {
    const purposeId = 2 + below(10);
    const restrictionType = below(3);
    const hash = `${purposeId}-${restrictionType}`;
    some(near).forEach((id) => model.publisherRestrictions.add(id, { purposeId, restrictionType, hash }));
  }
}

// encoded has what other encoders make as well: any selection of segments after the
// core, and no padding to 24 bits.
function encoded(model) {
  const options = oneOf([
    undefined,
    { isForVendors: true },
    { segments: ["core"] },
    { segments: ["core", ...some(["vendorsDisclosed", "vendorsAllowed", "publisherTC"])] },
  ]);
  const string = TCString.encode(model, options);
  if (chance(0.5)) {
    return string;
  }
  const [core, ...others] = string.split(".");
  const read = TCString.decode(core);
  const bits = 213 + read.vendorConsents.bitLength + read.vendorLegitimateInterests.bitLength + read.publisherRestrictions.bitLength;
  return [core.slice(0, Math.ceil(bits / 6)), ...others].join(".");
}

const states = Sections.SECTION_ORDER.filter((name) => /^us..$/.test(name));
const optOuts = ["SaleOptOut", "SharingOptOut", "TargetedAdvertisingOptOut"];
const lists = ["SensitiveDataProcessing", "KnownChildSensitiveDataConsents"];

function gpp() {
  const model = new GppModel();
  for (const name of some(states)) {
    model.setFieldValue(name, "SaleOptOut", below(3));
    const set = (field, value) => model.hasField(name, field) && model.setFieldValue(name, field, value);
    optOuts.forEach((field) => set(field, below(3)));
    set("GpcSegmentIncluded", chance(0.5));
    set("Gpc", chance(0.1));
  }
  if (chance(0.2)) {
    model.setFieldValue("tcfcav1", "PurposesExpressConsent", flags(24));
    model.setFieldValue("tcfcav1", "Created", date());
    model.setFieldValue("tcfcav1", "LastUpdated", date());
  }
  if (chance(0.5)) {
    usnat(model);
  }
  if (chance(0.5)) {
    for (const field of ["Notice", "OptOutSale", "LspaCovered"]) {
      model.setFieldValue("uspv1", field, oneOf(["Y", "N", "-"]));
    }
  }
  if (chance(0.5)) {
    tcfeu(model);
  }
  const string = model.encode();
  const read = new GppModel(string);
  const vector = { string, us: {} };
  for (const name of ["usnat", ...states].filter((name) => read.hasSection(name))) {
    const section = (vector.us[name] = {});
    for (const field of [...optOuts, "PersonalDataConsents", ...lists].filter((field) => read.hasField(name, field))) {
      const value = read.getFieldValue(name, field);
      [value].flat().forEach((v, i) => (section[Array.isArray(value) ? `${field}.${i + 1}` : field] = v));
    }
    const hasGpc = read.hasField(name, "Gpc") && read.getFieldValue(name, "GpcSegmentIncluded");
    section.Gpc = hasGpc && read.getFieldValue(name, "Gpc") ? 1 : 0;
  }
  if (read.hasSection("uspv1")) {
    vector.uspv1 = read.getFieldValue("uspv1", "OptOutSale");
  }
  if (read.hasSection("tcfeuv2")) {
    const set = (field) => read.getFieldValue("tcfeuv2", field).flatMap((on, i) => (on ? [i + 1] : []));
    const vendors = new Set(read.getFieldValue("tcfeuv2", "VendorConsents"));
    const said = {
      purposes: set("PurposeConsents"),
      special_features: set("SpecialFeatureOptins"),
      vendors: vendorsAsked.filter((id) => vendors.has(id)),
      policy_version: read.getFieldValue("tcfeuv2", "PolicyVersion"),
      updated: read.getFieldValue("tcfeuv2", "LastUpdated").getTime(),
    };
    const disclosed = new Set(read.getFieldValue("tcfeuv2", "VendorsDisclosed"));
    vector.tcfeu = disclosing(said, read.encodeSection("tcfeuv2"), read.getFieldValue("tcfeuv2", "Created"), disclosed);
  }
  return vector;
}

const flags = (n) => {
  const on = new Set(some(upTo(n)));
  return upTo(n).map((i) => on.has(i));
};

function usnat(model) {
  const version = oneOf([1, 2]);
  const set = (field, value) => model.setFieldValue("usnat", field, value);
  set("Version", version);
  for (const field of [
    "SharingNotice", "SaleOptOutNotice", "SharingOptOutNotice", "TargetedAdvertisingOptOutNotice",
    "SensitiveDataProcessingOptOutNotice", "SensitiveDataLimitUseNotice", "PersonalDataConsents",
    "MspaOptOutOptionMode", "MspaServiceProviderMode", ...optOuts,
  ]) {
    set(field, below(3));
  }
  set("SensitiveDataProcessing", upTo(version === 1 ? 12 : 16).map(() => below(3)));
  set("KnownChildSensitiveDataConsents", upTo(version === 1 ? 2 : 3).map(() => below(3)));
  set("MspaCoveredTransaction", 1 + below(2));
  set("GpcSegmentIncluded", chance(0.5));
  set("Gpc", chance(0.5));
}

function tcfeu(model) {
  const ids = vendorIds();
  const set = (field, value) => model.setFieldValue("tcfeuv2", field, value);
  set("CmpId", below(4096));
  set("CmpVersion", below(4096));
  set("ConsentScreen", below(64));
  set("ConsentLanguage", letter() + letter());
  set("VendorListVersion", below(4096));
  set("PolicyVersion", 2 + below(4));
  set("UseNonStandardStacks", chance(0.5));
  set("SpecialFeatureOptins", flags(12));
  set("PurposeConsents", flags(24));
  set("PurposeLegitimateInterests", flags(24));
  set("PurposeOneTreatment", chance(0.3));
  set("PublisherCountryCode", letter() + letter());
  set("VendorConsents", some(ids));
  set("VendorLegitimateInterests", some(ids));
  set("PublisherRestrictions", chance(0.4) ? [new RangeEntry(2 + below(10), below(3), some(ids))] : []);
  set("PublisherConsents", flags(24));
  set("VendorsDisclosed", some(ids));
  set("LastUpdated", date());
}

const make = { tcf, gpp }[kind];
const lines = [];
for (let n = Number(count); n > 0; n--) {
  lines.push(JSON.stringify(make()));
}
process.stdout.write(lines.join("\n") + "\n");
