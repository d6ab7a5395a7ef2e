// Tells which names the package cookie, which Express uses, reads in each Cookie header of
// a list: node parsers.mjs < headers.json. Headers are in base64.
import { parse } from "cookie";
import { readFileSync } from "node:fs";

const headers = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(headers.map((h) => Object.keys(parse(Buffer.from(h, "base64").toString("latin1"))))));
