// Verifies a receipt, on the device that has it: docs/formats/receipt.md, whole. It asks nothing of any server.
//
//   verify(receipt, policy)   two Uint8Array; gives the verdict, or throws Refused with the code of the first step that fails
//   isAble()                  whether this browser has Ed25519 (Chromium 137, Firefox 129, Safari 17, over HTTPS)

const KIB = 1024;
const MAX_RECEIPT_BYTES = (8 * KIB + 128) * KIB;
const MAX_NOTE_BYTES = 64 * KIB;
const MAX_SIGNATURES = 64;
const MAX_PROOF_HASHES = 63;
const MAX_POLICY_BYTES = 64 * KIB;
const MAX_POLICY_LOGS = 64;
const MAX_POLICY_WITNESSES = 256;
const MAX_POLICY_GROUPS = 64;
const MAX_ROW_BYTES = 16 * KIB;
const MAX_EPOCH_BYTES = 512;
const MAX_CORE_BYTES = 65535;
const MAX_NAME_BYTES = 255;
const MAX_TREE_SIZE = 1n << 62n;
const NOTE_KEY = 1;
const WITNESS_KEY = 4;

export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

function expect(holds, code, message) {
  if (!holds) throw new Refused(code, message);
}

export async function isAble() {
  // Crypto is given to pages over HTTPS, and on one's own machine, alone.
  try {
    await importKey(fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
    return true;
  } catch {
    return false;
  }
}

// --- The verification, step by step ---------------------------------------------------------------------------------

export async function verify(receiptBytes, policyBytes) {
  const policy = await parsePolicy(policyBytes);
  const receipt = await parseReceipt(receiptBytes);
  if (receipt.body !== null) {
    const hashed = await sha256("amana/act-body/v1\0", receipt.salt, receipt.body);
    expect(same(hashed, receipt.bodyHash), "body-mismatch", "the body doesn't match its hash");
  }
  const national = await signerOf(receipt.registry, policy);
  const row = receipt.row;
  const centre = national.name.slice(0, -"/national".length);
  const named = national.name === `${centre}/national` && row.log.name === `${centre}/ledgers/${row.name}`;
  expect(named, "name-mismatch", `the ledger ${row.name} has the key of ${row.log.name}`);

  const core = encode(receipt.core);
  const act = await sha256("amana/act/v1\0", bigEndian(core.length, 4), core, receipt.bodyHash);
  const actLeaf = await leafHash([1], act);
  await included(receipt.ledger, row.log, actLeaf, ["origin-mismatch", "ledger-signature", "leaf-not-included"]);
  const begins = receipt.ledger.index > 0n || same(actLeaf, row.genesis);
  expect(begins, "genesis-mismatch", "the ledger doesn't begin as its row says");

  // A row's own quorum adds to the policy's, and never stands for it: the operator writes the row.
  const quorums = row.own === null ? [policy] : [policy, row.own];
  const listed = new Set([...policy.witnesses.values()].map((witness) => hex(witness.key)));
  const ledgerTimes = new Map();
  for (const quorum of quorums) {
    for (const [key, time] of await cosigned(receipt.ledger.note, quorum, "ledger-cosignature")) {
      if (listed.has(key)) keepEarliest(ledgerTimes, key, time);
    }
  }
  let nationalTimes = new Map();
  if (receipt.epoch !== null) {
    await checkEpoch(receipt, national, policy);
    nationalTimes = await cosigned(receipt.epoch.national.note, policy, "national-cosignature");
  }
  return verdict(receipt, policy, quorums, listed, ledgerTimes, nationalTimes);
}

function verdict(receipt, policy, quorums, listed, ledgerTimes, nationalTimes) {
  const { row, epoch } = receipt;
  const stood = quorums.map((quorum) => quorumTime(quorum, ledgerTimes));
  const ledgerTime = stood.includes(null) ? null : stood.reduce((a, b) => (a > b ? a : b));
  const nationalTime = quorumTime(policy, nationalTimes);
  const named = quorums.flatMap((quorum) => [...quorum.witnesses.values()]);
  const reasons = [
    ["policy-without-quorum", policy.quorum === null],
    ["row-without-quorum", row.own !== null && row.own.quorum === null],
    ["row-witness-unlisted", named.some((witness) => !listed.has(hex(witness.key)))],
    ["ledger-quorum-not-met", ledgerTime === null],
    ["no-epoch", epoch === null],
    ["national-quorum-not-met", nationalTime === null],
  ];
  const reason = reasons.find(([, holds]) => holds)?.[0] ?? "";
  const witnesses = [...policy.witnesses.values()].filter((witness) => ledgerTimes.has(hex(witness.key)));
  return {
    state: reason === "" ? "witnessed" : "recorded",
    reason,
    ledger: row.name,
    index: receipt.ledger.index,
    core: receipt.core,
    body: receipt.body,
    epoch: epoch?.number ?? null,
    ledgerTime,
    nationalTime,
    cosigners: witnesses.map((witness) => ({ name: witness.name, time: ledgerTimes.get(hex(witness.key)) })),
  };
}

// The first of the policy's logs that signed the registry's row.
async function signerOf(registry, policy) {
  for (const log of policy.logs) {
    if (await isSigned(registry, log)) return log;
  }
  throw new Refused("row-signature", "no log of the trust policy signed the registry row");
}

// The checkpoint is of `log`, signed by it, and includes the leaf at the proof's index.
async function included(proof, log, leaf, [origin, signature, inclusion]) {
  expect(proof.checkpoint.origin === log.name, origin, `the checkpoint is of ${proof.checkpoint.origin}`);
  expect(await isSigned(proof.note, log), signature, `${log.name} didn't sign the checkpoint`);
  const { size, root } = proof.checkpoint;
  const stands = await inclusionStands(leaf, proof.index, size, proof.hashes, root);
  expect(stands, inclusion, "the proof doesn't lead to the checkpoint's root");
}

// The epoch commits the row and the checkpoint, and the national log includes the epoch.
async function checkEpoch({ epoch, registry, row, ledger }, national, policy) {
  const { ledgers } = epoch;
  const rowLeaf = await leafHash([], encode(registry.text));
  const rowStands = await inclusionStands(rowLeaf, row.slot, ledgers, epoch.rowProof, epoch.registryRoot);
  expect(rowStands, "row-not-registered", "the row isn't in the epoch's registry");
  const slot = await sha256("amana/slot/v1\0", epoch.slotSalt, ledger.note.text);
  const slotLeaf = await leafHash([], slot);
  const slotStands = await inclusionStands(slotLeaf, row.slot, ledgers, epoch.slotProof, epoch.slotsRoot);
  expect(slotStands, "slot-mismatch", "the ledger's slot doesn't hold this checkpoint");
  const leaf = await leafHash([2], encode(epoch.text));
  const codes = ["national-origin-mismatch", "national-signature", "epoch-not-included"];
  await included(epoch.national, national, leaf, codes);
  expect(epoch.national.index === epoch.number, "epoch-not-included", "the epoch's number isn't its index");
  const begins = epoch.number > 0n || policy.genesis === null || same(policy.genesis, leaf);
  expect(begins, "national-genesis-mismatch", "the national log doesn't begin as the policy says");
}

// Keys of the witnesses that cosigned a checkpoint, each with its earliest time.
async function cosigned(note, policy, code) {
  const times = new Map();
  for (const witness of policy.witnesses.values()) {
    for (const line of linesOf(note, witness)) {
      const time = toInteger(line.data.slice(0, 8));
      const message = encode(`cosignature/v1\ntime ${time}\n${note.text}`);
      const whole = line.data.length === 72 && time < 1n << 63n;
      const stands = whole && (await isSignature(witness, message, line.data.slice(8)));
      expect(stands, code, `a cosignature of ${witness.name} is wrong`);
      keepEarliest(times, hex(witness.key), time);
    }
  }
  return times;
}

function keepEarliest(times, key, time) {
  if (!times.has(key) || time < times.get(key)) times.set(key, time);
}

// When the quorum stood: of a group of threshold k, the k-th smallest time of its members; null if it isn't met.
function quorumTime(policy, times) {
  const timeOf = (name) => {
    const witness = policy.witnesses.get(name);
    if (witness !== undefined) return times.get(hex(witness.key)) ?? null;
    const { threshold, members } = policy.groups.get(name);
    const found = members.map(timeOf).filter((time) => time !== null);
    found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return found[threshold - 1] ?? null;
  };
  return policy.quorum === null ? null : timeOf(policy.quorum);
}

// --- Merkle trees: RFC 6962 §2.1, verified as RFC 9162 §2.1.3.2 says ------------------------------------------------

async function sha256(...parts) {
  const bytes = parts.map((part) => (typeof part === "string" ? encode(part) : part));
  const whole = new Uint8Array(bytes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

function leafHash(kind, entry) {
  return sha256([0], kind, entry);
}

async function inclusionStands(leaf, index, size, proof, root) {
  if (index >= size) return false;
  let [node, last, value] = [index, size - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (node & 1n || node === last) {
      value = await sha256([1], sibling, value);
      while (!(node & 1n) && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else {
      value = await sha256([1], value, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && same(value, root);
}

// --- Keys and signatures: docs/formats/ledger.md --------------------------------------------------------------------

const PRIME = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const CURVE_D = modulo(-121665n * power(121666n, PRIME - 2n));
// The y of the eight points of small order: 0, 1, -1, and those of the points of order eight.
const ORDER_EIGHT_Y = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n;
const SMALL_ORDER_Y = [0n, 1n, PRIME - 1n, ORDER_EIGHT_Y, PRIME - ORDER_EIGHT_Y];

function modulo(number) {
  return ((number % PRIME) + PRIME) % PRIME;
}

function power(number, exponent) {
  let [result, square] = [1n, modulo(number)];
  for (; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

function yOf(point) {
  return modulo(toInteger(point.slice().reverse()) & ((1n << 255n) - 1n));
}

// On the curve, and not of small order.
function isStrongPoint(point) {
  const y = yOf(point);
  const xSquared = modulo((y * y - 1n) * power(CURVE_D * y * y + 1n, PRIME - 2n));
  return !SMALL_ORDER_Y.includes(y) && power(xSquared, (PRIME - 1n) / 2n) === 1n;
}

function importKey(bytes) {
  return crypto.subtle.importKey("raw", bytes, { name: "Ed25519" }, false, ["verify"]);
}

// Strictly: a canonical scalar, and no R of small order, whatever the browser's own rules are.
async function isSignature(key, message, signature) {
  if (signature.length !== 64) return false;
  if (toInteger(signature.slice(32).slice().reverse()) >= ORDER) return false;
  if (SMALL_ORDER_Y.includes(yOf(signature.slice(0, 32)))) return false;
  return crypto.subtle.verify({ name: "Ed25519" }, await importKey(key.key), signature, message);
}

export async function parseKey(vkey) {
  const code = "malformed-vkey";
  expect(encode(vkey).length <= MAX_NAME_BYTES + 54, "too-large", "a verifier key is too long");
  const [name, id, ...rest] = vkey.split("+");
  // Base64 has plus signs of its own.
  const data = fromBase64(rest.join("+"));
  const shaped = isName(name) && data !== null && data.length === 33 && [NOTE_KEY, WITNESS_KEY].includes(data[0]);
  expect(shaped && isStrongPoint(data.slice(1)), code, "not a verifier key");
  const digest = await sha256(name, "\n", data);
  expect(id === hex(digest.slice(0, 4)), code, "a verifier key of another name");
  return { name, id, kind: data[0], key: data.slice(1) };
}

// 1 to 255 bytes without spaces (Unicode's White_Space), plus signs and control characters.
function isName(name) {
  const bytes = encode(name ?? "").length;
  return bytes > 0 && bytes <= MAX_NAME_BYTES && !/[\p{White_Space}\p{Cc}+]/u.test(name);
}

function linesOf(note, key) {
  return note.signatures.filter((line) => line.name === key.name && line.id === key.id);
}

// At least one line bears the key's name and id, and each such line verifies.
async function isSigned(note, key) {
  const lines = linesOf(note, key);
  for (const line of lines) {
    if (!(await isSignature(key, encode(note.text), line.data))) return false;
  }
  return lines.length > 0;
}

// --- Texts ----------------------------------------------------------------------------------------------------------

export function parseNote(note) {
  const code = "malformed-note";
  expect(encode(note).length <= MAX_NOTE_BYTES, "too-large", "a note over 64 KiB");
  const parting = note.lastIndexOf("\n\n");
  expect(parting >= 0 && note.endsWith("\n"), code, "no empty line before the signatures, or no newline at the end");
  const text = note.slice(0, parting + 1);
  expect(!/[\0-\x09\x0b-\x1f]/.test(text), code, "a control character");
  const lines = note.slice(parting + 2, -1).split("\n");
  expect(lines.length <= MAX_SIGNATURES, "too-large", "over 64 signatures");
  const signatures = lines.map((line) => {
    const [dash, name, encoded, ...more] = line.split(" ");
    const data = fromBase64(encoded ?? "");
    const shaped = dash === "\u2014" && isName(name) && data !== null && data.length >= 5 && more.length === 0;
    expect(shaped, code, "a signature line isn't a dash, a name and base64");
    return { name, id: hex(data.slice(0, 4)), data: data.slice(4) };
  });
  return { text, signatures };
}

// Lines taken off a text from the front, each of which ends in a newline; null where there is none.
class Lines {
  constructor(text) {
    this.rest = text;
  }

  take() {
    const end = this.rest.indexOf("\n");
    if (end < 0) return null;
    const line = this.rest.slice(0, end);
    this.rest = this.rest.slice(end + 1);
    return line;
  }

  field(key) {
    return this.rest.startsWith(`${key} `) ? (this.take()?.slice(key.length + 1) ?? null) : null;
  }
}

export function parseCheckpoint(text) {
  const lines = new Lines(text);
  const origin = lines.take();
  const size = decimal(lines.take(), MAX_TREE_SIZE + 1n);
  const root = parseHash(lines.take());
  const shaped = isName(origin) && size !== null && root !== null && lines.rest === "";
  expect(shaped, "malformed-checkpoint", "a checkpoint is an origin, a size and a root");
  return { origin, size, root };
}

export function parseProof(text) {
  const code = "malformed-tlog-proof";
  const lines = new Lines(text);
  expect(lines.take() === "c2sp.org/tlog-proof@v1", code, "not a tlog-proof v1");
  const extra = lines.field("extra");
  const index = decimal(lines.field("index"), 1n << 64n);
  expect(index !== null, code, "no index");
  const hashes = [];
  for (let line = lines.take(); line !== ""; line = lines.take()) {
    expect(line !== null, code, "no empty line after the proof");
    hashes.push(hashOf(line, hashes, code));
  }
  const note = parseNote(lines.rest);
  expect(extra === null, "malformed-receipt", "extra data in a proof");
  return { index, hashes, note, checkpoint: parseCheckpoint(note.text) };
}

function hashOf(line, hashes, code) {
  expect(hashes.length < MAX_PROOF_HASHES, "too-large", "over 63 hashes");
  const hash = parseHash(line);
  expect(hash !== null, code, "a proof's line isn't a hash");
  return hash;
}

export async function parseRow(text) {
  const code = "malformed-registry-row";
  expect(encode(text).length <= MAX_ROW_BYTES, "too-large", "a row over 16 KiB");
  const lines = new Lines(text);
  expect(lines.take() === "amana/registry-row/v1", code, "not a registry row v1");
  const name = lines.field("name");
  const segments = (name ?? "").split("/");
  const named = segments.every((part) => /^[a-z0-9._-]+$/.test(part) && part !== "." && part !== "..");
  expect(named && name.length <= MAX_NAME_BYTES, code, "not a ledger's name");
  const slot = decimal(lines.field("slot"), MAX_TREE_SIZE);
  const visibility = lines.field("visibility");
  const genesis = parseHash(lines.field("genesis"));
  const log = lines.field("log");
  const whole = slot !== null && ["private", "public"].includes(visibility) && genesis !== null && log !== null;
  expect(whole, code, "a line of slot, visibility, genesis and log is missing or wrong");
  const key = await parseKey(log);
  expect(key.kind === NOTE_KEY, code, "the log's key isn't of type 1");
  if (lines.rest === "quorum national\n") return { name, slot, genesis, log: key, own: null };
  const own = lines.rest.split("\n");
  const ended = own.pop() === "" && own.length > 0;
  const known = own.every((line) => /^(witness|group|quorum) /.test(line));
  expect(ended && known, code, "after the log come witness, group and quorum lines alone");
  return { name, slot, genesis, log: key, own: await parsePolicy(encode(lines.rest)) };
}

export function parseEpoch(text) {
  expect(encode(text).length <= MAX_EPOCH_BYTES, "too-large", "an epoch over 512 bytes");
  const lines = new Lines(text);
  const header = lines.take();
  const number = decimal(lines.field("epoch"), MAX_TREE_SIZE);
  const time = lines.field("time");
  const ledgers = decimal(lines.field("ledgers"), MAX_TREE_SIZE);
  const registryRoot = parseHash(lines.field("registry"));
  const slotsRoot = parseHash(lines.field("slots"));
  const known = header === "amana/epoch/v1" && number !== null && isTime(time) && ledgers !== null;
  const whole = known && registryRoot !== null && slotsRoot !== null && lines.rest === "";
  expect(whole, "malformed-epoch", "a line of the epoch is missing or wrong");
  return { text, number, ledgers, registryRoot, slotsRoot };
}

// RFC 3339 in UTC with three decimals, from 1970 on: one spelling, which is what the clock itself prints.
function isTime(text) {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text ?? "")) return false;
  const time = Date.parse(text);
  return time >= 0 && new Date(time).toISOString() === text;
}

export async function parseReceipt(bytes) {
  const code = "malformed-receipt";
  expect(bytes.length <= MAX_RECEIPT_BYTES, "too-large", "a receipt over 8 MiB and 128 KiB");
  const text = decode(bytes);
  expect(text !== null && !/[\0-\x09\x0b-\x1f]/.test(text), code, "not UTF-8, or a control character");
  const lines = new Lines(text);
  expect(lines.take() === "amana/receipt/v1", code, "not a receipt v1");
  const act = parseAct(new Lines(section(lines, "act")));
  const ledger = parseProof(section(lines, "ledger"));
  const registry = parseNote(section(lines, "registry"));
  const row = await parseRow(registry.text);
  let epoch = null;
  if (lines.rest !== "") {
    const leaf = parseEpoch(section(lines, "epoch"));
    const rowProof = parseHashes(section(lines, "row"));
    const slot = new Lines(section(lines, "slot"));
    const slotSalt = parseHash(slot.field("salt"));
    expect(slotSalt !== null, code, "no salt of the slot");
    const slotProof = parseHashes(slot.rest);
    epoch = { ...leaf, rowProof, slotSalt, slotProof, national: parseProof(section(lines, "national")) };
  }
  expect(lines.rest === "", code, "something after the last section");
  return { ...act, ledger, registry, row, epoch };
}

// The content of the next section, which must have this name.
function section(lines, name) {
  expect(lines.take() === `--- ${name}`, "malformed-receipt", `the section ${name} is missing or out of order`);
  if (lines.rest.startsWith("--- ")) return "";
  const marker = lines.rest.indexOf("\n--- ");
  const content = marker < 0 ? lines.rest : lines.rest.slice(0, marker + 1);
  lines.rest = lines.rest.slice(content.length);
  return content;
}

function parseAct(lines) {
  const code = "malformed-receipt";
  const core = lines.field("core");
  const bodyHash = parseHash(lines.field("body-hash"));
  expect(core && bodyHash !== null, code, "no core or no body-hash");
  expect(encode(core).length <= MAX_CORE_BYTES, "too-large", "a core over 65535 bytes");
  if (lines.rest === "") return { core, bodyHash, salt: null, body: null };
  const salt = parseHash(lines.field("salt"));
  const body = lines.field("body");
  expect(salt !== null && body && lines.rest === "", code, "a salt and a body go together, and nothing follows");
  return { core, bodyHash, salt, body };
}

function parseHashes(text) {
  const lines = new Lines(text);
  const hashes = [];
  while (lines.rest !== "") hashes.push(hashOf(lines.take(), hashes, "malformed-receipt"));
  return hashes;
}

// --- Policies: docs/formats/policy.md -------------------------------------------------------------------------------

export async function parsePolicy(bytes) {
  const code = "malformed-policy";
  expect(bytes.length <= MAX_POLICY_BYTES, "too-large", "a policy over 64 KiB");
  // Names are octets: one character each.
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  expect(text.endsWith("\n"), code, "the last line doesn't end in a newline");
  expect(!/[\0-\x08\x0b-\x1f\x7f]/.test(text), code, "a control character");
  const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: undefined, genesis: null };
  const grouped = new Set();
  for (const line of text.slice(0, -1).split("\n")) {
    await readLine(policy, grouped, line.split(/[ \t]+/).filter((item) => item !== ""));
  }
  expect(policy.quorum !== undefined, code, "no quorum line");
  return policy;
}

async function readLine(policy, grouped, items) {
  const code = "malformed-policy";
  const [kind, name] = items;
  const isDefined = (one) => policy.witnesses.has(one) || policy.groups.has(one);
  if (kind === "#" && name === "genesis" && items.length === 3) {
    const genesis = parseHash(items[2]);
    expect(genesis !== null && policy.genesis === null, code, "a genesis is one hash, once");
    policy.genesis = genesis;
  } else if (kind === undefined || kind.startsWith("#")) {
    return;
  } else if (kind === "log" && [2, 3].includes(items.length)) {
    expect(policy.logs.length < MAX_POLICY_LOGS, "too-large", "over 64 logs");
    policy.logs.push(await policyKey(name, NOTE_KEY, policy.logs));
  } else if (kind === "witness" && [3, 4].includes(items.length)) {
    expect(policy.witnesses.size < MAX_POLICY_WITNESSES, "too-large", "over 256 witnesses");
    const key = await policyKey(items[2], WITNESS_KEY, [...policy.witnesses.values()]);
    expect(name !== "none" && !isDefined(name), code, "a name is reserved or defined twice");
    policy.witnesses.set(name, key);
  } else if (kind === "group" && items.length >= 3) {
    expect(policy.groups.size < MAX_POLICY_GROUPS, "too-large", "over 64 groups");
    readGroup(policy, grouped, isDefined, items.slice(1));
  } else if (kind === "quorum" && items.length === 2) {
    expect(policy.quorum === undefined, code, "a second quorum line");
    expect(name === "none" || isDefined(name), code, "the quorum isn't defined before its line");
    policy.quorum = name === "none" ? null : name;
  } else {
    throw new Refused(code, "a line is none of log, witness, group and quorum");
  }
}

function readGroup(policy, grouped, isDefined, [name, word, ...members]) {
  const code = "malformed-policy";
  const words = { any: 1n, all: BigInt(members.length) };
  const threshold = Object.hasOwn(words, word) ? words[word] : decimal(word, 1n << 64n);
  const within = threshold !== null && threshold >= 1n && threshold <= BigInt(members.length);
  expect(within, code, "a group's threshold isn't within its members");
  for (const member of members) {
    expect(isDefined(member), code, "a group's member isn't defined before it");
    expect(!grouped.has(member), code, "a name is listed as a member twice");
    grouped.add(member);
  }
  expect(name !== "none" && !isDefined(name), code, "a name is reserved or defined twice");
  policy.groups.set(name, { threshold: Number(threshold), members });
}

async function policyKey(octets, kind, known) {
  const code = "malformed-policy";
  const vkey = decode(Uint8Array.from(octets, (octet) => octet.charCodeAt(0)));
  expect(vkey !== null, code, "a key isn't UTF-8");
  const key = await parseKey(vkey);
  expect(key.kind === kind, code, "a log's key has type 1, a witness's type 4");
  expect(known.every((other) => !same(other.key, key.key)), code, "a key is listed twice");
  return key;
}

// --- Bytes ----------------------------------------------------------------------------------------------------------

function encode(text) {
  return new TextEncoder().encode(text);
}

function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

// Strict standard base64: padded, and with its spare bits zero.
function fromBase64(text) {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  try {
    const octets = atob(text);
    return btoa(octets) === text ? Uint8Array.from(octets, (octet) => octet.charCodeAt(0)) : null;
  } catch {
    return null;
  }
}

function parseHash(text) {
  const hash = fromBase64(text ?? "");
  return hash !== null && hash.length === 32 ? hash : null;
}

function decimal(digits, below) {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(digits ?? "")) return null;
  const number = BigInt(digits);
  return number < below ? number : null;
}

function bigEndian(number, length) {
  return Uint8Array.from({ length }, (_, at) => (number >>> (8 * (length - 1 - at))) & 0xff);
}

function toInteger(bytes) {
  return bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
}

function same(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
