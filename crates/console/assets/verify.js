// The page that verifies a receipt: takes the files, asks receipt.js, and says what it found in the page's own words.
// Nothing is sent: the one request is for the policy that this site serves, if that is the one to judge by.

const form = document.getElementById("verify");
const words = document.getElementById("words").content;
const out = document.getElementById("verdict");
const { hex, isAble, Refused, verify } = await import(form.dataset.verifier);

const MAX_FILE_BYTES = 9 * 1024 * 1024;
let dropped = null;

function word(name) {
  return words.querySelector(`[data-word="${name}"]`)?.textContent ?? name;
}

function moment(seconds) {
  const language = document.documentElement.lang;
  const style = { dateStyle: "long", timeStyle: "long", timeZone: "UTC" };
  return new Intl.DateTimeFormat(language, style).format(new Date(Number(seconds) * 1000));
}

async function bytesOf(file) {
  if (file.size > MAX_FILE_BYTES) throw new Refused("too-large", "");
  return new Uint8Array(await file.arrayBuffer());
}

async function receiptBytes() {
  const file = dropped ?? form.receipt.files[0];
  if (file) return bytesOf(file);
  const pasted = form.pasted.value;
  // What was copied from a page or a message loses its last newline, and gains carriage returns.
  return pasted === "" ? null : new TextEncoder().encode(`${pasted.replaceAll("\r\n", "\n").trimEnd()}\n`);
}

async function policyBytes() {
  const file = form.policy.files[0];
  if (file) return bytesOf(file);
  const answer = await fetch("/policy", { cache: "no-store" });
  if (!answer.ok) throw new Refused("unreachable", "");
  return new Uint8Array(await answer.arrayBuffer());
}

function add(parent, name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  parent.append(element);
  return element;
}

function fact(list, name, value, kind = "code") {
  if (value === null || value === "") return;
  add(list, "dt", word(name));
  add(add(list, "dd", ""), kind, value);
}

function show(state, told) {
  out.replaceChildren();
  out.className = `card ${{ witnessed: "good", recorded: "warn" }[state] ?? "bad"}`;
  add(out, "h2", word(state));
  add(out, "p", told);
  out.hidden = false;
  out.focus();
}

function showVerdict(verdict, digest) {
  show(verdict.state, verdict.reason === "" ? word("witnessed-told") : word(verdict.reason));
  const published = form.digest.value.replaceAll(/\s/g, "").toLowerCase();
  const agrees = published === digest;
  const judged = published === "" ? "digest-unknown" : agrees ? "digest-agrees" : "digest-differs";
  if (judged === "digest-differs") out.className = "card bad";
  add(out, "p", word(judged)).className = agrees ? "state good" : published === "" ? "" : "error";
  const facts = add(out, "dl", "");
  facts.className = "facts";
  fact(facts, "policy-digest", digest);
  fact(facts, "ledger", verdict.ledger);
  fact(facts, "index", String(verdict.index), "span");
  if (verdict.ledgerTime !== null) fact(facts, "ledger-time", moment(verdict.ledgerTime), "span");
  if (verdict.nationalTime !== null) fact(facts, "national-time", moment(verdict.nationalTime), "span");
  const cosigners = verdict.cosigners.map(({ name, time }) => `${name} (${moment(time)})`).join(" ; ");
  fact(facts, "cosigners", cosigners, "span");
  fact(facts, "core", verdict.core);
  fact(facts, "body", verdict.body);
}

async function judge() {
  const receipt = await receiptBytes();
  if (receipt === null) return show("nothing", word("nothing-told"));
  const policy = await policyBytes();
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", policy)));
  showVerdict(await verify(receipt, policy), digest);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await judge();
  } catch (error) {
    const code = error instanceof Refused ? error.code : "failed";
    show("refused", `${word(code)} (${code})`);
  }
});

form.addEventListener("dragover", (event) => event.preventDefault());
form.addEventListener("drop", (event) => {
  event.preventDefault();
  dropped = event.dataTransfer.files[0] ?? null;
  if (dropped) form.requestSubmit();
});
form.receipt.addEventListener("change", () => {
  dropped = null;
});

// The page says that it can't until here: browsers too old for this very file say nothing themselves.
if (await isAble()) {
  document.getElementById("unable").hidden = true;
  form.hidden = false;
}
