// Sealed files by the npm package age-encryption, on standard input and output.
//
//     node age.js FOLDER seal RECIPIENT
//     node age.js FOLDER open IDENTITY-FILE
//
// FOLDER holds node_modules. The package is loaded from there by its path: modules have no search path.
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { webcrypto } from "node:crypto";

// Debian 12's Node.js doesn't offer it everywhere by itself.
globalThis.crypto ??= webcrypto;

const [folder, verb, key] = process.argv.slice(2);
const age = await import(pathToFileURL(`${folder}/node_modules/age-encryption/dist/index.js`));
const input = readFileSync(0);

let output;
if (verb === "seal") {
  const encrypter = new age.Encrypter();
  encrypter.addRecipient(key);
  output = await encrypter.encrypt(input);
} else {
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(readFileSync(key, "utf8").trim());
  output = await decrypter.decrypt(input);
}
for (let written = 0; written < output.length; ) {
  written += writeSync(1, output, written);
}
